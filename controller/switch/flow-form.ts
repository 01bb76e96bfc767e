import { encode, Writer } from '../openflow/index.js';
import { canonicalInstructions } from './canonical-instructions.js';
import { canonicalOxms } from './canonical-oxm.js';
import type { FlowMod } from './types.js';

/** A flow in the form in which flows are compared: texts of bytes, equal when and only when the meaning is. */
export interface FlowForm {
  /** Table, priority and match: a table holds one flow of each identity (OpenFlow 1.3.5 section 5.2). */
  readonly identity: string;
  /** Cookie, timeouts and flags. */
  readonly terms: string;
  readonly instructions: string;
}

/** The parts of a flow, as they stand in a flow-mod and in flow statistics alike. */
export type FlowParts = Pick<
  FlowMod,
  'tableId' | 'priority' | 'match' | 'instructions' | 'cookie' | 'idleTimeout' | 'hardTimeout' | 'flags'
>;

/** Offsets in an OFPT_FLOW_MOD (section 7.3.4.1). */
const COOKIE = 8;
const TABLE = 24;
const IDLE_TIMEOUT = 26;
const PRIORITY = 30;
const FLAGS = 44;
const MATCH = 48;

/** Brings flows into comparable form by way of their encoding. Keeps one buffer. */
export class FlowFormer {
  private readonly writer = new Writer();

  /** Throws the OpenflowError of a flow that cannot be encoded. */
  form(flow: FlowParts): FlowForm {
    const { writer } = this;
    writer.pos = 0;
    const { tableId, priority, match, instructions, cookie, idleTimeout, hardTimeout, flags } = flow;
    const message = { tableId, priority, match, instructions, cookie, idleTimeout, hardTimeout, flags };
    encode(writer, { type: 'flow-mod', ...message } as FlowMod);
    const bytes = writer.buf;
    const matchLength = bytes[MATCH + 2]! * 256 + bytes[MATCH + 3]!;
    const match_ = canonicalOxms(bytes, MATCH + 4, MATCH + matchLength);
    const start = MATCH + ((matchLength + 7) & ~7);
    const kept = start < writer.pos ? canonicalInstructions(bytes, start, writer.pos) : NO_BYTES;
    return {
      identity: text(bytes, TABLE, TABLE + 1) + text(bytes, PRIORITY, PRIORITY + 2) + text(match_),
      terms:
        text(bytes, COOKIE, COOKIE + 8) +
        text(bytes, IDLE_TIMEOUT, IDLE_TIMEOUT + 4) +
        text(bytes, FLAGS, FLAGS + 2),
      instructions: text(kept),
    };
  }
}

const NO_BYTES = new Uint8Array();

function text(bytes: Uint8Array, start = 0, end = bytes.length): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('latin1');
}

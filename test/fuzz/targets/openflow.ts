import { isDeepStrictEqual } from 'node:util';
import {
  type DecodedMessage,
  decode,
  encode,
  encodeToBytes,
  type Message,
  OpenflowError,
  PacketInView,
  toJson,
  Writer,
} from '../../../controller/openflow/index.js';
import { Random } from '../random.js';
import { type FuzzTarget, promise } from '../target.js';
import { vandalise } from '../vandal.js';

const HEADER = 8;
const PACKET_IN = 10;
const GETTERS = [
  'xid',
  'bufferId',
  'totalLength',
  'reason',
  'tableId',
  'cookie',
  'cookieHigh',
  'cookieLow',
  'inPort',
  'dataLength',
] as const;

/**
 * The codec: nothing but OpenflowError; what is accepted is written back as the same bytes but for padding, from the
 * message and from its JSON; views read nothing outside the message; encoding a literal of which something is wrong
 * fails without a trace, or gives what decodes.
 */
export const openflowTarget: FuzzTarget = {
  name: 'openflow',
  run(input) {
    if (input.length >= HEADER && input[1] === PACKET_IN) readView(input);
    const message = refusable(() => decode(input));
    if (typeof message === 'string') return `refused ${input[1]} ${message}`;
    const length = (input[2]! << 8) | input[3]!;
    writesBack(input.subarray(0, length), message);
    encodesOrRefuses(message, Random.of(input));
    return `accepted ${shape(message, 3)}`;
  },
  repair(input) {
    if (input.length < HEADER) return;
    input[0] = 4;
    input[2] = input.length >> 8;
    input[3] = input.length;
  },
};

/** What `work` gives, or the code of its refusal with the field. */
function refusable<T extends object>(work: () => T): T | string {
  try {
    return work();
  } catch (error) {
    if (error instanceof OpenflowError) return `${error.code} ${error.field?.replace(/\d+/g, 'N') ?? ''}`;
    throw error;
  }
}

function writesBack(bytes: Uint8Array, message: DecodedMessage): void {
  const again = encodeToBytes(message);
  promise(again.length === bytes.length, `${bytes.length} bytes become ${again.length}`);
  const padding = again.findIndex((byte, index) => byte !== bytes[index] && byte !== 0);
  promise(padding === -1, `byte ${padding} is written back as another`);
  promise(isDeepStrictEqual(decode(again), message), 'what is written back decodes to another message');
  const json = JSON.parse(JSON.stringify(toJson(message))) as Message;
  promise(Buffer.compare(encodeToBytes(json), again) === 0, 'its JSON is written as other bytes');
}

/** The message with something wrong in it. */
function encodesOrRefuses(message: DecodedMessage, random: Random): void {
  const literal = vandalise(message, random) as Message;
  const writer = new Writer(64);
  writer.pos = 3;
  const refusal = refusable(() => {
    encode(writer, literal);
    return writer;
  });
  if (typeof refusal === 'string') {
    promise(writer.pos === 3, 'a refused message leaves bytes behind');
    return;
  }
  if (holdsRaw(literal)) return;
  const written = writer.buf.subarray(3, writer.pos);
  const decoded = decode(written);
  promise(Buffer.compare(encodeToBytes(decoded), written) === 0, 'an odd literal is not written canonically');
}

/** Raw bytes are written as they stand, whether or not they are what their numbers announce. */
function holdsRaw(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return false;
  const { type } = value as { type?: unknown };
  return type === 'experimenter' || type === 'unknown' || Object.values(value).some(holdsRaw);
}

/** Everything that a view gives, with other bytes around the message, is the same. */
function readView(input: Uint8Array): void {
  const [zeros, ones] = [0x00, 0xff].map(filling => {
    const buffer = new Uint8Array(input.length + 4096).fill(filling);
    buffer.set(input, 2048);
    const view = new DataView(buffer.buffer);
    const packet = refusable(() => PacketInView.from(buffer, view, 2048, input.length));
    if (typeof packet === 'string') return [packet];
    const values: unknown[] = GETTERS.map(getter => packet[getter]);
    const { data } = packet;
    promise(data.length === packet.dataLength, 'data is not as long as it says');
    promise(data.byteOffset + data.length <= 2048 + input.length, 'data ends outside the message');
    values.push(
      Buffer.from(data).toString('hex'),
      shape(
        refusable(() => packet.match),
        9,
      ),
    );
    values.push(packet.detach().inPort);
    return values.map(String);
  });
  promise(isDeepStrictEqual(zeros, ones), 'a view reads outside its message');
}

/** Types and fields of a value, to tell kinds of messages apart. */
function shape(value: unknown, depth: number): string {
  if (typeof value !== 'object' || value === null) return typeof value === 'string' ? value.slice(0, 24) : '';
  if (value instanceof Uint8Array) return value.length === 0 ? 'empty' : 'bytes';
  if (depth === 0) return '…';
  if (Array.isArray(value)) return `[${[...new Set(value.map(item => shape(item, depth - 1)))].join()}]`;
  const { type } = value as { type?: unknown };
  const fields = Object.entries(value).map(([key, item]) => {
    const inner = typeof item === 'object' ? shape(item, depth - 1) : '';
    return inner === '' ? key : `${key}:${inner}`;
  });
  return `${String(type)}{${fields.join()}}`;
}

/**
 * Instructions in one form: in the order in which a switch carries them out (OpenFlow 1.3.5 section 5.9), empty
 * action lists left out, and what has no meaning cleared.
 */
import { canonicalHeader, canonicalOxm, concatenate } from './canonical-oxm.js';

const InstructionType = { WRITE_ACTIONS: 3, APPLY_ACTIONS: 4 } as const;
const ActionType = { OUTPUT: 0, SET_FIELD: 25, EXPERIMENTER: 0xffff } as const;
/** The low half of Nicira's experimenter id 0x00002320. */
const NICIRA_LOW = 0x2320;
/** Where Nicira's actions name fields by bare OXM headers: by subtype (Open vSwitch ofp-actions.c). */
const NICIRA_HEADERS = new Map<number, readonly number[]>([
  [6, [16, 20]], // reg_move: source, destination
  [7, [12]], // reg_load
  [15, [12]], // output_reg
  [27, [12]], // stack_push
  [28, [12]], // stack_pop
  [35, [12]], // ct: where the zone is
]);
const INSTRUCTION_HEADER = 8;
const CONTROLLER_PORT = 0xffff_fffd;

/** The canonical bytes of the instructions in `bytes[start, end)`. */
export function canonicalInstructions(bytes: Uint8Array, start: number, end: number): Uint8Array {
  const instructions: { type: number; bytes: Uint8Array }[] = [];
  let offset = start;
  while (offset + 4 <= end) {
    const type = readU16(bytes, offset);
    const next = offset + Math.max(4, readU16(bytes, offset + 2));
    if (type === InstructionType.WRITE_ACTIONS || type === InstructionType.APPLY_ACTIONS) {
      if (next > offset + INSTRUCTION_HEADER) {
        const actions = canonicalActions(bytes, offset + INSTRUCTION_HEADER, next);
        instructions.push({ type, bytes: concatenate([Uint8Array.of(type >>> 8, type & 0xff), actions]) });
      }
    } else {
      instructions.push({ type, bytes: bytes.subarray(offset, next) });
    }
    offset = next;
  }
  if (instructions.length === 1) return instructions[0]!.bytes;
  instructions.sort((a, b) => a.type - b.type);
  return concatenate(instructions.map(instruction => instruction.bytes));
}

/** The canonical bytes of the actions in `bytes[start, end)`. */
export function canonicalActions(bytes: Uint8Array, start: number, end: number): Uint8Array {
  const parts: Uint8Array[] = [];
  let offset = start;
  while (offset + 4 <= end) {
    const type = readU16(bytes, offset);
    const next = offset + Math.max(8, readU16(bytes, offset + 2));
    parts.push(canonicalAction(type, bytes, offset, next));
    offset = next;
  }
  return parts.length === 1 ? parts[0]! : concatenate(parts);
}

function canonicalAction(type: number, bytes: Uint8Array, start: number, end: number): Uint8Array {
  if (type === ActionType.OUTPUT) {
    // max_len says how much of a packet goes to the controller, and nothing for other ports (section 7.2.5).
    const port = (readU16(bytes, start + 4) * 0x1_0000 + readU16(bytes, start + 6)) >>> 0;
    if (port === CONTROLLER_PORT) return bytes.subarray(start, end);
    const action = bytes.slice(start, end);
    action.fill(0, 8);
    return action;
  }
  if (type === ActionType.SET_FIELD) {
    const field = canonicalOxm(bytes, start + 4, start + 8 + bytes[start + 7]!);
    return concatenate([bytes.subarray(start, start + 2), field]);
  }
  if (type === ActionType.EXPERIMENTER && readU16(bytes, start + 6) === NICIRA_LOW) {
    const headers = NICIRA_HEADERS.get(readU16(bytes, start + 8));
    if (headers !== undefined) {
      const action = bytes.slice(start, end);
      for (const offset of headers) canonicalHeader(action, offset);
      return action;
    }
  }
  return bytes.subarray(start, end);
}

function readU16(bytes: Uint8Array, offset: number): number {
  return bytes[offset]! * 256 + bytes[offset + 1]!;
}

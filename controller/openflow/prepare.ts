/** Checks and encodes lists once that go into many messages. */
import { publicError } from './errors.js';
import { encodeActionList, encodeInstructionList } from './generated/encoders.js';
import type { Action, Instruction } from './generated/types.js';
import { PREPARED } from './prepared.js';
import { Writer } from './writer.js';

/**
 * A frozen copy of `actions` that encodes by copying its bytes: for a list that goes into message after message.
 * What depends on the match beside it (a set-field whose field has prerequisites) is encoded every time all the same.
 *
 * @throws OpenflowError as `encode` does
 */
export function prepareActions(actions: readonly Action[]): readonly Action[] {
  return prepare(actions, 'actions', encodeActionList);
}

/** As `prepareActions`, for instructions. */
export function prepareInstructions(instructions: readonly Instruction[]): readonly Instruction[] {
  return prepare(instructions, 'instructions', encodeInstructionList);
}

function prepare<Element>(
  list: readonly Element[],
  field: string,
  encodeList: (writer: Writer, list: readonly Element[], field: string) => void,
): readonly Element[] {
  const copy = structuredClone(list);
  const words = wordsOf(copy, field, encodeList);
  Object.defineProperty(copy, PREPARED, { value: words });
  return freeze(copy);
}

/** Undefined when the bytes depend on the match. */
function wordsOf<Element>(
  list: readonly Element[],
  field: string,
  encodeList: (writer: Writer, list: readonly Element[], field: string) => void,
): readonly number[] | undefined {
  const writer = new Writer(256);
  // No condition is met: what needs one refuses.
  writer.met = 0;
  try {
    encodeList(writer, list, '');
  } catch (error) {
    const refusal = publicError(error, field, 0);
    if (refusal.code === 'bad-prerequisite') return undefined;
    throw refusal;
  }
  const { view, pos } = writer;
  return Array.from({ length: pos / 4 }, (_, index) => view.getInt32(4 * index));
}

/** All the way down; bytes cannot be frozen, and changes to them have no effect on what is sent. */
function freeze<Value>(value: Value): Value {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value;
  for (const inner of Object.values(value)) freeze(inner);
  return Object.freeze(value);
}

/** Lists that were checked and encoded once: how they are marked and written. */
import type { Writer } from './writer.js';

/** Holds the encoded bytes of a prepared list, as signed 32-bit words in network order. */
export const PREPARED = Symbol('prepared');

export interface Prepared {
  readonly [PREPARED]?: readonly number[] | undefined;
}

/** Copies the words of a prepared list. */
export function writePrepared(w: Writer, words: readonly number[]): void {
  const count = words.length;
  w.reserve(4 * count);
  const { view, pos } = w;
  for (let index = 0; index < count; index++) view.setInt32(pos + 4 * index, words[index]!);
  w.pos = pos + 4 * count;
}

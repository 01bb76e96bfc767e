/** Something that takes any bytes and makes promises about it. */
export interface FuzzTarget {
  readonly name: string;
  /**
   * Tries one input. Throws when a promise is broken. What it returns tells inputs of different kinds apart: the
   * first of each kind becomes a seed too.
   */
  run(input: Uint8Array): string | Promise<string>;
  /** Makes a mutant worth more, such as by setting a length field right. */
  repair?(input: Uint8Array): void;
}

/** A promise was broken. */
class BrokenPromise extends Error {}

export function promise(kept: boolean, text: string): asserts kept {
  if (!kept) throw new BrokenPromise(text);
}

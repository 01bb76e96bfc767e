/**
 * Gives numbers of a range to keys. A key's number is a hash of it where that is free, so that it is mostly the
 * same after a restart, whatever the order.
 */
export class KeyedNumbers {
  private readonly first: number;
  private readonly count: number;
  private readonly byKey = new Map<string, number>();
  private readonly taken = new Set<number>();

  constructor(first: number, last: number) {
    this.first = first;
    this.count = last - first + 1;
  }

  /** The number of `key`, a new one when it has none; undefined when all are taken. */
  take(key: string): number | undefined {
    const known = this.byKey.get(key);
    if (known !== undefined) return known;
    if (this.taken.size === this.count) return undefined;
    let number = this.first + (hash(key) % this.count);
    while (this.taken.has(number)) number = this.first + ((number - this.first + 1) % this.count);
    this.byKey.set(key, number);
    this.taken.add(number);
    return number;
  }

  give(key: string): void {
    const number = this.byKey.get(key);
    if (number === undefined) return;
    this.byKey.delete(key);
    this.taken.delete(number);
  }
}

/** FNV-1a over UTF-16 code units, 32 bits. */
function hash(key: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < key.length; index++) {
    value = Math.imul(value ^ key.charCodeAt(index), 0x01000193) >>> 0;
  }
  return value;
}

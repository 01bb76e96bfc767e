/** Kinds of things that are counted apart; more of them share one count. */
const MAX_KINDS = 1024;
const REST = 'rest';

/**
 * Thins out what can happen for every packet: of each kind only the first, second, fourth, eighth … occasion is
 * worth a line in the log.
 */
export class Occasions {
  private readonly counts = new Map<string, number>();

  /**
   * Counts one more of `kind`. Returns how many there have been when this one is worth telling, else undefined.
   */
  count(kind: string): number | undefined {
    const key = this.counts.has(kind) || this.counts.size < MAX_KINDS ? kind : REST;
    const count = (this.counts.get(key) ?? 0) + 1;
    this.counts.set(key, count);
    return (count & (count - 1)) === 0 ? count : undefined;
  }
}

/** Waiting times between attempts: doubled after every failure, within bounds, and spread by a quarter either way. */
export class Backoff {
  readonly #shortest: number;
  readonly #longest: number;
  readonly #random: () => number;
  #next: number;

  /** Bounds in milliseconds; `random` gives numbers in [0, 1). */
  constructor(shortest: number, longest: number, random: () => number = Math.random) {
    this.#shortest = shortest;
    this.#longest = longest;
    this.#random = random;
    this.#next = shortest;
  }

  /** Milliseconds to wait before the next attempt, from `shortest` to `longest`. */
  failed(): number {
    const spread = this.#next * (0.75 + 0.5 * this.#random());
    this.#next = Math.min(2 * this.#next, this.#longest);
    return Math.min(Math.max(spread, this.#shortest), this.#longest);
  }

  succeeded(): void {
    this.#next = this.#shortest;
  }
}

/** Lets through `rate` events in a burst and `rate` in a second after that. */
export class TokenBucket {
  readonly #rate: number;
  #tokens: number;
  #filled: number;

  /** `now` in milliseconds. */
  constructor(rate: number, now: number) {
    this.#rate = rate;
    this.#tokens = rate;
    this.#filled = now;
  }

  /** Takes one token; false when there is none. */
  take(now: number): boolean {
    this.#tokens = Math.min(this.#rate, this.#tokens + ((now - this.#filled) * this.#rate) / 1000);
    this.#filled = now;
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}

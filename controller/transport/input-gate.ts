/** What a gate closes and opens: a socket. */
export interface PausableInput {
  pause(): unknown;
  resume(): unknown;
}

/** Bytes after which a connection lets the others have their turn. */
const QUANTUM = 128 * 1024;

/**
 * Bounds what one connection may have read at a time. After a quantum of bytes it is paused until every other
 * connection had the chance to be read, so that a switch that sends without end delays the others by one
 * quantum and not more. Throttled, it gets one quantum a tick: the switch feels back-pressure, and its
 * replies still come through, since a switch whose replies nobody reads stops reading itself.
 */
export class InputGate {
  readonly #input: PausableInput;
  readonly #quantum: number;
  readonly #soon: (run: () => void) => unknown;
  readonly #renew = () => this.#open();
  #left: number;
  #paused = false;
  #throttled = false;

  /** `soon` runs a function when all sockets that are readable now have been read. */
  constructor(input: PausableInput, quantum = QUANTUM, soon: (run: () => void) => unknown = setImmediate) {
    this.#input = input;
    this.#quantum = quantum;
    this.#soon = soon;
    this.#left = quantum;
  }

  get isThrottled(): boolean {
    return this.#throttled;
  }

  /** `length` bytes were read. `drained`: there were no more, so that this was the last read of the turn. */
  received(length: number, drained: boolean): void {
    this.#left -= length;
    if (this.#paused) return;
    if (drained && !this.#throttled) this.#left = this.#quantum;
    if (this.#left > 0) return;
    this.#pause();
    if (!this.#throttled) this.#soon(this.#renew);
  }

  throttle(throttled: boolean): void {
    if (throttled === this.#throttled) return;
    this.#throttled = throttled;
    if (throttled) this.#pause();
    else this.#open();
  }

  /** Some time has passed. */
  tick(): void {
    if (this.#throttled) this.#resume();
  }

  #open(): void {
    if (!this.#throttled) this.#resume();
  }

  #pause(): void {
    this.#paused = true;
    this.#input.pause();
  }

  #resume(): void {
    this.#left = this.#quantum;
    if (!this.#paused) return;
    this.#paused = false;
    this.#input.resume();
  }
}

/** What silence asks for. */
export type LivenessVerdict = 'alive' | 'probe' | 'lost';

/**
 * Watches a connection for silence. The limit counts from the probe rather than from the last message, so that a
 * controller that was itself stopped for a while asks before it gives up on anybody.
 */
export class Liveness {
  readonly #probeAfter: number;
  readonly #probeTimeout: number;
  #probing = false;
  /** When `check` next has something to say. */
  deadline: number;

  /** Times in milliseconds. */
  constructor(probeAfter: number, probeTimeout: number, now: number) {
    this.#probeAfter = probeAfter;
    this.#probeTimeout = probeTimeout;
    this.deadline = now + probeAfter;
  }

  /** A whole message arrived. */
  heard(now: number): void {
    this.#probing = false;
    this.deadline = now + this.#probeAfter;
  }

  /** `probe` once when an ECHO_REQUEST is due, `lost` when it stayed unanswered. */
  check(now: number): LivenessVerdict {
    if (now < this.deadline) return 'alive';
    if (this.#probing) return 'lost';
    this.#probing = true;
    this.deadline = now + this.#probeTimeout;
    return 'probe';
  }
}

const ENDING: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/**
 * Signals while an emulation is up. They end it in good order; only Ctrl-C in an interactive shell is for the
 * line that runs there (`interrupted`), once the shell is open.
 */
export class EmulationSignals {
  /** The signal that ends the emulation. */
  heard: NodeJS.Signals | undefined;
  /** Set by an interactive shell. */
  interrupted: (() => void) | undefined;
  readonly #abort = new AbortController();
  readonly #listener = (signal: NodeJS.Signals) => this.#receive(signal);

  constructor() {
    for (const signal of ENDING) process.on(signal, this.#listener);
  }

  /** Aborted when the emulation is to end. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  dispose(): void {
    for (const signal of ENDING) process.off(signal, this.#listener);
  }

  #receive(signal: NodeJS.Signals): void {
    if (signal === 'SIGINT' && this.interrupted !== undefined) {
      this.interrupted();
      return;
    }
    this.heard ??= signal;
    this.#abort.abort();
  }
}

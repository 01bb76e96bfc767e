import type { Clock, Timer } from './clock.js';
import type { HOST_MESSAGES } from './messages/catalogue.js';
import type { MessageLog } from './messages/message.js';
import { Occasions } from './messages/occasions.js';

/**
 * Keeps an app's errors from everybody else: they are counted and logged, the first of each hook and then at every
 * power of two, so that an app that fails for each packet does not fill the log.
 */
export class AppGuard {
  /** Errors so far. */
  failures = 0;
  private readonly instance: string;
  private readonly log: MessageLog<typeof HOST_MESSAGES>;
  private readonly byHook = new Occasions();
  private readonly timers = new Set<Timer>();

  constructor(instance: string, log: MessageLog<typeof HOST_MESSAGES>) {
    this.instance = instance;
    this.log = log;
  }

  failed(hook: string, error: unknown): void {
    this.failures++;
    const failures = this.byHook.count(hook);
    if (failures !== undefined) this.log.write('app-failed', { app: this.instance, hook, failures }, error);
  }

  /** Takes note of the error of a promise that a hook returned; whatever else it returned is ignored. */
  watch(hook: string, result: unknown): void {
    if (result instanceof Promise) result.catch(error => this.failed(hook, error));
  }

  run(hook: string, call: () => unknown): void {
    try {
      this.watch(hook, call());
    } catch (error) {
      this.failed(hook, error);
    }
  }

  /** As `run`, and waits for the promise. */
  async runWhole(hook: string, call: () => unknown): Promise<void> {
    try {
      await call();
    } catch (error) {
      this.failed(hook, error);
    }
  }

  /** A clock whose timers fail for this app alone, and end with `cancelTimers`. */
  clock(clock: Clock): Clock {
    const keep = (timer: Timer): Timer => {
      this.timers.add(timer);
      return {
        cancel: () => {
          timer.cancel();
          this.timers.delete(timer);
        },
      };
    };
    return {
      now: () => clock.now(),
      after: (milliseconds, run) => {
        const timer = keep(
          clock.after(milliseconds, () => {
            timer.cancel();
            this.run('timer', run);
          }),
        );
        return timer;
      },
      every: (milliseconds, run) => keep(clock.every(milliseconds, () => this.run('timer', run))),
    };
  }

  cancelTimers(): void {
    for (const timer of this.timers) timer.cancel();
    this.timers.clear();
  }
}

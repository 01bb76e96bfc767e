import type { Clock } from '../../../controller/host/index.js';
import type { AliasState, Forwarding, SwitchId } from '../model.js';
import type { Random } from '../random.js';
import type { AliasChange, StoredState } from '../store/lease-store.js';
import { Aliases, type AliasPlan } from './aliases.js';

const RETRY_AFTER = 1000;

export interface AliasServiceOptions {
  readonly plan: AliasPlan;
  readonly random: Random;
  readonly forwarding: Forwarding;
  readonly clock: Clock;
  /** Steady time (`steady-time.ts`). */
  readonly now: () => number;
  /** Makes a change durable. */
  readonly commit: (change: AliasChange) => Promise<void>;
  /** Whether a switch has no client. */
  readonly isIdle: (switchId: SwitchId) => boolean;
  /** Told of failures that are tried again. */
  readonly failed: (error: unknown) => void;
}

/** Aliases as clients get them: durable, and matched by the edge switches before the first address carries them. */
export class AliasService {
  private readonly options: AliasServiceOptions;
  private readonly aliases: Aliases;
  /** Aliases that the edge switches confirmed. */
  private confirmed = new Set<number>();
  private unsaved: AliasChange[] = [];
  private waiting: (() => void)[] = [];
  private running = false;
  private again = false;
  private stopped = false;

  constructor(options: AliasServiceOptions) {
    this.options = options;
    this.aliases = new Aliases(options.plan, options.random);
  }

  load(state: StoredState): void {
    this.aliases.load(state.aliases, state.sids);
  }

  get nextChange(): number {
    return this.aliases.nextChange;
  }

  get switches(): number {
    return this.aliases.switches;
  }

  valid(): AliasState[] {
    return this.aliases.valid(this.options.now());
  }

  /** Aliases that a new address of the switch may carry now. */
  usable(switchId: SwitchId): AliasState[] {
    return this.aliases.usable(switchId, this.options.now()).filter(({ alias }) => this.confirmed.has(alias));
  }

  /**
   * Makes sure that the switch has aliases, then waits for the edge switches' next answer; `usable` says what came of it.
   * Throws AllocationError `too-many-switches`.
   */
  async prepare(switchId: SwitchId): Promise<void> {
    const { now, isIdle } = this.options;
    // First: a switch that comes when the period is over must not take the next period's names from the others.
    this.advance();
    if (!this.aliases.hasSwitch(switchId)) {
      this.unsaved.push(this.aliases.addSwitch(switchId, now(), isIdle));
    }
    const answered = new Promise<void>(resolve => this.waiting.push(resolve));
    this.confirm();
    await answered;
  }

  /** Starts the next period when it is time. */
  advance(): void {
    const change = this.aliases.advance(this.options.now());
    if (change === undefined) return;
    this.unsaved.push(change);
    this.confirm();
  }

  /** Tells the edge switches what is valid. */
  confirm(): void {
    if (this.running) {
      this.again = true;
      return;
    }
    this.running = true;
    this.tell().then(
      () => this.told(true),
      (error: unknown) => {
        this.options.failed(error);
        this.told(false);
      },
    );
  }

  stop(): void {
    this.stopped = true;
    this.wake();
  }

  private async tell(): Promise<void> {
    while (this.unsaved.length > 0) {
      await this.options.commit(this.unsaved[0]!);
      this.unsaved.shift();
    }
    const valid = this.valid();
    await this.options.forwarding.setAliases(valid);
    this.confirmed = new Set(valid.map(({ alias }) => alias));
  }

  private told(success: boolean): void {
    this.running = false;
    if (this.stopped) return;
    if (this.again && success) {
      this.again = false;
      this.confirm();
      return;
    }
    this.again = false;
    this.wake();
    if (!success) this.options.clock.after(RETRY_AFTER, () => this.confirm());
  }

  private wake(): void {
    const waiting = this.waiting;
    this.waiting = [];
    for (const resolve of waiting) resolve();
  }
}

import type { Clock, Timer } from '../../../../controller/host/clock.js';
import { BaselinePackets } from './baseline-packets.js';
import type { Strategy } from './strategy.js';

/**
 * Carries out a strategy on one connection: counts, asks, hops. What becomes due while a hop is under way is made right
 * after it.
 */
export class HopSchedule {
  readonly packets = new BaselinePackets();
  hops = 0;
  private readonly strategy: Strategy;
  private readonly clock: Clock;
  private readonly hop: () => Promise<boolean>;
  private readonly startedAt: number;
  private hoppedAt: number;
  private packetsAtHop = 0;
  private busy = false;
  private stopped = false;
  private timer: Timer | undefined;

  /** `hop` resolves with whether it was made; it never rejects. */
  constructor(strategy: Strategy, clock: Clock, hop: () => Promise<boolean>) {
    this.strategy = strategy;
    this.clock = clock;
    this.hop = hop;
    this.startedAt = clock.now();
    this.hoppedAt = this.startedAt;
    this.arm();
  }

  /** Asks the strategy; call it after packets were counted. */
  check(): void {
    if (this.busy || this.stopped) return;
    const now = this.clock.now();
    const due = this.strategy.due({
      packets: this.packets.count,
      packetsHere: this.packets.count - this.packetsAtHop,
      hops: this.hops,
      age: now - this.startedAt,
      ageHere: now - this.hoppedAt,
    });
    if (due) void this.carryOut();
  }

  stop(): void {
    this.stopped = true;
    this.timer?.cancel();
  }

  private async carryOut(): Promise<void> {
    this.busy = true;
    this.packetsAtHop = this.packets.count;
    this.hoppedAt = this.clock.now();
    const made = await this.hop();
    this.busy = false;
    if (made) this.hops++;
    this.strategy.hopped();
    this.arm();
    this.check();
  }

  private arm(): void {
    const at = this.strategy.deadline?.();
    this.timer?.cancel();
    if (at === undefined || this.stopped) return;
    this.timer = this.clock.after(Math.max(0, this.hoppedAt + at - this.clock.now()), () => this.check());
  }
}

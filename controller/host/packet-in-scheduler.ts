import type { PacketInView } from '../openflow/index.js';
import { type PacketInOrigin, PacketInQueue } from './packet-in-queue.js';

/** Who gets packet-ins: an app, or the host itself. */
export interface PacketInReceiver<Origin> {
  readonly name: string;
  /** Whether it has more to do than it should. */
  readonly isBehind: boolean;
  /** The view is valid during the call only, unless it is detached. */
  receive(origin: Origin, view: PacketInView): void;
}

export interface PacketInSchedulerOptions {
  /**
   * Milliseconds of one turn of the event loop that go to packet-ins as they come, and as many to those that
   * wait.
   */
  budget?: number;
  /** Bytes that may wait for one receiver. */
  maxBytes?: number;
  /** Milliseconds of a clock. */
  now?: () => number;
  /** Runs a function when everything that is readable now has been read. */
  soon?: (run: () => void) => unknown;
  /** Packet-ins of a receiver were dropped. */
  dropped?: (receiver: string, count: number) => void;
}

/** The clock is looked at once for so many packet-ins, while they do not take long. */
const STRIDE = 16;

/**
 * Decides when a packet-in is delivered. Normally that is at once, where it lies in the receive buffer. When
 * packet-ins take longer than their budget of a turn, when their app is behind, or when the switch does not
 * read, they are copied and wait: everything else that switches send (replies, echoes, changes of ports) goes
 * ahead of them, apps take turns, and within an app ports do. The order within one port of a switch is kept.
 */
export class PacketInScheduler<Origin extends PacketInOrigin> {
  /** Packet-ins that were thrown away since the beginning. */
  dropped = 0;
  private readonly queues = new Map<PacketInReceiver<Origin>, PacketInQueue<Origin>>();
  private readonly budget: number;
  private readonly maxBytes: number;
  private readonly now: () => number;
  private readonly soon: (run: () => void) => unknown;
  private readonly onDropped: PacketInSchedulerOptions['dropped'];
  /** Nothing waits, nobody is held, and the budget of this turn is not used up. */
  private isQuiet = true;
  /** Receivers that are behind and origins that are blocked. */
  private held = 0;
  private isSpent = false;
  private untilLook = STRIDE;
  private stride = STRIDE;
  private turnStart: number | undefined;
  private isDrainDue = false;

  constructor(options: PacketInSchedulerOptions = {}) {
    this.budget = options.budget ?? 20;
    this.maxBytes = options.maxBytes ?? 4 * 1024 * 1024;
    this.now = options.now ?? (() => performance.now());
    this.soon = options.soon ?? setImmediate;
    this.onDropped = options.dropped;
  }

  /** Packet-ins that wait. */
  get waiting(): number {
    let waiting = 0;
    for (const queue of this.queues.values()) waiting += queue.size;
    return waiting;
  }

  deliver(receiver: PacketInReceiver<Origin>, origin: Origin, view: PacketInView): void {
    if (this.isQuiet && --this.untilLook > 0) receiver.receive(origin, view);
    else this.consider(receiver, origin, view);
  }

  /** A receiver is behind now, or an origin blocked. */
  hold(): void {
    this.held++;
    this.isQuiet = false;
  }

  /** It no longer is. */
  release(): void {
    this.held--;
    this.settle();
    if (this.queues.size > 0) this.drainSoon();
  }

  /** The connection is over. */
  forget(origin: Origin): void {
    for (const [receiver, queue] of this.queues) {
      queue.forget(origin);
      if (queue.size === 0) this.queues.delete(receiver);
    }
    this.settle();
  }

  private consider(receiver: PacketInReceiver<Origin>, origin: Origin, view: PacketInView): void {
    const queue = this.queues.get(receiver);
    if (queue === undefined && !receiver.isBehind && !origin.isBlocked) {
      this.look();
      if (!this.isSpent) {
        receiver.receive(origin, view);
        return;
      }
    }
    this.queue(receiver, origin, view, queue);
  }

  /** Looks at the clock, now and then. */
  private look(): void {
    if (--this.untilLook > 0) return;
    this.untilLook = this.stride;
    const now = this.now();
    if (this.turnStart === undefined) {
      this.turnStart = now;
      this.drainSoon();
    } else if (now - this.turnStart >= this.budget) {
      this.isSpent = true;
      this.isQuiet = false;
      this.stride = 1;
    }
  }

  private queue(
    receiver: PacketInReceiver<Origin>,
    origin: Origin,
    view: PacketInView,
    existing: PacketInQueue<Origin> | undefined,
  ): void {
    const queue = existing ?? new PacketInQueue<Origin>(this.maxBytes);
    if (existing === undefined) this.queues.set(receiver, queue);
    this.isQuiet = false;
    const dropped = queue.push(origin, view);
    if (dropped > 0) {
      this.dropped += dropped;
      this.onDropped?.(receiver.name, dropped);
    }
    if (!receiver.isBehind && !origin.isBlocked) this.drainSoon();
  }

  private drainSoon(): void {
    if (this.isDrainDue) return;
    this.isDrainDue = true;
    this.soon(() => this.nextTurn());
  }

  /** Begins a turn with what waits, one packet-in of each receiver after the other. */
  private nextTurn(): void {
    this.isDrainDue = false;
    this.turnStart = undefined;
    if (!this.isSpent) this.stride = STRIDE;
    this.isSpent = false;
    if (this.queues.size > 0) this.drain();
    this.settle();
  }

  private drain(): void {
    const end = this.now() + this.budget;
    let isMore = true;
    while (isMore) {
      isMore = false;
      for (const [receiver, queue] of this.queues) {
        if (receiver.isBehind) continue;
        const next = queue.shift();
        if (next === undefined) continue;
        if (queue.size === 0) this.queues.delete(receiver);
        receiver.receive(next.origin, next.view);
        isMore = true;
        if (this.now() >= end) {
          this.drainSoon();
          return;
        }
      }
    }
  }

  private settle(): void {
    this.isQuiet = !this.isSpent && this.held === 0 && this.queues.size === 0;
  }
}

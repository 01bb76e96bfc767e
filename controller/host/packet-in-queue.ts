import type { PacketInView } from '../openflow/index.js';

/** Where packet-ins come from: the connection of a switch. */
export interface PacketInOrigin {
  /** Whether answers to it cannot be sent now. */
  readonly isBlocked: boolean;
}

/** A copied packet-in that waits. */
export interface QueuedPacketIn<Origin> {
  readonly origin: Origin;
  readonly view: PacketInView;
}

/** What one port of one switch has waiting, oldest first. */
interface Line<Origin> {
  readonly origin: Origin;
  readonly port: number;
  readonly views: PacketInView[];
  /** Index of the oldest. */
  head: number;
  bytes: number;
}

/** What a waiting packet-in costs besides its bytes. */
const OVERHEAD = 256;

/**
 * Packet-ins that wait for one app, bounded in bytes. Ports take turns, and what does not fit is taken from
 * those that have more than their share, oldest first: whoever floods a port loses that port's packets.
 */
export class PacketInQueue<Origin extends PacketInOrigin> {
  private readonly maxBytes: number;
  /** Lines with packets; the first is next. */
  private readonly turns = new Set<Line<Origin>>();
  private readonly lines = new Map<Origin, Map<number, Line<Origin>>>();
  private bytes = 0;
  private count = 0;

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes;
  }

  get size(): number {
    return this.count;
  }

  /** Adds a copy of `view`. Returns how many packet-ins were dropped for it, itself perhaps among them. */
  push(origin: Origin, view: PacketInView): number {
    const line = this.lineOf(origin, view.inPort);
    const kept = view.detach();
    line.views.push(kept);
    line.bytes += costOf(kept);
    this.bytes += costOf(kept);
    this.count++;
    this.turns.add(line);
    let dropped = 0;
    while (this.bytes > this.maxBytes) {
      this.take(this.overfull(line));
      dropped++;
    }
    return dropped;
  }

  /** The next packet-in of an origin that is not blocked. */
  shift(): QueuedPacketIn<Origin> | undefined {
    for (const line of this.turns) {
      if (line.origin.isBlocked) continue;
      const view = this.take(line);
      if (this.turns.delete(line)) this.turns.add(line);
      return { origin: line.origin, view };
    }
    return undefined;
  }

  /** Whether `shift` would give something. */
  get isReady(): boolean {
    for (const { origin } of this.turns) if (!origin.isBlocked) return true;
    return false;
  }

  /** Drops what came from `origin`. */
  forget(origin: Origin): void {
    for (const line of this.lines.get(origin)?.values() ?? []) {
      this.count -= line.views.length - line.head;
      this.bytes -= line.bytes;
      this.turns.delete(line);
    }
    this.lines.delete(origin);
  }

  private lineOf(origin: Origin, port: number): Line<Origin> {
    let ports = this.lines.get(origin);
    if (ports === undefined) {
      ports = new Map();
      this.lines.set(origin, ports);
    }
    let line = ports.get(port);
    if (line === undefined) {
      line = { origin, port, views: [], head: 0, bytes: 0 };
      ports.set(port, line);
    }
    return line;
  }

  /** A line with at least an even share of the bytes: `last`, or the next in turn. */
  private overfull(last: Line<Origin>): Line<Origin> {
    const share = this.bytes / this.turns.size;
    if (last.views.length > last.head && last.bytes >= share) return last;
    for (const line of this.turns) if (line.bytes >= share) return line;
    return last;
  }

  /** Removes the oldest of a line, and the line with its last. */
  private take(line: Line<Origin>): PacketInView {
    const view = line.views[line.head]!;
    line.head++;
    line.bytes -= costOf(view);
    this.bytes -= costOf(view);
    this.count--;
    if (line.head === line.views.length) {
      this.turns.delete(line);
      const ports = this.lines.get(line.origin)!;
      ports.delete(line.port);
      if (ports.size === 0) this.lines.delete(line.origin);
    } else if (line.head >= 64 && line.head * 2 >= line.views.length) {
      line.views.splice(0, line.head);
      line.head = 0;
    }
    return view;
  }
}

function costOf(view: PacketInView): number {
  return view.length + OVERHEAD;
}

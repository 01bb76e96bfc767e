import type { DirectedLink, PortName } from './flood-tree.js';

/** Limits what forged or looping probes can cost; a port of a sane network has one neighbour. */
const MAX_NEIGHBOURS_OF_PORT = 16;

/**
 * Which port hears which. A direction lives until its probes have been missing for `maxAge` milliseconds, and as
 * long as the switch at either end is away: its flows still forward, and nobody can ask it.
 */
export class LinkTable {
  private readonly links = new Map<string, Link>();
  /** How many ports each port hears. */
  private readonly neighbours = new Map<string, number>();
  private readonly away = new Set<string>();
  private readonly maxAge: number;

  constructor(maxAge: number) {
    this.maxAge = maxAge;
  }

  get size(): number {
    return this.links.size;
  }

  /** Every direction that is known. */
  directions(): DirectedLink[] {
    return [...this.links.values()];
  }

  /** A probe of `from` arrived at `to`. Returns whether this is news. */
  heard(from: PortName, to: PortName, now: number): boolean {
    const key = keyOf(from, to);
    const link = this.links.get(key);
    if (link !== undefined) {
      link.lastHeard = now;
      return false;
    }
    const hearer = `${to.switchId}/${to.port}`;
    const count = this.neighbours.get(hearer) ?? 0;
    if (count >= MAX_NEIGHBOURS_OF_PORT) return false;
    this.neighbours.set(hearer, count + 1);
    this.links.set(key, { from, to, lastHeard: now });
    return true;
  }

  /** Whether probes of `from` arrive at `to`. */
  has(from: PortName, to: PortName): boolean {
    return this.links.has(keyOf(from, to));
  }

  /** Forgets every link of a port that went down. Returns those that were lost. */
  portDown(port: PortName): DirectedLink[] {
    return this.remove(link => samePort(link.from, port) || samePort(link.to, port));
  }

  switchAway(switchId: string): void {
    this.away.add(switchId);
  }

  /** The links of a switch that is back have `maxAge` to prove themselves. */
  switchBack(switchId: string, now: number): void {
    if (!this.away.delete(switchId)) return;
    for (const link of this.links.values()) {
      if (link.from.switchId === switchId || link.to.switchId === switchId) link.lastHeard = now;
    }
  }

  /** Forgets a switch for good. */
  switchForgotten(switchId: string): DirectedLink[] {
    this.away.delete(switchId);
    return this.remove(link => link.from.switchId === switchId || link.to.switchId === switchId);
  }

  /** Forgets links that have not been heard for too long. Returns those that were lost. */
  expire(now: number): DirectedLink[] {
    return this.remove(
      link =>
        now - link.lastHeard > this.maxAge &&
        !this.away.has(link.from.switchId) &&
        !this.away.has(link.to.switchId),
    );
  }

  private remove(isGone: (link: Link) => boolean): DirectedLink[] {
    const gone: DirectedLink[] = [];
    for (const [key, link] of this.links) {
      if (!isGone(link)) continue;
      this.links.delete(key);
      gone.push(link);
      const hearer = `${link.to.switchId}/${link.to.port}`;
      const count = this.neighbours.get(hearer)! - 1;
      if (count === 0) this.neighbours.delete(hearer);
      else this.neighbours.set(hearer, count);
    }
    return gone;
  }
}

interface Link extends DirectedLink {
  lastHeard: number;
}

function keyOf(from: PortName, to: PortName): string {
  return `${from.switchId}/${from.port}>${to.switchId}/${to.port}`;
}

function samePort(a: PortName, b: PortName): boolean {
  return a.port === b.port && a.switchId === b.switchId;
}

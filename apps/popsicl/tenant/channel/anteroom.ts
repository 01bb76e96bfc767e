import type { Socket } from 'node:net';
import { sourceOf } from '../../source.js';

/**
 * Places for connections of whom nobody knows yet who they are. Where all are taken, the source that has most gives up its oldest:
 * who has many keeps nobody out who has few, and who is quick gets through also from the same source.
 */
export class Anteroom {
  private readonly places: number;
  private readonly perSource: number;
  /** Sockets of each source, the oldest first. */
  private readonly sources = new Map<string, Set<Socket>>();
  private taken = 0;

  /** `perSource`: places of one IPv4 address or IPv6 /56 at most. */
  constructor(places: number, perSource: number) {
    this.places = places;
    this.perSource = perSource;
  }

  get size(): number {
    return this.taken;
  }

  /** Gives a place until the socket closes or `leave` is called for it. */
  enter(socket: Socket): void {
    const source = sourceOf(socket.remoteAddress ?? '');
    const before = this.sources.get(source);
    if (before !== undefined && before.size >= this.perSource) this.evict(before);
    else if (this.taken >= this.places) this.evict(this.largest());
    const own = this.sources.get(source) ?? new Set();
    this.sources.set(source, own.add(socket));
    this.taken++;
    socket.once('close', () => this.leave(socket));
  }

  leave(socket: Socket): void {
    for (const [source, own] of this.sources) {
      if (!own.delete(socket)) continue;
      this.taken--;
      if (own.size === 0) this.sources.delete(source);
      return;
    }
  }

  private largest(): Set<Socket> {
    let largest = new Set<Socket>();
    for (const own of this.sources.values()) if (own.size > largest.size) largest = own;
    return largest;
  }

  private evict(own: Set<Socket>): void {
    const [oldest] = own;
    if (oldest === undefined) return;
    this.leave(oldest);
    oldest.destroy();
  }
}

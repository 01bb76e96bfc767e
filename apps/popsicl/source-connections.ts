import type { Socket } from 'node:net';
import { sourceOf } from './source.js';

/** Connections at a time of each source, none of which can take the room of all others. */
export class SourceConnections {
  private readonly most: number;
  private readonly counts = new Map<string, number>();

  /** `most`: of one source. */
  constructor(most: number) {
    this.most = most;
  }

  /** Counts a connection until it closes. Whether its source may have it; otherwise it is reset. */
  admit(socket: Socket): boolean {
    const source = sourceOf(socket.remoteAddress ?? '');
    const before = this.counts.get(source) ?? 0;
    if (before >= this.most) {
      socket.resetAndDestroy();
      return false;
    }
    this.counts.set(source, before + 1);
    socket.once('close', () => {
      const left = this.counts.get(source)! - 1;
      if (left === 0) this.counts.delete(source);
      else this.counts.set(source, left);
    });
    return true;
  }
}

import { expect } from 'chai';
import type { QuicheConnection } from '../../../../apps/mimiq/client/quic/binding.js';
import type { LocalSocket } from '../../../../apps/mimiq/client/quic/local-socket.js';
import { LocalPaths } from '../../../../apps/mimiq/client/quic/paths.js';

const REMOTE = { host: '192.0.2.9', port: 443 };
const socket = (isOpen: boolean) => ({ isOpen, close() {} }) as unknown as LocalSocket;

/** quiche as far as connection IDs go: each path has one, and the lowest free one follows when it is given back. */
class Ids {
  free: number[];
  readonly bound = new Map<number, number>();
  readonly retired: number[] = [];

  constructor(free: number[]) {
    this.free = free;
  }

  probePath({ port }: { port: number }): number {
    if (!this.bound.has(port)) this.bind(port);
    return this.bound.get(port)!;
  }

  retireDestinationCid(sequence: number): void {
    const port = [...this.bound].find(([, bound]) => bound === sequence)![0];
    this.bound.delete(port);
    this.retired.push(sequence);
    if (this.free.length > 0) this.bind(port);
  }

  availableDcids(): number {
    return this.free.length;
  }

  migrateSource(): number {
    return 0;
  }

  private bind(port: number): void {
    const lowest = Math.min(...this.free);
    if (this.free.length === 0) throw new Error('OutOfIdentifiers');
    this.free = this.free.filter(each => each !== lowest);
    this.bound.set(port, lowest);
  }
}

describe('the paths of a connection that hops', () => {
  it('never take a connection ID that was given back, also when the server repeats it: it is given back again', () => {
    const ids = new Ids([1, 2]);
    const paths = new LocalPaths(4, ids as unknown as QuicheConnection, REMOTE, socket(false));
    const hop = (now: number) => {
      const path = paths.take(socket(false));
      if (path === undefined) return undefined;
      paths.moveTo(path, now);
      paths.giveBack(now);
      return path.sequence;
    };
    ids.bound.set(1, 0);
    expect([hop(1), hop(2)]).to.deep.equal([1, 2]);
    expect(ids.retired).to.include.members([0, 1]);
    ids.free.push(1);
    expect(hop(3)).to.equal(undefined);
    expect(ids.retired.filter(sequence => sequence === 1)).to.have.length(2);
    ids.free.push(1, 3);
    expect(hop(4)).to.equal(3);
  });
});

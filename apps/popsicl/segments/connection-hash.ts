import { randomBytes } from 'node:crypto';
import { writeU32 } from '../../../controller/packet/byte-order.js';
import { SipHash } from '../siphash.js';
import type { ConnectionEnds } from './connection-ends.js';

/** Keyed hashes of connections: nobody can choose which two share one. Allocates nothing. */
export class ConnectionHash {
  private readonly hash = new SipHash(randomBytes(16));
  private readonly input = new Uint8Array(36);

  /** The upper half of the last hash. */
  get high(): number {
    return this.hash.high;
  }

  /** Lower 32 bits, of addresses and ports. */
  ofEnds(ends: ConnectionEnds): number {
    const { input } = this;
    writeU32(input, 0, ends.source0);
    writeU32(input, 4, ends.source1);
    writeU32(input, 8, ends.source2);
    writeU32(input, 12, ends.source3);
    writeU32(input, 16, ends.destination0);
    writeU32(input, 20, ends.destination1);
    writeU32(input, 24, ends.destination2);
    writeU32(input, 28, ends.destination3);
    writeU32(input, 32, portsOf(ends));
    return this.hash.hash(input, 36);
  }

  /** Lower 32 bits, of an address with a port, and of whose they are. */
  ofEnd(word0: number, word1: number, word2: number, word3: number, port: number, owner: number): number {
    const { input } = this;
    writeU32(input, 0, word0);
    writeU32(input, 4, word1);
    writeU32(input, 8, word2);
    writeU32(input, 12, word3);
    writeU32(input, 16, port);
    writeU32(input, 20, owner);
    return this.hash.hash(input, 24);
  }
}

/** Both ports in 32 bits. */
export function portsOf({ sourcePort, destinationPort }: ConnectionEnds): number {
  return ((sourcePort << 16) | destinationPort) >>> 0;
}

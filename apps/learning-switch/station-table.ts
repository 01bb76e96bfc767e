import { randomInt } from 'node:crypto';

/** What `learn` found out. `full`: the station is new and there is no room for it. */
export type Learnt = 'known' | 'new' | 'moved' | 'full';

const SMALLEST = 64;
/** 2^32 divided by the golden ratio, made odd: spreads neighbouring numbers over all bits. */
const SPREAD = 0x9e37_79b1;
const HIGH = 0x1_0000_0000;

/**
 * Where stations are: (VLAN, MAC address) -> port, of one switch. Bounded; MAC addresses are 48-bit numbers,
 * VLANs their identifier or -1 for none, times whole seconds of any clock.
 *
 * An open-addressing hash table with linear probing in typed arrays, at most half full: a look-up costs no allocation and
 * hashes no boxed number. Its seed is random, so that nobody outside can choose addresses that collide.
 */
export class StationTable {
  private readonly limit: number;
  private readonly seed = randomInt(HIGH) | 0;
  private mask = SMALLEST - 1;
  /** Bits 31..0 of the MAC address. */
  private low = new Int32Array(SMALLEST);
  /** VLAN + 1, and bits 47..32 of the MAC address below it. */
  private high = new Int32Array(SMALLEST);
  /** 0, which is no port number, where a slot is free. */
  private ports = new Uint32Array(SMALLEST);
  private seenAt = new Float64Array(SMALLEST);
  /** Stations in the table. */
  size = 0;

  constructor(limit: number) {
    this.limit = limit;
  }

  /** Port of a station; undefined when it is not known. */
  find(vlan: number, mac: number): number | undefined {
    const port = this.ports[this.slotOf(mac | 0, highOf(vlan, mac))]!;
    return port === 0 ? undefined : port;
  }

  /** A frame of the station came in at `port`. */
  learn(vlan: number, mac: number, port: number, now: number): Learnt {
    const low = mac | 0;
    const high = highOf(vlan, mac);
    const slot = this.slotOf(low, high);
    const known = this.ports[slot]!;
    if (known === 0) {
      if (this.size >= this.limit) return 'full';
      this.put(slot, low, high, port, now);
      if (++this.size > this.mask / 2) this.rebuild(2 * (this.mask + 1), () => true);
      return 'new';
    }
    this.seenAt[slot] = now;
    if (known === port) return 'known';
    this.ports[slot] = port;
    return 'moved';
  }

  /** Forgets stations that were last seen before `time`. */
  expire(time: number): void {
    this.keep(slot => this.seenAt[slot]! >= time);
  }

  forgetPort(port: number): void {
    this.keep(slot => this.ports[slot] !== port);
  }

  clear(): void {
    this.keep(() => false);
  }

  /** The slot of a station, or the free one where it would be. */
  private slotOf(low: number, high: number): number {
    const { mask, ports } = this;
    let hash = Math.imul(low ^ Math.imul(high ^ this.seed, SPREAD), SPREAD);
    hash = Math.imul(hash ^ (hash >>> 15), SPREAD);
    let slot = (hash ^ (hash >>> 13)) & mask;
    while (ports[slot] !== 0 && (this.low[slot] !== low || this.high[slot] !== high))
      slot = (slot + 1) & mask;
    return slot;
  }

  private put(slot: number, low: number, high: number, port: number, seenAt: number): void {
    this.low[slot] = low;
    this.high[slot] = high;
    this.ports[slot] = port;
    this.seenAt[slot] = seenAt;
  }

  /** Removes the stations whose slots `isKept` refuses. */
  private keep(isKept: (slot: number) => boolean): void {
    let kept = 0;
    for (let slot = 0; slot <= this.mask; slot++) if (this.ports[slot] !== 0 && isKept(slot)) kept++;
    if (kept === this.size) return;
    this.size = kept;
    this.rebuild(Math.max(SMALLEST, 2 ** Math.ceil(Math.log2(2 * kept + 1))), isKept);
  }

  private rebuild(capacity: number, isKept: (slot: number) => boolean): void {
    const { low, high, ports, seenAt } = this;
    const kept: number[] = [];
    for (let slot = 0; slot < ports.length; slot++) if (ports[slot] !== 0 && isKept(slot)) kept.push(slot);
    this.mask = capacity - 1;
    this.low = new Int32Array(capacity);
    this.high = new Int32Array(capacity);
    this.ports = new Uint32Array(capacity);
    this.seenAt = new Float64Array(capacity);
    for (const slot of kept) {
      const target = this.slotOf(low[slot]!, high[slot]!);
      this.put(target, low[slot]!, high[slot]!, ports[slot]!, seenAt[slot]!);
    }
  }
}

function highOf(vlan: number, mac: number): number {
  return ((vlan + 1) << 16) | (mac / HIGH);
}

import { randomBytes } from 'node:crypto';
import type { Clock } from '../../../controller/host/index.js';
import { SipHash } from '../siphash.js';

const PLACES = 65_536;
const MINUTE = 60_000;

/** `too-many`: the source has asked for so many names that it is told of none, whosever they are. */
export type Question = 'first' | 'again' | 'too-many';

/**
 * Tells first questions of a source for a name from later ones, and how many names a source asks for. Pseudonyms and names that
 * are none count alike: otherwise a prober would see by the limit which of its questions counted. Nothing here names anybody;
 * sources share places by a keyed hash, so that nobody can choose whose place is taken.
 */
export class FirstQuestions {
  private readonly capacity: number;
  private readonly perMinute: number;
  private readonly clock: Clock;
  /** Hashes of source and name, the one asked longest ago first. */
  private readonly asked = new Set<number>();
  private readonly left: Float32Array;
  private readonly filled: Float64Array;
  private readonly hash = new SipHash(randomBytes(16));
  private readonly text = Buffer.alloc(512);

  /** `capacity`: pairs of source and name that are remembered. `perMinute`: new names of a source, and as many at once. */
  constructor({
    capacity,
    perMinute,
    clock,
  }: {
    readonly capacity: number;
    readonly perMinute: number;
    readonly clock: Clock;
  }) {
    this.capacity = capacity;
    this.perMinute = perMinute;
    this.clock = clock;
    this.left = new Float32Array(PLACES).fill(perMinute);
    this.filled = new Float64Array(PLACES).fill(clock.now());
  }

  /** `source`: what stands for a client, any text. */
  ask(source: string, name: string): Question {
    const { asked, left } = this;
    const place = this.hashOf(source) % PLACES;
    this.refill(place);
    if (left[place]! < 1) return 'too-many';
    const pair = this.hashOf(`${source} ${name}`);
    if (asked.delete(pair)) {
      asked.add(pair);
      return 'again';
    }
    asked.add(pair);
    left[place]!--;
    if (asked.size > this.capacity) {
      const [oldest] = asked;
      asked.delete(oldest!);
    }
    return 'first';
  }

  private refill(place: number): void {
    const now = this.clock.now();
    const earned = ((now - this.filled[place]!) * this.perMinute) / MINUTE;
    this.left[place] = Math.min(this.perMinute, this.left[place]! + earned);
    this.filled[place] = now;
  }

  /** 53 bits. */
  private hashOf(text: string): number {
    const length = this.text.write(text, 'latin1');
    const low = this.hash.hash(this.text, length);
    return (this.hash.high & 0x1f_ffff) * 0x1_0000_0000 + low;
  }
}

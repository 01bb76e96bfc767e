import { isIPv4, isIPv6 } from 'node:net';

/** How many connections a listener keeps. */
export interface AdmissionLimits {
  /** Connections altogether. */
  maxConnections: number;
  /** Connections of which the handshake, TLS included, is not over. */
  maxUnfinished: number;
  /** As `maxUnfinished`, from one source. Does not count for the machine's own addresses. */
  maxUnfinishedPerSource: number;
}

export type AdmissionRefusal =
  | 'too-many-connections'
  | 'too-many-unfinished'
  | 'too-many-unfinished-from-source';

/** The place of one connection; both methods are harmless when called again. */
export interface Place {
  /** The handshake is over. */
  finished(): void;
  /** The connection is over. */
  left(): void;
}

/** Counts connections and says which are too many. */
export class Admission {
  readonly #limits: AdmissionLimits;
  readonly #unfinishedBySource = new Map<string, number>();
  #connections = 0;
  #unfinished = 0;

  constructor(limits: AdmissionLimits) {
    this.#limits = limits;
  }

  get connections(): number {
    return this.#connections;
  }

  get unfinished(): number {
    return this.#unfinished;
  }

  /** Gives a place to a connection from `address` (undefined: of this machine), or says why there is none. */
  enter(address: string | undefined): Place | AdmissionRefusal {
    const { maxConnections, maxUnfinished, maxUnfinishedPerSource } = this.#limits;
    const source = sourceOf(address);
    const ofSource = source === undefined ? 0 : (this.#unfinishedBySource.get(source) ?? 0);
    if (this.#connections >= maxConnections) return 'too-many-connections';
    if (ofSource >= maxUnfinishedPerSource) return 'too-many-unfinished-from-source';
    if (this.#unfinished >= maxUnfinished) return 'too-many-unfinished';
    this.#connections++;
    this.#unfinished++;
    if (source !== undefined) this.#unfinishedBySource.set(source, ofSource + 1);
    let isFinished = false;
    let hasLeft = false;
    const finished = () => {
      if (isFinished) return;
      isFinished = true;
      this.#finished(source);
    };
    return {
      finished,
      left: () => {
        if (hasLeft) return;
        hasLeft = true;
        finished();
        this.#connections--;
      },
    };
  }

  #finished(source: string | undefined): void {
    this.#unfinished--;
    if (source === undefined) return;
    const left = this.#unfinishedBySource.get(source)! - 1;
    if (left > 0) this.#unfinishedBySource.set(source, left);
    else this.#unfinishedBySource.delete(source);
  }
}

/**
 * What counts as one source: an IPv4 address, or the /64 prefix of an IPv6 address, since one host has a
 * whole prefix of them. Undefined for this machine.
 */
export function sourceOf(address: string | undefined): string | undefined {
  if (address === undefined || address === '::1') return undefined;
  const plain = address.startsWith('::ffff:') && isIPv4(address.slice(7)) ? address.slice(7) : address;
  if (plain.startsWith('127.')) return undefined;
  return isIPv6(plain) ? prefixOf(plain) : plain;
}

/** The first four groups of an IPv6 address. */
function prefixOf(address: string): string {
  const [head, tail] = address.split('%')[0]!.split('::') as [string, string?];
  const groups = head === '' ? [] : head.split(':');
  if (tail !== undefined) {
    const after = tail === '' ? 0 : tail.split(':').length;
    while (groups.length + after < 8) groups.push('0');
  }
  return groups.slice(0, 4).join(':');
}

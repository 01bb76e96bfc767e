import { randomBytes, randomInt } from 'node:crypto';

const LIFETIME = 30_000;
const CAPACITY = 64 * 1024 * 1024;

interface Entry {
  readonly host: string;
  /** By number, from 1; undefined: fetched. */
  readonly pieces: (Buffer | undefined)[];
  readonly bytes: number;
  readonly until: number;
}

/**
 * Pieces of answers that wait to be fetched, so that the application is asked once whatever the number of pieces. Each can be
 * fetched once, within half a minute, by the pseudonym it belongs to.
 */
export class PieceStore {
  /** In the order of their end. */
  private readonly entries = new Map<string, Entry>();
  private readonly clock: () => number;
  private bytes = 0;

  constructor(clock: () => number = () => performance.now()) {
    this.clock = clock;
  }

  /** Undefined where there is no room: then all has to be sent at once. */
  put(host: string, pieces: readonly Buffer[]): string | undefined {
    this.sweep();
    const bytes = pieces.reduce((sum, piece) => sum + piece.length, 0);
    if (this.bytes + bytes > CAPACITY) return undefined;
    const id = randomBytes(16).toString('base64url');
    this.entries.set(id, { host, pieces: [...pieces], bytes, until: this.clock() + LIFETIME });
    this.bytes += bytes;
    return id;
  }

  /** `reference`: `ID/NUMBER`. Undefined for what is not there. */
  take(host: string, reference: string): Buffer | undefined {
    this.sweep();
    const [, id, number] = /^([\w-]{22})\/([1-9]\d?)$/.exec(reference) ?? [];
    const entry = id === undefined ? undefined : this.entries.get(id);
    if (!entry || entry.host !== host) return undefined;
    const at = Number(number) - 1;
    const piece = entry.pieces[at];
    if (piece) entry.pieces[at] = undefined;
    if (entry.pieces.every(other => other === undefined)) this.forget(id!, entry);
    return piece;
  }

  private sweep(): void {
    const now = this.clock();
    for (const [id, entry] of this.entries) {
      if (entry.until > now) return;
      this.forget(id, entry);
    }
  }

  private forget(id: string, entry: Entry): void {
    this.entries.delete(id);
    this.bytes -= entry.bytes;
  }
}

/** Parts of random sizes, `count` of them; together the content. */
export function cut(content: Buffer, count: number): Buffer[] {
  const cuts = Array.from({ length: count - 1 }, () => randomInt(content.length + 1)).sort((a, b) => a - b);
  return [...cuts, content.length].map((end, index) => content.subarray(cuts[index - 1] ?? 0, end));
}

import { randomBytes, randomInt } from 'node:crypto';
import type { PieceName } from './piece-name.js';

const LIFETIME = 30_000;
const CAPACITY = 64 * 1024 * 1024;
/** Objects whose answer is awaited. */
const MOST_AWAITED = 10_000;

/** What a request for a piece gets. */
export interface Part {
  /** Of the answer that it is a part of: pieces of different answers do not belong together. Undefined: there is none. */
  readonly token: string | undefined;
  readonly content: Buffer;
  /** Content-Type of the object. */
  readonly type: string;
  /** Where the application sends the browser instead. */
  readonly redirect?: { readonly status: number; readonly location: string } | undefined;
}

type Waiting = Map<number, ((part: Part | undefined) => void)[]>;

interface Entry {
  /** Undefined: the answer is there. */
  waiting: Waiting | undefined;
  /** By number; undefined: not there any more. */
  pieces: (Buffer | undefined)[];
  rest: Omit<Part, 'content'>;
  bytes: number;
  readonly until: number;
}

/** The application is about to be asked for an object; others wait for its answer. */
export interface Share {
  /** Cuts what it answered, and hands the pieces to those who wait. The own one, and how many there are. */
  cut(content: Buffer, type: string): { part: Part; count: number };
  /** There is nothing to cut, for the reason given: those who wait get this, and no content. */
  give(rest: Omit<Part, 'content'>): void;
  /** No answer came: those who wait are told so. */
  drop(): void;
}

/**
 * Objects whose pieces are asked for one by one, in any order and at the same time. The first who asks gets a `Share` and asks
 * the application; all others wait for that answer, or take their part of it. Each piece is there once, for half a minute.
 */
export class PieceStore {
  /** In the order of their end. */
  private readonly entries = new Map<string, Entry>();
  private readonly clock: () => number;
  private bytes = 0;

  constructor(clock: () => number = () => performance.now()) {
    this.clock = clock;
  }

  /** `key` says whose object it is. Undefined: the piece is not there, and will not come. */
  ask(key: string, name: PieceName): Share | Promise<Part | undefined> {
    this.sweep();
    const place = `${key} ${name.object}`;
    const entry = this.entries.get(place);
    if (entry?.waiting) return this.wait(entry.waiting, name.number);
    const content = entry?.pieces[name.number];
    if (entry && content) {
      entry.pieces[name.number] = undefined;
      if (entry.pieces.every(piece => piece === undefined)) this.forget(place, entry);
      return Promise.resolve({ ...entry.rest, content });
    }
    if (name.count === undefined || this.entries.size >= MOST_AWAITED) return Promise.resolve(undefined);
    if (entry) this.forget(place, entry);
    return this.share(place, name.number, name.count);
  }

  private wait(waiting: Waiting, number: number): Promise<Part | undefined> {
    return new Promise(resolve => {
      const timer = setTimeout(() => resolve(undefined), LIFETIME).unref();
      const give = (part: Part | undefined) => {
        clearTimeout(timer);
        resolve(part);
      };
      waiting.set(number, [...(waiting.get(number) ?? []), give]);
    });
  }

  private share(place: string, own: number, count: number): Share {
    const waiting: Waiting = new Map();
    const entry: Entry = {
      ...{ waiting, pieces: [], rest: { token: undefined, type: '' }, bytes: 0 },
      until: this.clock() + LIFETIME,
    };
    this.entries.set(place, entry);
    /** Hands out what those who wait are to get; what is left stays. */
    const settle = (rest: Entry['rest'], pieces: readonly Buffer[]) => {
      if (!entry.waiting) return;
      Object.assign(entry, { waiting: undefined, rest, pieces: [...pieces] });
      for (const [number, [give, ...more]] of waiting) {
        give?.({ ...rest, content: pieces[number] ?? Buffer.alloc(0) });
        for (const other of more) other(undefined);
        entry.pieces[number] = undefined;
      }
      entry.pieces[own] = undefined;
      entry.bytes = entry.pieces.reduce((sum, piece) => sum + (piece?.length ?? 0), 0);
      if (this.entries.get(place) !== entry) return;
      this.bytes += entry.bytes;
      if (entry.pieces.every(piece => piece === undefined)) this.forget(place, entry);
    };
    return {
      cut: (content, type) => {
        const rest = { token: randomBytes(6).toString('base64url'), type };
        const room = this.bytes + content.length <= CAPACITY;
        // Those who come for the others get nothing, of the same answer.
        const all = Array.from({ length: count }, (_, number) =>
          number === own ? content : Buffer.alloc(0),
        );
        const pieces = room ? cut(content, count) : all;
        settle(rest, pieces);
        return { part: { ...rest, content: pieces[own]! }, count: room ? count : 1 };
      },
      give: rest =>
        settle(
          rest,
          Array.from({ length: count }, () => Buffer.alloc(0)),
        ),
      drop: () => {
        if (!entry.waiting) return;
        entry.waiting = undefined;
        for (const gives of waiting.values()) for (const give of gives) give(undefined);
        if (this.entries.get(place) === entry) this.forget(place, entry);
      },
    };
  }

  private sweep(): void {
    const now = this.clock();
    for (const [place, entry] of this.entries) {
      if (entry.until > now) return;
      this.forget(place, entry);
    }
  }

  private forget(place: string, entry: Entry): void {
    this.entries.delete(place);
    this.bytes -= entry.bytes;
    entry.bytes = 0;
  }
}

/** Parts of random sizes, `count` of them; together the content. */
export function cut(content: Buffer, count: number): Buffer[] {
  const cuts = Array.from({ length: count - 1 }, () => randomInt(content.length + 1)).sort((a, b) => a - b);
  return [...cuts, content.length].map((end, index) => content.subarray(cuts[index - 1] ?? 0, end));
}

import { randomBytes } from 'node:crypto';
import { SipHash } from '../siphash.js';
import { COOKIE_KEY_LENGTH } from './cookie-layout.js';

/** One key and its number. Its slot at the tenants is `epoch & 1`. */
export interface CookieKey {
  readonly epoch: number;
  /** 16 bytes. */
  readonly key: Uint8Array;
}

/**
 * The keys of the cookies: the newest makes them, and the one before is still accepted, so that connections begun
 * before a rotation complete after it. A cookie tells no time: the life of its key bounds its replay.
 */
export class CookieKeys {
  private keys: readonly CookieKey[];
  private hashes: readonly SipHash[];

  /** `known`: keys of an earlier run, so that connections it answered complete; the two newest count. */
  constructor(known: readonly CookieKey[] = []) {
    const ordered = [...known].sort((a, b) => b.epoch - a.epoch).slice(0, 2);
    this.keys = ordered.length > 0 ? ordered : [freshKey(0)];
    this.hashes = this.keys.map(({ key }) => new SipHash(key));
  }

  /** Newest first; one or two. */
  get all(): readonly CookieKey[] {
    return this.keys;
  }

  get newest(): SipHash {
    return this.hashes[0]!;
  }

  /** The one before the newest, where there is one. */
  get previous(): SipHash | undefined {
    return this.hashes[1];
  }

  /** A key to come, which tenants have to know before it makes cookies. */
  next(): CookieKey {
    return freshKey(this.keys[0]!.epoch + 1);
  }

  /** From here on `key` makes the cookies; the one before the last is forgotten. */
  use(key: CookieKey): void {
    this.keys = [key, this.keys[0]!];
    this.hashes = [new SipHash(key.key), this.hashes[0]!];
  }
}

function freshKey(epoch: number): CookieKey {
  return { epoch, key: randomBytes(COOKIE_KEY_LENGTH) };
}

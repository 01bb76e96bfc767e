import { hkdfSync } from 'node:crypto';
import { PseudonymError } from './pseudonym-error.js';

/** One generation of the keys under which pseudo-addresses and labels are sealed. */
export interface SealingKey {
  /** 0 to 255, unique among the live keys. */
  readonly id: number;
  /** 32 random bytes; what is used is derived from them. */
  readonly secret: Uint8Array;
}

const KEY_IDS = 256;
export const SECRET_LENGTH = 32;

/**
 * Live keys, the newest last: it seals, all of them open. `root` never changes in the life of a cloud; it hides key ids
 * and gives unknown names their addresses.
 */
export class KeyRing {
  readonly root: Uint8Array;
  readonly keys: readonly SealingKey[];
  private readonly byId: ReadonlyMap<number, SealingKey>;

  constructor(root: Uint8Array, keys: readonly SealingKey[]) {
    if (keys.length === 0) throw new RangeError('a key ring has at least one key');
    for (const secret of [root, ...keys.map(key => key.secret)]) {
      if (secret.length !== SECRET_LENGTH) throw new RangeError(`a secret has ${SECRET_LENGTH} bytes`);
    }
    this.root = root;
    this.keys = keys;
    this.byId = new Map(keys.map(key => [key.id, key]));
  }

  get current(): SealingKey {
    return this.keys.at(-1)!;
  }

  get(id: number): SealingKey | undefined {
    return this.byId.get(id);
  }

  /** Id for the next key: the one after the current key's that is free. Throws `keys-exhausted`. */
  nextId(): number {
    for (let step = 1; step < KEY_IDS; step++) {
      const id = (this.current.id + step) % KEY_IDS;
      if (!this.byId.has(id)) return id;
    }
    throw new PseudonymError('keys-exhausted', 'all 256 key ids are in use', {
      mend: 'Shorten the lifetime of pseudonyms, or rotate less often.',
    });
  }
}

/** `length` bytes for one purpose (HKDF-SHA256, RFC 5869). */
export function deriveKey(secret: Uint8Array, purpose: string, length: number): Uint8Array {
  return new Uint8Array(
    hkdfSync('sha256', secret, new Uint8Array(0), `cloakflow popsicl ${purpose}`, length),
  );
}

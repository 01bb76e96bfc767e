import {
  createCipheriv,
  createDecipheriv,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  hkdfSync,
  type KeyObject,
} from 'node:crypto';

const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const INFO = 'cloakflow mimiq audit 1';
/** DER in front of a raw X25519 key (RFC 8410 section 7 and 10.3). */
const PUBLIC_DER = Buffer.from('302a300506032b656e032100', 'hex');
const PRIVATE_DER = Buffer.from('302e020100300506032b656e04220420', 'hex');

/**
 * Seals records for one X25519 key, so that this process cannot read its own log: ephemeral-static Diffie-Hellman, HKDF
 * with SHA-256 over both public keys, AES-256-GCM with a counter as its nonce (the construction of RFC 9180's base mode).
 */
export class Sealer {
  /** Public key of this sealer, 32 bytes: stands before its records. */
  readonly ephemeral: Uint8Array;
  private readonly key: Uint8Array;
  private count = 0;

  /** `recipient`: raw public key, 32 bytes. */
  constructor(recipient: Uint8Array) {
    const { publicKey, privateKey } = generateKeyPairSync('x25519');
    this.ephemeral = publicKey.export({ format: 'der', type: 'spki' }).subarray(-KEY_BYTES);
    const shared = diffieHellman({ privateKey, publicKey: publicKeyOf(recipient) });
    this.key = derive(shared, this.ephemeral, recipient);
  }

  /** Ciphertext and tag. Records are opened by their order. */
  seal(plain: Uint8Array): Uint8Array {
    const cipher = createCipheriv('aes-256-gcm', this.key, nonce(this.count++));
    return Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
  }
}

/** Opens what one sealer sealed, in its order. */
export class Opener {
  private readonly key: Uint8Array;
  private count = 0;

  constructor(privateKey: Uint8Array, ephemeral: Uint8Array) {
    const own = createPrivateKey({
      key: Buffer.concat([PRIVATE_DER, privateKey]),
      format: 'der',
      type: 'pkcs8',
    });
    const recipient = createPublicKey(own).export({ format: 'der', type: 'spki' }).subarray(-KEY_BYTES);
    const shared = diffieHellman({ privateKey: own, publicKey: publicKeyOf(ephemeral) });
    this.key = derive(shared, ephemeral, recipient);
  }

  /** Undefined when it is not the next record, nor one of the `ahead` after it, was changed, or is for another key. */
  open(sealed: Uint8Array, ahead = 0): Uint8Array | undefined {
    for (let count = this.count; count <= this.count + ahead; count++) {
      const plain = this.openAt(sealed, count);
      if (plain === undefined) continue;
      this.count = count + 1;
      return plain;
    }
    return undefined;
  }

  private openAt(sealed: Uint8Array, count: number): Uint8Array | undefined {
    if (sealed.length < TAG_BYTES) return undefined;
    const end = sealed.length - TAG_BYTES;
    try {
      const decipher = createDecipheriv('aes-256-gcm', this.key, nonce(count));
      decipher.setAuthTag(sealed.subarray(end));
      return Buffer.concat([decipher.update(sealed.subarray(0, end)), decipher.final()]);
    } catch {
      return undefined;
    }
  }
}

/** A pair of raw keys, 32 bytes each. */
export function makeKeyPair(): { publicKey: Uint8Array; privateKey: Uint8Array } {
  const { publicKey, privateKey } = generateKeyPairSync('x25519');
  return {
    publicKey: publicKey.export({ format: 'der', type: 'spki' }).subarray(-KEY_BYTES),
    privateKey: privateKey.export({ format: 'der', type: 'pkcs8' }).subarray(-KEY_BYTES),
  };
}

function publicKeyOf(raw: Uint8Array): KeyObject {
  return createPublicKey({ key: Buffer.concat([PUBLIC_DER, raw]), format: 'der', type: 'spki' });
}

function derive(shared: Uint8Array, ephemeral: Uint8Array, recipient: Uint8Array): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', shared, Buffer.concat([ephemeral, recipient]), INFO, KEY_BYTES));
}

function nonce(count: number): Uint8Array {
  const bytes = Buffer.alloc(NONCE_BYTES);
  bytes.writeBigUInt64BE(BigInt(count), NONCE_BYTES - 8);
  return bytes;
}

/**
 * The stateless form of a pseudonym (6.2): STR is the authenticated encryption of its pseudo-addresses under a key of the
 * cloud, so that a DNS server with the key needs no table.
 *
 * The scheme is the synthetic IV of Rogaway and Shrimpton (2006), secure against chosen ciphertexts:
 *
 *     payload = flags (1) | IPv4 (4) | IPv6 (16), families that are absent filled with random bytes
 *     tag     = first 16 bytes of HMAC-SHA256(k1; key id | payload)
 *     sealed  = AES-256-CTR(k2; tag)(payload)
 *     STR     = base32(key id ^ HMAC-SHA256(root; tag | sealed)[0] | tag | sealed), 38 bytes in 61 characters
 *
 * A payload holds at least 64 random bits (unused IPv6 bytes, or the host part of a random IPv6 address), and a fresh one
 * is drawn when an address is taken, so no two are alike and every byte of STR looks random, the key id too.
 */
import { createCipheriv, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { formatIpv4, formatIpv6, parseIpv4, parseIpv6 } from '../../../controller/address/index.js';
import type { Pseudonym } from '../model.js';
import { decodeBase32, encodeBase32 } from './base32.js';
import { deriveKey, type KeyRing, type SealingKey } from './key-ring.js';
import { PseudonymError } from './pseudonym-error.js';

const TAG_LENGTH = 16;
const PAYLOAD_LENGTH = 21;
const SEALED_LENGTH = 1 + TAG_LENGTH + PAYLOAD_LENGTH;
const STATELESS_LABEL_LENGTH = 61;
const HAS_IPV4 = 1;
const HAS_IPV6 = 2;

interface LabelKeys {
  readonly tag: Uint8Array;
  readonly cipher: Uint8Array;
}

export class StatelessLabels {
  private readonly ring: KeyRing;
  private readonly keys: ReadonlyMap<SealingKey, LabelKeys>;
  private readonly mask: Uint8Array;

  constructor(ring: KeyRing) {
    this.ring = ring;
    this.mask = deriveKey(ring.root, 'label key id', 32);
    this.keys = new Map(
      ring.keys.map(key => [
        key,
        { tag: deriveKey(key.secret, 'label tag', 32), cipher: deriveKey(key.secret, 'label cipher', 32) },
      ]),
    );
  }

  /** STR for these addresses, at most one of each family; `too-many-addresses` otherwise. */
  seal(addresses: Pseudonym['addresses']): string {
    const { current } = this.ring;
    const keys = this.keys.get(current)!;
    const payload = payloadOf(addresses);
    const tag = tagOf(keys, current.id, payload);
    const bytes = new Uint8Array(SEALED_LENGTH);
    bytes.set(tag, 1);
    bytes.set(crypt(keys, tag, payload), 1 + TAG_LENGTH);
    bytes[0] = current.id ^ this.maskOf(bytes);
    return encodeBase32(bytes);
  }

  /** Addresses of a label in any case; undefined for one that no live key of this cloud made. */
  open(label: string): Pseudonym['addresses'] | undefined {
    if (label.length !== STATELESS_LABEL_LENGTH) return undefined;
    const bytes = decodeBase32(label);
    if (bytes === undefined) return undefined;
    const key = this.ring.get(bytes[0]! ^ this.maskOf(bytes));
    if (key === undefined) return undefined;
    const keys = this.keys.get(key)!;
    const tag = bytes.subarray(1, 1 + TAG_LENGTH);
    const payload = crypt(keys, tag, bytes.subarray(1 + TAG_LENGTH));
    if (!timingSafeEqual(tag, tagOf(keys, key.id, payload))) return undefined;
    return addressesOf(payload);
  }

  private maskOf(bytes: Uint8Array): number {
    return createHmac('sha256', this.mask).update(bytes.subarray(1)).digest()[0]!;
  }
}

/** Whether a label in lower case looks like one of the stateless form. */
export function looksStateless(label: string): boolean {
  return label.length === STATELESS_LABEL_LENGTH && decodeBase32(label) !== undefined;
}

function payloadOf({ ipv4, ipv6 }: Pseudonym['addresses']): Uint8Array {
  if (ipv4.length > 1 || ipv6.length > 1 || ipv4.length + ipv6.length === 0) {
    throw new PseudonymError(
      'too-many-addresses',
      'a stateless pseudonym has one pseudo-address of each family at most, and at least one',
      { mend: 'Ask for one address a family, or use the stored form.' },
    );
  }
  const payload = new Uint8Array(randomBytes(PAYLOAD_LENGTH));
  payload[0] = (ipv4.length > 0 ? HAS_IPV4 : 0) | (ipv6.length > 0 ? HAS_IPV6 : 0);
  if (ipv4[0] !== undefined) new DataView(payload.buffer).setUint32(1, parseIpv4(ipv4[0]));
  if (ipv6[0] !== undefined) payload.set(parseIpv6(ipv6[0])!, 5);
  return payload;
}

function addressesOf(payload: Uint8Array): Pseudonym['addresses'] {
  const view = new DataView(payload.buffer, payload.byteOffset);
  return {
    ipv4: payload[0]! & HAS_IPV4 ? [formatIpv4(view.getUint32(1))] : [],
    ipv6: payload[0]! & HAS_IPV6 ? [formatIpv6(payload, 5)] : [],
  };
}

function tagOf(keys: LabelKeys, id: number, payload: Uint8Array): Uint8Array {
  const hmac = createHmac('sha256', keys.tag).update(Uint8Array.of(id)).update(payload);
  return hmac.digest().subarray(0, TAG_LENGTH);
}

/** AES-256-CTR, its own inverse. */
function crypt(keys: LabelKeys, tag: Uint8Array, bytes: Uint8Array): Uint8Array {
  return new Uint8Array(createCipheriv('aes-256-ctr', keys.cipher, tag).update(bytes));
}

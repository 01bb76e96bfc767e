/**
 * The stateless form of an IPv6 pseudo-address: the address alone names the tenant, and nothing is stored. Its low 64 bits
 * encrypt
 *
 *     tenant number (16) | nonce (32) | zeros (16)
 *
 * with a Feistel network of eight rounds of SipHash-2-4 over halves of 32 bits; bits between the block's prefix and the
 * low 64 are SipHash of those, under a key of their own. Encrypting redundancy with a strong permutation authenticates
 * it: an address that nobody sealed opens with probability 2^-16 times the share of tenant numbers in use, and 2^-8 less
 * for each byte by which the prefix is shorter than 64 bits. Luck finds a tenant, never a pseudonym: TLS still asks for
 * both a name and a certificate.
 */

import { randomInt } from 'node:crypto';
import { readU32, writeU32 } from '../../../controller/packet/byte-order.js';
import { SipHash } from '../siphash.js';
import type { Ipv6Block } from './address-block.js';
import { deriveKey, type KeyRing, type SealingKey } from './key-ring.js';
import { PseudonymError } from './pseudonym-error.js';

const ROUNDS = 8;
/** Bits of the address that are encrypted, at its end. */
const SEALED_BITS = 64;
const MAX_TENANT_NUMBER = 0xffff;
const NONCES = 2 ** 32;

export class StatelessAddresses {
  readonly block: Ipv6Block;
  /** The current key's first, then the older ones, newest first. */
  private readonly sealers: readonly Sealer[];

  /** `block`: a prefix of at most 64 bits; `bad-block` otherwise. */
  constructor(ring: KeyRing, block: Ipv6Block) {
    if (block.prefixLength > 128 - SEALED_BITS || block.prefixLength % 8 !== 0) {
      throw new PseudonymError('bad-block', 'sealed pseudo-addresses need an IPv6 block of /64 or larger', {
        mend: 'Take a prefix length of 64, 56, 48, 40 or 32, or let addresses be drawn.',
      });
    }
    this.block = block;
    this.sealers = [...ring.keys].reverse().map(key => new Sealer(key));
  }

  /** 16 bytes of an address of the tenant with this number (1 to 65535), with a random nonce unless one is given. */
  seal(tenantNumber: number, nonce = randomInt(NONCES)): Uint8Array {
    if (!Number.isInteger(tenantNumber) || tenantNumber < 1 || tenantNumber > MAX_TENANT_NUMBER) {
      throw new PseudonymError('bad-tenant-number', 'a tenant number is 1 to 65535');
    }
    const sealer = this.sealers[0]!;
    const address = this.block.base.slice();
    sealer.encrypt(address, ((tenantNumber << 16) | (nonce >>> 16)) >>> 0, (nonce << 16) >>> 0);
    const start = this.block.prefixLength / 8;
    const filler = sealer.filler(address);
    for (let index = start; index < 8; index++) address[index] = filler[index]!;
    return address;
  }

  /** Tenant number that the 16 bytes at `offset` name; undefined when no live key sealed them. */
  open(bytes: Uint8Array, offset = 0): number | undefined {
    if (!this.block.contains(bytes, offset)) return undefined;
    for (const sealer of this.sealers) {
      const number = sealer.decrypt(bytes, offset, this.block.prefixLength / 8);
      if (number !== undefined) return number;
    }
    return undefined;
  }
}

/** What one key does. Its scratch bytes are shared by all calls, which never overlap. */
class Sealer {
  private readonly rounds: SipHash;
  private readonly fill: SipHash;
  private readonly input = new Uint8Array(8);
  private readonly filled = new Uint8Array(8);

  constructor(key: SealingKey) {
    this.rounds = new SipHash(deriveKey(key.secret, 'address rounds', 16));
    this.fill = new SipHash(deriveKey(key.secret, 'address filler', 16));
  }

  encrypt(address: Uint8Array, left: number, right: number): void {
    let [a, b] = [left, right];
    for (let round = 0; round < ROUNDS; round++) [a, b] = [b, (a ^ this.round(round, b)) >>> 0];
    writeU32(address, 8, a);
    writeU32(address, 12, b);
  }

  /** Tenant number; undefined when the redundancy is not there. */
  decrypt(bytes: Uint8Array, offset: number, start: number): number | undefined {
    let a = readU32(bytes, offset + 8);
    let b = readU32(bytes, offset + 12);
    for (let round = ROUNDS - 1; round >= 0; round--) [a, b] = [(b ^ this.round(round, a)) >>> 0, a];
    const tenantNumber = a >>> 16;
    if ((b & 0xffff) !== 0 || tenantNumber === 0) return undefined;
    if (start < 8) {
      const filler = this.filler(bytes, offset);
      for (let index = start; index < 8; index++) {
        if (filler[index] !== bytes[offset + index]) return undefined;
      }
    }
    return tenantNumber;
  }

  /** Eight bytes for the upper half of the address, of which those behind the prefix are used. */
  filler(bytes: Uint8Array, offset = 0): Uint8Array {
    this.input.set(bytes.subarray(offset + 8, offset + 16));
    writeU32(this.filled, 4, this.fill.hash(this.input));
    writeU32(this.filled, 0, this.fill.high);
    return this.filled;
  }

  private round(round: number, half: number): number {
    writeU32(this.input, 0, round);
    writeU32(this.input, 4, half);
    return this.rounds.hash(this.input);
  }
}

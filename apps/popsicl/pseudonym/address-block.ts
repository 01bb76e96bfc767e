import { randomBytes, randomInt } from 'node:crypto';
import { parseIpv4, parseIpv6 } from '../../../controller/address/index.js';
import { PseudonymError } from './pseudonym-error.js';

/** A block of IPv4 addresses. Its first and last address are not given out unless it has two or one. */
export class Ipv4Block {
  readonly prefixLength: number;
  /** First address, an unsigned 32-bit number. */
  readonly base: number;
  private readonly mask: number;

  constructor(base: number, prefixLength: number) {
    this.prefixLength = prefixLength;
    this.mask = prefixLength === 0 ? 0 : (-1 << (32 - prefixLength)) >>> 0;
    this.base = base;
    if ((base & this.mask) >>> 0 !== base) throw badBlock('has bits set behind its prefix');
  }

  /** How many addresses can be given out. */
  get size(): number {
    const all = 2 ** (32 - this.prefixLength);
    return this.prefixLength < 31 ? all - 2 : all;
  }

  contains(address: number): boolean {
    return (address & this.mask) >>> 0 === this.base;
  }

  /** The address with this index, 0 to size - 1. */
  at(index: number): number {
    return this.base + index + (this.prefixLength < 31 ? 1 : 0);
  }

  /** A uniformly random address of the block. */
  draw(): number {
    return this.at(randomInt(this.size));
  }
}

/** A block of IPv6 addresses. The one with host bits 0 (the routers' anycast, RFC 4291 2.6.1) is not given out. */
export class Ipv6Block {
  readonly prefixLength: number;
  /** First address, 16 bytes. */
  readonly base: Uint8Array;

  constructor(base: Uint8Array, prefixLength: number) {
    this.prefixLength = prefixLength;
    this.base = base;
    if (this.withHost(base, new Uint8Array(16)).some((byte, index) => byte !== base[index])) {
      throw badBlock('has bits set behind its prefix');
    }
  }

  /** How many addresses can be given out, as far as a number can say. */
  get size(): number {
    return this.prefixLength === 128 ? 1 : 2 ** (128 - this.prefixLength) - 1;
  }

  contains(bytes: Uint8Array, offset = 0): boolean {
    const { base, prefixLength } = this;
    const whole = prefixLength >>> 3;
    for (let index = 0; index < whole; index++) if (bytes[offset + index] !== base[index]) return false;
    const rest = prefixLength & 7;
    return rest === 0 || (bytes[offset + whole]! ^ base[whole]!) >>> (8 - rest) === 0;
  }

  /** The address whose host bits are those of `host` (16 bytes). */
  at(host: Uint8Array): Uint8Array {
    return this.withHost(this.base, host);
  }

  /** A uniformly random address of the block. */
  draw(): Uint8Array {
    for (;;) {
      const address = this.at(randomBytes(16));
      if (this.prefixLength === 128 || address.some((byte, index) => byte !== this.base[index]))
        return address;
    }
  }

  private withHost(base: Uint8Array, host: Uint8Array): Uint8Array {
    const { prefixLength } = this;
    const address = new Uint8Array(16);
    for (let index = 0; index < 16; index++) {
      const bits = Math.min(8, Math.max(0, prefixLength - 8 * index));
      const mask = (0xff00 >>> bits) & 0xff;
      address[index] = (base[index]! & mask) | (host[index]! & ~mask);
    }
    return address;
  }
}

/** `192.0.2.0/24`. Throws `bad-block`. */
export function parseIpv4Block(text: string): Ipv4Block {
  const [address, length] = split(text, 32);
  const base = parseIpv4(address);
  if (Number.isNaN(base)) throw badBlock('begins with no IPv4 address');
  return new Ipv4Block(base, length);
}

/** `2001:db8:1::/48`. Throws `bad-block`. */
export function parseIpv6Block(text: string): Ipv6Block {
  const [address, length] = split(text, 128);
  const base = parseIpv6(address);
  if (base === undefined) throw badBlock('begins with no IPv6 address');
  return new Ipv6Block(base, length);
}

function split(text: string, bits: number): [string, number] {
  const match = /^([^/]+)\/([0-9]{1,3})$/.exec(text);
  if (match === null || Number(match[2]) > bits)
    throw badBlock(`is not ADDRESS/LENGTH with at most ${bits} bits`);
  return [match[1]!, Number(match[2])];
}

function badBlock(why: string): PseudonymError {
  return new PseudonymError('bad-block', `a block of pseudo-addresses ${why}`);
}

import { createHmac } from 'node:crypto';
import type { AddressPrefix } from '../address-prefix.js';
import { KeyedPermutation } from './keyed-permutation.js';

/** Epochs whose outside addresses must differ: the `periods` valid ones, and the next. */
export function slotBits(periods: number): number {
  return Math.ceil(Math.log2(periods + 1));
}

/** Bits behind a prefix. */
export function hostBitsOf({ address, length }: AddressPrefix): number {
  return address.length * 8 - length;
}

/**
 * Which outside address a client has in which epoch: the outside prefix, the epoch's slot, and the client's host bits under a
 * keyed permutation of the epoch's own. Slots keep the addresses of all epochs in force apart, so that each leads back to
 * one client; they tell an observer the time, and nothing else.
 */
export class AddressEpochs {
  private readonly key: Uint8Array;
  private readonly inside: AddressPrefix;
  private readonly outside: AddressPrefix;
  private readonly slots: number;

  /** `key` is secret; both prefixes are of one family, and the outside one has room for a slot beside all hosts. */
  constructor(key: Uint8Array, inside: AddressPrefix, outside: AddressPrefix, periods: number) {
    this.key = key;
    this.inside = inside;
    this.outside = outside;
    this.slots = slotBits(periods);
  }

  get clientCount(): number {
    return 2 ** hostBitsOf(this.inside);
  }

  /** The fixed address of a client inside, by its number. */
  insideAddress(client: number): Uint8Array {
    return withHostBits(this.inside, BigInt(client));
  }

  /** Outside addresses of all clients in an epoch, by the clients' numbers. */
  outsideAddresses(epoch: number): Uint8Array[] {
    const bits = hostBitsOf(this.outside) - this.slots;
    const epochKey = createHmac('sha256', this.key).update(`epoch ${epoch}`).digest();
    const permutation = new KeyedPermutation(epochKey, bits);
    const slot = BigInt(epoch % 2 ** this.slots) << BigInt(bits);
    return Array.from({ length: this.clientCount }, (_, client) =>
      withHostBits(this.outside, slot | permutation.encrypt(BigInt(client))),
    );
  }
}

function withHostBits({ address }: AddressPrefix, host: bigint): Uint8Array {
  const bytes = address.slice();
  for (let index = bytes.length - 1, rest = host; rest > 0n; index--, rest >>= 8n) {
    bytes[index] = bytes[index]! | Number(rest & 0xffn);
  }
  return bytes;
}

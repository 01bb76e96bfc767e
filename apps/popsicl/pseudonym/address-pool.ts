import { createHmac, randomInt } from 'node:crypto';
import { formatIpv4, formatIpv6 } from '../../../controller/address/index.js';
import type { AddressFamily, PackedAddress } from '../model.js';
import { type Ipv4Block, type Ipv6Block, parseIpv4Block, parseIpv6Block } from './address-block.js';
import { addressKey } from './address-key.js';
import { PseudonymError } from './pseudonym-error.js';

export interface AddressPoolOptions {
  /** Blocks as ADDRESS/LENGTH. */
  readonly ipv4: readonly string[];
  readonly ipv6: readonly string[];
  /** Addresses inside the blocks that belong to something else: servers, the portal, DNS. */
  readonly reserved?: readonly string[];
}

/** Draws in a row that hit a taken address before the pool gives up: then it is all but full. */
const MAX_DRAWS = 1000;
/** Blocks are weighed by their sizes in units of this many bits of `randomInt`. */
const WEIGHT_BITS = 47;

/** The blocks of pseudo-addresses of a cloud. Knows nothing of tenants, and so cannot favour one. */
export class AddressPool {
  readonly ipv4: readonly Ipv4Block[];
  readonly ipv6: readonly Ipv6Block[];
  private readonly reserved: ReadonlySet<number | string>;

  /** Throws `bad-block`. */
  constructor(options: AddressPoolOptions) {
    this.ipv4 = options.ipv4.map(parseIpv4Block);
    this.ipv6 = options.ipv6.map(parseIpv6Block);
    this.reserved = new Set((options.reserved ?? []).map(addressKey).filter(key => key !== undefined));
    if (this.ipv4.length + this.ipv6.length === 0) {
      throw new PseudonymError('bad-block', 'a cloud needs at least one block of pseudo-addresses');
    }
  }

  /** Whether an address lies in one of the blocks, given out or not, and is not reserved. */
  contains(address: PackedAddress): boolean {
    const bytes = address instanceof Uint8Array && address.length === 16 ? address : undefined;
    if (bytes !== undefined && this.reserved.size === 0)
      return this.ipv6.some(block => block.contains(bytes));
    const key = addressKey(address);
    if (key === undefined || this.reserved.has(key)) return false;
    if (typeof key === 'number') return this.ipv4.some(block => block.contains(key));
    const unpacked = bytes ?? Uint8Array.from(key, character => character.charCodeAt(0));
    return this.ipv6.some(block => block.contains(unpacked));
  }

  /**
   * An address drawn uniformly from all blocks of the family, as text, that is neither reserved nor refused by `isTaken`.
   * Throws `addresses-exhausted`.
   */
  draw(family: AddressFamily, isTaken: (address: string) => boolean = () => false): string {
    for (let draws = 0; draws < MAX_DRAWS; draws++) {
      const address =
        family === 'ipv4'
          ? formatIpv4(this.chosen(this.ipv4).draw())
          : formatIpv6(this.chosen(this.ipv6).draw());
      if (!this.reserved.has(addressKey(address)!) && !isTaken(address)) return address;
    }
    throw exhausted();
  }

  /**
   * The address that a secret gives to a text, drawn from the family's blocks as uniformly as HMAC-SHA256 is random: always the
   * same one for the same secret, text and blocks.
   */
  derive(family: AddressFamily, secret: Uint8Array, text: string): string {
    for (let draws = 0; draws < MAX_DRAWS; draws++) {
      const bytes = createHmac('sha256', secret).update(`${family} ${draws} ${text}`).digest();
      const address = this.addressAt(family, bytes);
      if (!this.reserved.has(addressKey(address)!)) return address;
    }
    throw exhausted();
  }

  /** The address that 32 uniformly random bytes stand for. */
  private addressAt(family: AddressFamily, bytes: Buffer): string {
    const fraction = bytes.readUInt32BE(0) / 2 ** 32;
    if (family === 'ipv6') return formatIpv6(blockAt(this.ipv6, fraction).at(bytes.subarray(16)));
    const block = blockAt(this.ipv4, fraction);
    return formatIpv4(block.at(Number(bytes.readBigUInt64BE(8) % BigInt(block.size))));
  }

  private chosen<Block extends { size: number }>(blocks: readonly Block[]): Block {
    return blocks.length === 1 ? blocks[0]! : blockAt(blocks, randomInt(2 ** WEIGHT_BITS) / 2 ** WEIGHT_BITS);
  }
}

/** The block at a fraction (0 to 1, without 1) of all addresses laid end to end. */
function blockAt<Block extends { size: number }>(blocks: readonly Block[], fraction: number): Block {
  let rest = fraction * blocks.reduce((sum, block) => sum + block.size, 0);
  for (const block of blocks) {
    if (rest < block.size) return block;
    rest -= block.size;
  }
  const last = blocks.at(-1);
  if (last === undefined) throw new PseudonymError('addresses-exhausted', 'the family has no block');
  return last;
}

function exhausted(): PseudonymError {
  return new PseudonymError('addresses-exhausted', 'no free pseudo-address was found', {
    mend: 'Add a block of pseudo-addresses, or let pseudonyms share addresses.',
  });
}

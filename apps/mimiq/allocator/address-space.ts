import { parseIpv4, parseIpv6 } from '../../../controller/address/index.js';
import { addressKey } from '../address-bits.js';
import { ipv4Bytes, ipv4Number } from '../address-prefix.js';
import type { AliasState, Lease } from '../model.js';
import type { Random } from '../random.js';
import type { AllocatorConfig } from './config.js';
import { Ipv4Pool } from './ipv4-pool.js';
import { type Ipv6Layout, Ipv6Pool } from './ipv6-pool.js';
import { ipv4PrefixText, parseIpv4Prefix, parseIpv6Prefix } from './prefix.js';

/** What a client has to know about an address besides the address. */
export interface Surroundings {
  readonly prefixLength: number;
  /** 4 or 16 bytes. */
  readonly gateway: Uint8Array;
}

export interface PoolReport {
  readonly prefix: string;
  /** Addresses that can be given out; a power of two for IPv6, of which half are. */
  readonly size: number;
  readonly inUse: number;
}

interface Pool4 extends Surroundings {
  readonly name: string;
  readonly pool: Ipv4Pool;
}

interface Pool6 extends Surroundings {
  readonly name: string;
  readonly pool: Ipv6Pool;
}

export interface TakenAddress {
  readonly address: Uint8Array;
  readonly alias: AliasState | undefined;
}

/** All pools of both families. */
export class AddressSpace {
  private readonly pools4: readonly Pool4[];
  private readonly pools6: readonly Pool6[];
  private readonly random: Random;

  /** `leases`: those whose addresses are not free. */
  constructor(config: AllocatorConfig, random: Random, leases: Iterable<Lease>) {
    this.random = random;
    const taken = new Set<number>();
    for (const { address } of leases) if (address.length === 4) taken.add(ipv4Number(address));
    this.pools4 = config.ipv4.map(pool => {
      const { first, length } = parseIpv4Prefix(pool.prefix)!;
      const size = 2 ** (32 - length);
      const reserved = new Set([
        first,
        first + size - 1,
        parseIpv4(pool.gateway),
        ...pool.exclude.map(parseIpv4),
      ]);
      return {
        name: ipv4PrefixText({ first, length }),
        prefixLength: length,
        gateway: ipv4Bytes(parseIpv4(pool.gateway)),
        pool: new Ipv4Pool(
          first,
          size,
          random,
          address => reserved.has(address),
          address => taken.has(address),
        ),
      };
    });
    this.pools6 = ipv6Layouts(config).map((layout, index) => {
      const { gateway, exclude, prefix } = config.ipv6[index]!;
      const reserved = new Set([gateway, ...exclude].map(text => addressKey(parseIpv6(text)!)));
      const pool = new Ipv6Pool(layout, random, address => reserved.has(addressKey(address)));
      return { name: prefix, prefixLength: layout.prefixLength, gateway: parseIpv6(gateway)!, pool };
    });
    for (const { address, alias } of leases) {
      if (address.length === 16 && alias !== undefined) this.pool6Of(address)?.pool.occupy(address, alias);
    }
  }

  has(family: 4 | 6): boolean {
    return (family === 4 ? this.pools4 : this.pools6).length > 0;
  }

  /** Gateways of the IPv4 pools, as numbers. */
  get gateways4(): number[] {
    return this.pools4.map(({ gateway }) => ipv4Number(gateway));
  }

  /**
   * A random unused address; undefined when there is none. Pools of a family are drawn by what they have free, so that
   * a large one is not emptied last. `aliases`: those that an IPv6 address may carry.
   */
  take(family: 4 | 6, aliases: readonly AliasState[]): TakenAddress | undefined {
    return family === 4 ? this.take4() : this.take6(aliases);
  }

  giveBack(address: Uint8Array, alias: number | undefined): void {
    if (address.length === 4) {
      const number = ipv4Number(address);
      this.pools4.find(({ pool }) => pool.contains(number))?.pool.giveBack(number);
    } else if (alias !== undefined) {
      this.pool6Of(address)?.pool.giveBack(address, alias);
    }
  }

  /** Undefined for an address that no pool has any more. */
  surroundingsOf(address: Uint8Array): Surroundings | undefined {
    if (address.length === 16) return this.pool6Of(address);
    const number = ipv4Number(address);
    return this.pools4.find(({ pool }) => pool.contains(number));
  }

  reports(): PoolReport[] {
    const reports4 = this.pools4.map(({ name, pool }) => ({
      prefix: name,
      size: pool.size,
      inUse: pool.size - pool.free,
    }));
    const reports6 = this.pools6.map(({ name, prefixLength, pool }) => ({
      prefix: name,
      size: 2 ** (128 - prefixLength),
      inUse: pool.inUse,
    }));
    return [...reports4, ...reports6];
  }

  private take4(): TakenAddress | undefined {
    const total = this.pools4.reduce((sum, { pool }) => sum + pool.free, 0);
    if (total === 0) return undefined;
    let index = this.random.below(total);
    for (const { pool } of this.pools4) {
      if (index < pool.free) return { address: ipv4Bytes(pool.take()!), alias: undefined };
      index -= pool.free;
    }
    return undefined;
  }

  private take6(aliases: readonly AliasState[]): TakenAddress | undefined {
    const choices = this.pools6.flatMap(({ pool }) => aliases.map(alias => ({ pool, alias })));
    while (choices.length > 0) {
      const index = this.random.below(choices.length);
      const { pool, alias } = choices[index]!;
      const address = pool.take(alias.alias);
      if (address !== undefined) return { address, alias };
      choices.splice(index, 1);
    }
    return undefined;
  }

  private pool6Of(address: Uint8Array): Pool6 | undefined {
    return this.pools6.find(({ pool }) => pool.contains(address));
  }
}

/** Layout of each IPv6 pool, in the order of the configuration. */
function ipv6Layouts(config: AllocatorConfig): Ipv6Layout[] {
  return config.ipv6.map(pool => {
    const { prefix, length } = parseIpv6Prefix(pool.prefix)!;
    const aliasOffset = pool.aliasOffset ?? length;
    return { prefix, prefixLength: length, aliasOffset, aliasBits: config.aliases.bits };
  });
}

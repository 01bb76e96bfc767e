import { macToNumber, parseIpv4, parseIpv6 } from '../../../controller/address/index.js';
import {
  type AddressFamily,
  defaultStrategy,
  type RedirectionName,
  type StrategyName,
  type TenantConfig,
} from '../model.js';
import type { ConnectionEnds } from '../segments/connection-ends.js';
import type { PuntedSegment } from '../segments/punted-segment.js';

/** A tenant as the packet path knows it: numbers in the place of text. */
export class Tenant {
  /** Its place in the configuration; part of the keys of connections. */
  readonly index: number;
  readonly config: TenantConfig;
  readonly port: number;
  /** Unsigned 32 bits; -1 without IPv4. */
  readonly ipv4: number;
  readonly ipv6: Uint8Array | undefined;
  private readonly words: readonly number[] | undefined;
  /** 48 bits; undefined until it is learnt. */
  mac: number | undefined;

  private readonly decoy: TenantConfig | undefined;

  /** `decoy`: who serves names that are none of a pseudonym. */
  constructor(index: number, config: TenantConfig, decoy?: TenantConfig) {
    this.index = index;
    this.config = config;
    this.decoy = decoy;
    this.port = config.port;
    this.ipv4 = config.ipv4 === undefined ? -1 : parseIpv4(config.ipv4);
    this.ipv6 = config.ipv6 === undefined ? undefined : parseIpv6(config.ipv6);
    const view = this.ipv6 === undefined ? undefined : new DataView(this.ipv6.buffer);
    this.words = view === undefined ? undefined : [0, 4, 8, 12].map(offset => view.getUint32(offset));
    this.mac = config.mac === undefined ? undefined : macToNumber(config.mac);
  }

  isIpv6(word0: number, word1: number, word2: number, word3: number): boolean {
    const { words } = this;
    return (
      words !== undefined &&
      words[3] === word3 &&
      words[2] === word2 &&
      words[1] === word1 &&
      words[0] === word0
    );
  }

  has(family: 4 | 6): boolean {
    return family === 4 ? this.ipv4 >= 0 : this.ipv6 !== undefined;
  }

  strategy(family: 4 | 6): StrategyName {
    const name: AddressFamily = family === 4 ? 'ipv4' : 'ipv6';
    return this.config.strategy?.[name] ?? defaultStrategy(name, this.decoy);
  }

  get redirection(): RedirectionName {
    return this.config.redirection ?? 'conntrack';
  }
}

/** Machines of the cloud itself, as the packet path knows tenants. */
export interface StandIns {
  readonly relay?: TenantConfig | undefined;
  readonly decoy?: TenantConfig | undefined;
}

/** All tenants and who stands in for them, found by what the packet path has in hand. */
export class Tenants implements Iterable<Tenant> {
  /** Where connections go whose tenant has the strategy `proxy`. */
  readonly relay: Tenant | undefined;
  /** Who serves names that are none of a pseudonym. */
  readonly decoy: Tenant | undefined;
  private readonly all: readonly Tenant[];
  private readonly byDomain = new Map<string, Tenant>();
  private readonly proxied: { readonly 4: Tenant | undefined; readonly 6: Tenant | undefined };

  constructor(configs: readonly TenantConfig[], { relay, decoy }: StandIns = {}) {
    const tenants = configs.map((config, index) => new Tenant(index, config, decoy));
    for (const tenant of tenants) this.byDomain.set(tenant.config.domain, tenant);
    if (relay !== undefined) this.relay = new Tenant(tenants.length, relay);
    const all = this.relay === undefined ? tenants : [...tenants, this.relay];
    if (decoy !== undefined) this.decoy = new Tenant(all.length, decoy);
    this.all = this.decoy === undefined ? all : [...all, this.decoy];
    const anyProxied = (family: 4 | 6) => {
      const served = tenants.filter(tenant => tenant.has(family));
      return served.every(tenant => tenant.strategy(family) === 'proxy') ? served[0] : undefined;
    };
    this.proxied = { 4: anyProxied(4), 6: anyProxied(6) };
  }

  /** Some tenant of a family all of whose tenants are reached through the relay: a SYN need not tell which it is for. */
  anyProxied(family: 4 | 6): Tenant | undefined {
    return this.proxied[family];
  }

  at(index: number): Tenant | undefined {
    return this.all[index];
  }

  /** The tenant whose server sent a segment. */
  ofSource(segment: PuntedSegment): Tenant | undefined {
    const { source0, source1, source2, source3 } = segment;
    for (const tenant of this.all) {
      if (tenant.port !== segment.sourcePort) continue;
      if (
        segment.family === 4 ? tenant.ipv4 === source3 : tenant.isIpv6(source0, source1, source2, source3)
      ) {
        return tenant;
      }
    }
    return undefined;
  }

  /** The tenant whose server a segment goes to. */
  ofDestination(segment: ConnectionEnds): Tenant | undefined {
    const { destination0, destination1, destination2, destination3, family } = segment;
    for (const tenant of this.all) {
      if (
        family === 4
          ? tenant.ipv4 === destination3
          : tenant.isIpv6(destination0, destination1, destination2, destination3)
      ) {
        return tenant;
      }
    }
    return undefined;
  }

  of(config: TenantConfig): Tenant | undefined {
    return this.byDomain.get(config.domain);
  }

  [Symbol.iterator](): Iterator<Tenant> {
    return this.all[Symbol.iterator]();
  }
}

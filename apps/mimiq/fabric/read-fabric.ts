import { parseIpv4, parseIpv6, parseMac } from '../../../controller/address/index.js';
import { ipv4Bytes, parseAddress, parsePrefix } from '../address-prefix.js';
import type { FabricConfig, SwitchConfig } from './config.js';
import type { AliasLayout, Fabric, FabricSwitch } from './fabric.js';
import { readOutsidePort } from './outside-port.js';

/** The blocks that leases come from, as the allocator's configuration has them. */
export interface LeasedBlocks {
  readonly ipv4: readonly { readonly prefix: string; readonly gateway: string }[];
  readonly ipv6: readonly {
    readonly prefix: string;
    readonly gateway: string;
    readonly aliasOffset?: number | undefined;
  }[];
  readonly aliasBits: number;
}

/** The network that a checked configuration describes. */
export function readFabric(config: FabricConfig, blocks: LeasedBlocks): Fabric {
  const firstEdge = Object.entries(config.switches).find(([, { outside }]) => outside !== undefined)?.[0];
  const { gateway, service, tunnel, requestRate, mtu, hopLimit } = config;
  return {
    switches: Object.entries(config.switches).map(([name, sw]) => readSwitch(name, sw, firstEdge)),
    gateway: {
      mac: parseMac(gateway.mac),
      addresses: [...blocks.ipv4, ...blocks.ipv6].map(block => parseAddress(block.gateway)!),
      linkLocal: parseIpv6(gateway.linkLocal)!,
    },
    service: {
      port: service.port,
      ipv4: ipv4Bytes(parseIpv4(service.ipv4)),
      ipv6: parseIpv6(service.ipv6)!,
    },
    tunnel,
    ipv4: blocks.ipv4.map(({ prefix }) => parsePrefix(prefix)!),
    ipv6: blocks.ipv6.map(({ prefix, aliasOffset }): AliasLayout => {
      const { address, length } = parsePrefix(prefix)!;
      return {
        prefix: address,
        prefixLength: length,
        aliasOffset: aliasOffset ?? length,
        aliasBits: blocks.aliasBits,
      };
    }),
    mtu,
    hopLimit: hopLimit === 'keep' ? undefined : hopLimit,
    requestRate,
  };
}

function readSwitch(name: string, config: SwitchConfig, firstEdge: string | undefined): FabricSwitch {
  const { datapathId, underlay, clients, exit, outside, ovsdb } = config;
  return {
    name,
    id: datapathId,
    underlay: underlay === undefined ? undefined : parseAddress(underlay),
    clients,
    exit: outside === undefined ? (exit ?? firstEdge) : undefined,
    outside: typeof outside === 'object' ? readOutsidePort(outside) : outside,
    ovsdb,
  };
}

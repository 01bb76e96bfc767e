import { isIP } from 'node:net';
import { OvsdbError } from '../errors.js';
import type { CallOptions } from '../json-rpc.js';
import type { ApplyOptions } from './applied.js';
import { addPort, listPorts, removePort } from './ports.js';
import type { OpenVswitchDatabase, OpenVswitchRow } from './schema.js';

export type TunnelType = 'vxlan' | 'gre' | 'geneve';
const TUNNEL_TYPES: readonly string[] = ['vxlan', 'gre', 'geneve'] satisfies TunnelType[];

/** A tunnel port. An address or key of 'flow' is left to the flows (ovs-vswitchd.conf.db(5), Tunnel Options). */
export interface Tunnel {
  name: string;
  type: TunnelType;
  /** The other end: an IPv4 or IPv6 address, or 'flow'. */
  remoteIp: string;
  localIp?: string | undefined;
  /** VNI of VXLAN and Geneve (24 bits), key of GRE (32 bits); 0 when absent. */
  key?: number | 'flow' | undefined;
  /** UDP port of VXLAN (4789 when absent) and Geneve (6081); GRE has none. */
  destinationPort?: number | undefined;
  ofportRequest?: number | undefined;
}

/** A tunnel as it stands, with the OpenFlow number of its port (undefined until ovs-vswitchd gave one). */
export interface ExistingTunnel extends Tunnel {
  ofport: number | undefined;
}

/**
 * Adds a tunnel port and gives its OpenFlow number; adding the same again changes nothing.
 * Rejects with OvsdbError `bad-value`, and as `addPort` does.
 */
export function addTunnel(
  database: OpenVswitchDatabase,
  bridge: string,
  tunnel: Tunnel,
  options: ApplyOptions = {},
): Promise<number | undefined> {
  const settings = {
    type: tunnel.type,
    options: tunnelOptions(tunnel),
    ...(tunnel.ofportRequest === undefined ? {} : { ofportRequest: tunnel.ofportRequest }),
  };
  return addPort(database, bridge, tunnel.name, settings, options);
}

/** Removes a tunnel port. Rejects with OvsdbError `not-found`, also when the port is no tunnel. */
export async function removeTunnel(
  database: OpenVswitchDatabase,
  bridge: string,
  name: string,
  options: ApplyOptions = {},
): Promise<void> {
  const tunnels = await listTunnels(database, bridge, options);
  if (!tunnels.some(tunnel => tunnel.name === name)) {
    throw new OvsdbError('not-found', `'${bridge}' has no tunnel '${name}'`);
  }
  await removePort(database, bridge, name, options);
}

export async function listTunnels(
  database: OpenVswitchDatabase,
  bridge: string,
  options?: CallOptions,
): Promise<ExistingTunnel[]> {
  const ports = await listPorts(database, bridge, options);
  return ports
    .flatMap(({ interfaces }) => interfaces)
    .filter(({ type }) => TUNNEL_TYPES.includes(type))
    .map(readTunnel);
}

function tunnelOptions(tunnel: Tunnel): Record<string, string> {
  const { type, remoteIp, localIp, key, destinationPort } = tunnel;
  if (!TUNNEL_TYPES.includes(type)) {
    throw new OvsdbError('bad-value', `the tunnel type '${type}' is none of ${TUNNEL_TYPES.join(', ')}`);
  }
  for (const address of [remoteIp, localIp]) {
    if (address !== undefined && address !== 'flow' && isIP(address) === 0) {
      throw new OvsdbError('bad-value', `a tunnel's address is neither an IP address nor 'flow'`);
    }
  }
  const keyLimit = type === 'gre' ? 2 ** 32 : 2 ** 24;
  if (typeof key === 'number' && !(Number.isInteger(key) && key >= 0 && key < keyLimit)) {
    throw new OvsdbError('bad-value', `the tunnel key ${key} is not within 0..${keyLimit - 1}`);
  }
  if (destinationPort !== undefined) {
    if (type === 'gre') throw new OvsdbError('bad-value', 'GRE has no ports');
    if (!(Number.isInteger(destinationPort) && destinationPort > 0 && destinationPort < 65536)) {
      throw new OvsdbError('bad-value', `the tunnel's UDP port ${destinationPort} is not within 1..65535`);
    }
  }
  return {
    remote_ip: remoteIp,
    ...(localIp === undefined ? {} : { local_ip: localIp }),
    ...(key === undefined ? {} : { key: String(key) }),
    ...(destinationPort === undefined ? {} : { dst_port: String(destinationPort) }),
  };
}

function readTunnel(row: OpenVswitchRow<'Interface'>): ExistingTunnel {
  const key = row.options.get('key');
  const destinationPort = row.options.get('dst_port');
  return {
    name: row.name,
    type: row.type as TunnelType,
    remoteIp: row.options.get('remote_ip') ?? '',
    localIp: row.options.get('local_ip'),
    key: key === undefined || key === 'flow' ? key : Number(key),
    destinationPort: destinationPort === undefined ? undefined : Number(destinationPort),
    ofportRequest: row.ofport_request,
    ofport: row.ofport,
  };
}

import { EmulationError } from './errors.js';
import { parseShape } from './link-values.js';
import type { Topology, TopologyEnd } from './topology-schema.js';

/**
 * What a schema cannot say: that names refer to nodes, that nothing is there twice, that a key fits its node.
 *
 * @throws EmulationError `bad-topology`, `bad-link-value`
 */
export function checkTopology(name: string, topology: Topology): void {
  const fail = (what: string): never => {
    throw new EmulationError('bad-topology', `${name}: ${what}`);
  };
  const { hosts, switches, links } = topology;
  const unique = (kind: string) => {
    const seen = new Set<string>();
    return (value: string | undefined, where: string) => {
      if (value === undefined) return;
      if (seen.has(value)) fail(`${where}: ${kind} ${value} is there twice`);
      seen.add(value);
    };
  };

  for (const host of Object.keys(hosts))
    if (Object.hasOwn(switches, host)) fail(`${host} is both a host and a switch`);

  const pair = unique('the link');
  const port = unique('port');
  const interfaces = unique('interface');
  const addresses = unique('address');
  const macs = unique('MAC address');
  const linked = new Set<string>();
  for (const [index, { between, ...shape }] of links.entries()) {
    const where = `links.${index}`;
    const [a, b] = between;
    parseShape(shape);
    if (a.node === b.node) fail(`${where}: ${a.node} is linked to itself`);
    pair([a.node, b.node].sort().join(' - '), where);
    for (const end of between) {
      checkEnd(end, where);
      linked.add(end.node);
    }
  }
  for (const [host, { addresses: own, mac, gateway, routes }] of Object.entries(hosts)) {
    const where = `hosts.${host}`;
    if (!linked.has(host) && (own.length > 0 || mac !== undefined))
      fail(`${where}: has addresses and no link`);
    for (const address of own) addresses(address.split('/')[0], where);
    macs(mac, where);
    for (const { via, interface: out, to } of routes)
      if (via === undefined && out === undefined)
        fail(`${where}: the route to ${to} has neither via nor interface`);
    if (gateway !== undefined && own.length === 0) fail(`${where}: has a gateway and no address`);
  }
  const datapaths = unique('datapath id');
  for (const [node, value] of Object.entries(switches)) datapaths(value.datapathId, `switches.${node}`);

  function checkEnd(end: TopologyEnd, where: string): void {
    const isHost = Object.hasOwn(hosts, end.node);
    const node = Object.hasOwn(switches, end.node) ? switches[end.node] : undefined;
    if (!isHost && node === undefined) fail(`${where}: there is no node ${end.node}`);
    if (isHost && end.port !== undefined) fail(`${where}: ${end.node} is a host and has no port numbers`);
    if (node?.kind === 'shared' && (end.addresses !== undefined || end.interface !== undefined))
      fail(
        `${where}: ${end.node} is a shared switch: its ends have neither addresses nor interface names of their own`,
      );
    if (node !== undefined && end.addresses !== undefined && end.port !== undefined)
      fail(`${where}: an end with addresses is not a port of ${end.node}`);
    if (end.port !== undefined) port(`${end.port} of ${end.node}`, where);
    if (end.interface !== undefined) interfaces(`${end.interface} of ${end.node}`, where);
    for (const address of end.addresses ?? []) addresses(address.split('/')[0], where);
    macs(end.mac, where);
  }
}

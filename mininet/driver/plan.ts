import { type LinkShape, parseShape } from './link-values.js';
import type { Topology, TopologyEnd } from './topology-schema.js';

/** What the runner builds: every name, number and address is decided here. Sent to it as JSON. */
export interface Plan {
  /** Seven characters, unique on this machine while the emulation lives: prefix of what is visible outside. */
  id: string;
  hosts: PlannedHost[];
  switches: PlannedSwitch[];
  links: PlannedLink[];
}

export interface PlannedHost {
  name: string;
  gateway: string | null;
  routes: { to: string; via: string | null; interface: string | null }[];
  forwarding: boolean;
  ipv6: boolean;
  files: Record<string, string>;
  setup: string[];
}

export interface PlannedSwitch {
  name: string;
  kind: 'shared' | 'private';
  /** The bridge's name in Open vSwitch. */
  bridge: string;
  datapathId: string;
  failMode: 'secure' | 'standalone';
  /** An OpenFlow target that the bridge can reach; `unix:` paths are linked into its run directory. */
  controller: string | null;
}

export interface PlannedLink {
  ends: [PlannedEnd, PlannedEnd];
  mtu: number;
  /** null: a bare veth pair. */
  shape: LinkShape | null;
}

export interface PlannedEnd {
  node: string;
  interface: string;
  /** OpenFlow port number; null for an interface that belongs to a network stack. */
  port: number | null;
  /**
   * At a private switch with addresses: the internal interface that has them, of a bridge that it shares with
   * `interface`. Open vSwitch's userspace tunnels go out through bridges only.
   */
  underlay: string | null;
  addresses: string[];
  mac: string | null;
}

/**
 * @param controllerOf the OpenFlow target for a switch of that name; undefined for none
 */
export function planTopology(
  id: string,
  topology: Topology,
  controllerOf: (name: string, kind: 'shared' | 'private') => string | undefined,
): Plan {
  const switches = Object.entries(topology.switches).map(([name, node], index): PlannedSwitch => {
    const controller = node.controlled ? (controllerOf(name, node.kind) ?? null) : null;
    return {
      name,
      kind: node.kind,
      bridge: node.kind === 'private' ? name : rootName(id, name, index),
      datapathId: node.datapathId ?? freeDatapathId(topology, index),
      failMode: node.failMode ?? (controller === null ? 'standalone' : 'secure'),
      controller,
    };
  });
  const links = planLinks(id, topology);
  const hosts = Object.entries(topology.hosts).map(([name, host]): PlannedHost => {
    const own = links.flatMap(link => link.ends).filter(end => end.node === name);
    return {
      name,
      gateway: host.gateway ?? null,
      routes: host.routes.map(({ to, via = null, interface: out = null }) => ({ to, via, interface: out })),
      forwarding: host.forwarding,
      ipv6: host.ipv6 ?? own.some(end => end.addresses.some(address => address.includes(':'))),
      files: host.files,
      setup: host.setup,
    };
  });
  return { id, hosts, switches, links };
}

/** A name in the root namespace has 15 characters at most. */
function rootName(id: string, name: string, index: number): string {
  const whole = `${id}-${name}`;
  return whole.length <= 15 ? whole : `${id}-s${index + 1}`;
}

/** The switch's place from 1, unless another switch asks for that number. */
function freeDatapathId(topology: Topology, index: number): string {
  const asked = new Set(Object.values(topology.switches).map(node => node.datapathId));
  let number = index + 1;
  const text = () => number.toString(16).padStart(16, '0');
  while (asked.has(text())) number += Object.keys(topology.switches).length;
  return text();
}

function planLinks(id: string, topology: Topology): PlannedLink[] {
  const switchNames = Object.keys(topology.switches);
  const places = new Map<string, number>();
  let macs = 0;

  const planEnd = (end: TopologyEnd, linkIndex: number): PlannedEnd => {
    const { node } = end;
    const place = places.get(node) ?? 0;
    places.set(node, place + 1);
    const host = topology.hosts[node];
    if (host !== undefined) {
      macs++;
      return {
        node,
        interface: end.interface ?? freeInterface(topology, node, `eth${place}`),
        port: null,
        underlay: null,
        addresses: end.addresses ?? (place === 0 ? host.addresses : []),
        mac: end.mac ?? (place === 0 ? host.mac : undefined) ?? defaultMac(macs),
      };
    }
    const isPort = end.addresses === undefined;
    const inRoot = topology.switches[node]!.kind === 'shared';
    return {
      node,
      interface: inRoot
        ? `${id}-${switchNames.indexOf(node) + 1}-${linkIndex}`
        : (end.interface ?? freeInterface(topology, node, `eth${place + 1}`)),
      port: isPort ? (end.port ?? freePort(topology, node, place + 1)) : null,
      underlay: isPort ? null : `under${place + 1}`,
      addresses: end.addresses ?? [],
      mac: end.mac ?? null,
    };
  };

  return topology.links.map(({ between: [a, b], mtu, ...shape }, index) => {
    const isShaped = [shape.delay, shape.rate, shape.loss, shape.queue].some(value => value !== undefined);
    return { ends: [planEnd(a, index), planEnd(b, index)], mtu, shape: isShaped ? parseShape(shape) : null };
  });
}

/** `wanted`, or the next port number that no other end of the switch asks for. */
function freePort(topology: Topology, node: string, wanted: number): number {
  const ends = topology.links.flatMap(link => link.between).filter(end => end.node === node);
  let port = wanted;
  while (ends.some(end => end.port === port)) port += ends.length;
  return port;
}

function freeInterface(topology: Topology, node: string, wanted: string): string {
  const ends = topology.links.flatMap(link => link.between).filter(end => end.node === node);
  let name = wanted;
  while (ends.some(end => end.interface === name)) name = `x${name}`;
  return name;
}

/** Locally administered, counted over the hosts' ends. */
function defaultMac(count: number): string {
  const hex = count.toString(16).padStart(6, '0');
  return `02:c1:0a:${hex.slice(0, 2)}:${hex.slice(2, 4)}:${hex.slice(4)}`;
}

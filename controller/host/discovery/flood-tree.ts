/**
 * A loop-free flood tree over the links between switches.
 *
 * Ports that reach one another without a switch in between form a segment: two for a cable, more for a hub. The
 * tree spans the graph whose nodes are switches and segments and whose edges are ports; so a cable that joins
 * two ports of one switch and a hub are no special cases. It is found breadth first from the lowest datapath
 * id, ports in order of number: the same links always give the same tree, and no path is longer than it has to
 * be from there.
 */

/** One direction of a link: a probe sent out of `from` arrived at `to`. */
export interface DirectedLink {
  from: PortName;
  to: PortName;
}

export interface PortName {
  /** Datapath id as text, 16 hex digits. */
  switchId: string;
  port: number;
}

/** What the tree says of a port between switches. */
export type TrunkRole = 'tree' | 'blocked';

export interface FloodTree {
  /** Role of every port that is between switches: switch id -> port -> role. Other ports are absent. */
  readonly roles: ReadonlyMap<string, ReadonlyMap<number, TrunkRole>>;
  /** Number of the connected part of the network that a switch with links belongs to. */
  readonly components: ReadonlyMap<string, number>;
}

interface Segment {
  ports: PortName[];
  /** Ports that the tree uses. */
  used: Set<PortName>;
}

/** The tree over `links`. Pure; a link of which only one direction is known blocks its ports. */
export function floodTree(links: readonly DirectedLink[]): FloodTree {
  const ports = new Map<string, PortName>();
  const heard = new Set<string>();
  const reached = new Set<string>();
  const segments = new DisjointSets();
  for (const { from, to } of links) {
    const [fromKey, toKey] = [keyOf(from), keyOf(to)];
    ports.set(fromKey, from);
    ports.set(toKey, to);
    reached.add(fromKey);
    heard.add(toKey);
    segments.join(fromKey, toKey);
  }

  const segmentOf = new Map<string, Segment>();
  const portsOf = new Map<string, { port: PortName; segment: Segment; usable: boolean }[]>();
  for (const [key, port] of [...ports].sort(([, a], [, b]) => comparePorts(a, b))) {
    const root = segments.rootOf(key);
    let segment = segmentOf.get(root);
    if (segment === undefined) {
      segment = { ports: [], used: new Set() };
      segmentOf.set(root, segment);
    }
    segment.ports.push(port);
    let own = portsOf.get(port.switchId);
    if (own === undefined) {
      own = [];
      portsOf.set(port.switchId, own);
    }
    own.push({ port, segment, usable: heard.has(key) && reached.has(key) });
  }

  const usable = new Set<PortName>();
  for (const own of portsOf.values()) for (const entry of own) if (entry.usable) usable.add(entry.port);
  const components = new Map<string, number>();
  const visitedSegments = new Set<Segment>();
  for (const start of [...portsOf.keys()].sort()) {
    if (components.has(start)) continue;
    const component = components.size;
    components.set(start, component);
    const queue = [start];
    for (const switchId of queue) {
      for (const { port, segment, usable: isUsable } of portsOf.get(switchId)!) {
        if (!isUsable || visitedSegments.has(segment)) continue;
        visitedSegments.add(segment);
        segment.used.add(port);
        for (const far of segment.ports) {
          if (components.has(far.switchId) || !usable.has(far)) continue;
          components.set(far.switchId, component);
          segment.used.add(far);
          queue.push(far.switchId);
        }
      }
    }
  }
  return { roles: rolesOf(segmentOf.values()), components };
}

/**
 * A cable with one end in the tree leads nowhere, so both ends are blocked. On a hub the one port stays: hosts may
 * hang there.
 */
function rolesOf(segments: Iterable<Segment>): Map<string, Map<number, TrunkRole>> {
  const roles = new Map<string, Map<number, TrunkRole>>();
  for (const segment of segments) {
    const deadEnd = segment.ports.length === 2 && segment.used.size < 2;
    for (const port of segment.ports) {
      let own = roles.get(port.switchId);
      if (own === undefined) {
        own = new Map();
        roles.set(port.switchId, own);
      }
      own.set(port.port, segment.used.has(port) && !deadEnd ? 'tree' : 'blocked');
    }
  }
  return roles;
}

function keyOf(port: PortName): string {
  return `${port.switchId}/${port.port}`;
}

function comparePorts(a: PortName, b: PortName): number {
  if (a.switchId !== b.switchId) return a.switchId < b.switchId ? -1 : 1;
  return a.port - b.port;
}

/** Union-find with path halving. */
class DisjointSets {
  private readonly parents = new Map<string, string>();

  rootOf(item: string): string {
    let current = item;
    for (;;) {
      const parent = this.parents.get(current);
      if (parent === undefined || parent === current) return current;
      const grandparent = this.parents.get(parent) ?? parent;
      this.parents.set(current, grandparent);
      current = grandparent;
    }
  }

  join(a: string, b: string): void {
    const [rootA, rootB] = [this.rootOf(a), this.rootOf(b)];
    if (rootA !== rootB) this.parents.set(rootB, rootA);
  }
}

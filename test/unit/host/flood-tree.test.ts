import { expect } from 'chai';
import fc from 'fast-check';
import {
  type DirectedLink,
  floodTree,
  type PortName,
} from '../../../controller/host/discovery/flood-tree.js';

/** A cable between two switches' ports. */
type Cable = [PortName, PortName];

const bothWays = ([a, b]: Cable): DirectedLink[] => [
  { from: a, to: b },
  { from: b, to: a },
];

/** Random cables; every port is used by one cable only, and a cable may join two ports of one switch. */
const cables = fc
  .tuple(fc.integer({ min: 1, max: 8 }), fc.array(fc.tuple(fc.nat(7), fc.nat(7)), { maxLength: 24 }))
  .map(([count, pairs]) =>
    pairs.map(
      ([a, b], index): Cable => [
        { switchId: `s${a % count}`, port: 2 * index + 1 },
        { switchId: `s${b % count}`, port: 2 * index + 2 },
      ],
    ),
  );

/** How often a frame that `start` floods reaches each switch, over tree ports only. */
function flood(
  all: Cable[],
  roles: ReadonlyMap<string, ReadonlyMap<number, string>>,
  start: string,
): Map<string, number> {
  const isOpen = (port: PortName) => roles.get(port.switchId)?.get(port.port) === 'tree';
  const reached = new Map<string, number>([[start, 1]]);
  const queue: { at: string; from: PortName | undefined }[] = [{ at: start, from: undefined }];
  for (const { at, from } of queue) {
    for (const cable of all) {
      for (const [near, far] of [cable, [cable[1], cable[0]] as Cable]) {
        if (near.switchId !== at || near === from || !isOpen(near) || !isOpen(far)) continue;
        const times = (reached.get(far.switchId) ?? 0) + 1;
        reached.set(far.switchId, times);
        if (times > 3) return reached;
        queue.push({ at: far.switchId, from: far });
      }
    }
  }
  return reached;
}

function componentOf(all: Cable[], start: string): Set<string> {
  const found = new Set([start]);
  for (const at of found) {
    for (const [a, b] of all) {
      if (a.switchId === at) found.add(b.switchId);
      if (b.switchId === at) found.add(a.switchId);
    }
  }
  return found;
}

describe('the flood tree', () => {
  it('reaches every switch of a connected part exactly once, whatever the cables', () => {
    fc.assert(
      fc.property(cables, all => {
        const { roles } = floodTree(all.flatMap(bothWays));
        for (const start of roles.keys()) {
          const reached = flood(all, roles, start);
          expect([...reached.keys()].sort()).to.deep.equal([...componentOf(all, start)].sort());
          expect([...reached.values()].every(times => times === 1)).to.equal(true);
        }
      }),
    );
  });

  it('does not depend on the order in which links were found', () => {
    fc.assert(
      fc.property(
        cables.chain(all => {
          const links = all.flatMap(bothWays);
          return fc.tuple(fc.constant(links), fc.shuffledSubarray(links, { minLength: links.length }));
        }),
        ([links, shuffled]) => {
          const text = (tree: ReturnType<typeof floodTree>) =>
            JSON.stringify([...tree.roles].sort().map(([id, roles]) => [id, [...roles].sort()]));
          expect(text(floodTree(shuffled))).to.equal(text(floodTree(links)));
        },
      ),
    );
  });

  it('says of both ends of a cable the same', () => {
    fc.assert(
      fc.property(cables, all => {
        const { roles } = floodTree(all.flatMap(bothWays));
        for (const [a, b] of all) {
          expect(roles.get(a.switchId)!.get(a.port)).to.equal(roles.get(b.switchId)!.get(b.port));
        }
      }),
    );
  });

  it('blocks a link of which only one direction is known', () => {
    const { roles } = floodTree([{ from: { switchId: 'a', port: 1 }, to: { switchId: 'b', port: 1 } }]);
    expect(roles.get('a')!.get(1)).to.equal('blocked');
    expect(roles.get('b')!.get(1)).to.equal('blocked');
  });

  it('uses one port of each switch on a hub', () => {
    const ports = ['a', 'b', 'c'].map(switchId => ({ switchId, port: 1 }));
    ports.push({ switchId: 'a', port: 2 });
    const links = ports.flatMap(from => ports.filter(to => to !== from).map(to => ({ from, to })));
    const { roles } = floodTree(links);
    expect([...roles.get('a')!.entries()]).to.deep.equal([
      [1, 'tree'],
      [2, 'blocked'],
    ]);
    expect(roles.get('b')!.get(1)).to.equal('tree');
    expect(roles.get('c')!.get(1)).to.equal('tree');
  });

  it('tells the parts of a network apart', () => {
    const { components } = floodTree(
      [
        [
          { switchId: 'a', port: 1 },
          { switchId: 'b', port: 1 },
        ] as Cable,
        [
          { switchId: 'c', port: 1 },
          { switchId: 'd', port: 1 },
        ] as Cable,
      ].flatMap(bothWays),
    );
    expect(components.get('a')).to.equal(components.get('b'));
    expect(components.get('c')).to.equal(components.get('d'));
    expect(components.get('a')).not.to.equal(components.get('c'));
  });
});

import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));
const HOUSES = ['controller', 'apps', 'mininet'];
const IMPORT = /(?:from|import)\s*\(?\s*'(\.[^']+)\.js'/g;

describe('rooms', () => {
  const imports: [from: string, to: string][] = [];

  before(() => {
    for (const house of HOUSES) {
      for (const name of readdirSync(join(ROOT, house), { recursive: true, encoding: 'utf8' })) {
        if (!name.endsWith('.ts') || name.split(sep).includes('generated')) continue;
        const from = join(house, name);
        for (const [, target] of readFileSync(join(ROOT, from), 'utf8').matchAll(IMPORT)) {
          const to = relative(ROOT, join(ROOT, dirname(from), `${target}.ts`));
          imports.push([from, to]);
        }
      }
    }
  });

  it('of one folder import each other in one direction', () => {
    const ways = new Map<string, Map<string, Map<string, string>>>();
    for (const [from, to] of imports) {
      const [here, there] = [from.split(sep), to.split(sep)];
      let depth = 0;
      while (here[depth] === there[depth]) depth++;
      // Houses: see below. Between two files of a folder types may go round.
      if (depth === 0 || (depth === here.length - 1 && depth === there.length - 1)) continue;
      const rooms = ways.get(here.slice(0, depth).join('/')) ?? new Map<string, Map<string, string>>();
      ways.set(here.slice(0, depth).join('/'), rooms);
      const reached = rooms.get(here[depth]!) ?? new Map<string, string>();
      rooms.set(here[depth]!, reached.set(there[depth]!, `${from} -> ${to}`));
    }
    const circles = [...ways].flatMap(([folder, rooms]) => {
      const circle = circleIn(rooms);
      return circle === undefined ? [] : [`${folder}: ${circle.join(', ')}`];
    });
    expect(circles).to.deep.equal([]);
  });

  it('of the controller know no app and no emulation, but for the command line', () => {
    const strays = imports.filter(
      ([from, to]) => /^controller.(?!cli)/.test(from) && !to.startsWith('controller'),
    );
    expect(strays).to.deep.equal([]);
  });

  it('of apps know no other app', () => {
    const appOf = (file: string) => /^apps.([^/\\]+)[/\\]/.exec(file)?.[1];
    const strays = imports.filter(([from, to]) => {
      const [own, other] = [appOf(from), appOf(to)];
      return own !== undefined && other !== undefined && own !== other;
    });
    expect(strays).to.deep.equal([]);
  });
});

/** The imports of one circle; undefined when there is none. */
function circleIn(rooms: ReadonlyMap<string, ReadonlyMap<string, string>>): string[] | undefined {
  const done = new Set<string>();
  const visit = (room: string, path: readonly string[], way: readonly string[]): string[] | undefined => {
    if (path.includes(room)) return way.slice(path.indexOf(room));
    if (done.has(room)) return undefined;
    for (const [next, how] of rooms.get(room) ?? []) {
      const circle = visit(next, [...path, room], [...way, how]);
      if (circle !== undefined) return circle;
    }
    done.add(room);
    return undefined;
  };
  for (const room of rooms.keys()) {
    const circle = visit(room, [], []);
    if (circle !== undefined) return circle;
  }
  return undefined;
}

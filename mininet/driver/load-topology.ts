import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseDocument } from 'yaml';
import { checkTopology } from './check-topology.js';
import { EmulationError } from './errors.js';
import { type Topology, type TopologyInput, topologySchema } from './topology-schema.js';

const FOLDER = fileURLToPath(new URL('../../../topologies', import.meta.url));
const MAX_FILE = 1 << 20;

/** The names of the topologies that come with cloakflow. */
export function topologyNames(): string[] {
  return readdirSync(FOLDER)
    .filter(file => file.endsWith('.yaml'))
    .map(file => basename(file, '.yaml'))
    .sort();
}

/**
 * A topology by the name of one that comes with cloakflow (`tree`), by the path of a file (`./my.yaml`), or given
 * as an object in the file's form. Everything that can be wrong with it is found here, before anything is built.
 *
 * @throws EmulationError `unknown-topology`, `bad-topology` (names the place), `bad-link-value`
 */
export function loadTopology(topology: string | TopologyInput): Topology {
  if (typeof topology !== 'string') return validate('the topology', topology);
  const path = /[/.]/.test(topology) ? topology : join(FOLDER, `${topology}.yaml`);
  if (!existsSync(path)) {
    throw new EmulationError('unknown-topology', `there is no topology '${topology}'`, {
      mend: `take one of ${topologyNames().join(', ')}, or the path of a topology file`,
    });
  }
  return validate(topology, parseYaml(topology, path));
}

function parseYaml(name: string, path: string): unknown {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw new EmulationError(
      'unknown-topology',
      `cannot read the topology ${path}: ${(cause as Error).message}`,
      { cause },
    );
  }
  if (text.length > MAX_FILE)
    throw new EmulationError('bad-topology', `${name}: more than ${MAX_FILE} characters`);
  const document = parseDocument(text, { uniqueKeys: true });
  const [error] = document.errors;
  if (error !== undefined) throw new EmulationError('bad-topology', `${name}: ${error.message}`);
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch (cause) {
    throw new EmulationError('bad-topology', `${name}: ${(cause as Error).message}`, { cause });
  }
}

function validate(name: string, raw: unknown): Topology {
  const parsed = topologySchema.safeParse(longForm(raw));
  if (!parsed.success) {
    const issues = parsed.error.issues.map(issue => {
      const message = issue.code === 'invalid_key' ? issue.issues[0]?.message : issue.message;
      return `${issue.path.join('.') || 'the file'}: ${message}`;
    });
    throw new EmulationError('bad-topology', `${name}: ${issues.join('; ')}`, {
      mend: 'topologies/README.md lists the keys',
    });
  }
  checkTopology(name, parsed.data);
  return parsed.data;
}

/** Spells out the short forms: a node without a value, a link's end that is just a name. */
function longForm(raw: unknown): unknown {
  if (!isRecord(raw)) return raw;
  const { hosts, switches, links } = raw;
  const nodes = (value: unknown) =>
    isRecord(value)
      ? Object.fromEntries(Object.entries(value).map(([key, node]) => [key, node === null ? {} : node]))
      : value;
  const ends = (value: unknown) =>
    Array.isArray(value) ? value.map(end => (typeof end === 'string' ? { node: end } : end)) : value;
  return {
    ...raw,
    ...(hosts === undefined ? {} : { hosts: nodes(hosts) }),
    ...(switches === undefined ? {} : { switches: nodes(switches) }),
    ...(Array.isArray(links)
      ? { links: links.map(link => (isRecord(link) ? { ...link, between: ends(link.between) } : link)) }
      : {}),
  };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

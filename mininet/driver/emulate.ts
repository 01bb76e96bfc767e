import { spawnSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { ControllerRelay } from './controller-relay.js';
import { bestDatapath, type DatapathType } from './datapath.js';
import { EmulatedNetwork, type StartResult } from './emulated-network.js';
import { EmulationError } from './errors.js';
import { loadTopology } from './load-topology.js';
import { assertRoot } from './namespace.js';
import { planTopology } from './plan.js';
import { Runner } from './runner.js';
import type { Topology, TopologyInput } from './topology-schema.js';

export interface EmulateOptions {
  /** Where the switches' controller listens, `unix:PATH` or `tcp:HOST:PORT`; without it they have none. */
  controller?: string;
  /** Aborting it while the network is built takes down what is there. */
  signal?: AbortSignal | undefined;
  /** `best` (default): the kernel's datapath where there is one, else Open vSwitch's in user space. */
  datapath?: DatapathType | 'best';
  /** How links get delay, rate and loss; `auto` (default): the kernel's netem where there is one. */
  shaping?: 'auto' | 'netem' | 'delay-line';
}

const DELAY_LINE = fileURLToPath(new URL('../../../native/build/delay-line', import.meta.url));

/**
 * Builds a network and starts its daemons. Several networks may live on one machine at the same time.
 *
 * @param topology name of one that comes with cloakflow, path of a file, or the content of one
 * @throws EmulationError `not-root`, `unknown-topology`, `bad-topology`, `bad-controller`, `mininet-missing`,
 *   `ovs-missing`, `ovs-not-running`, `namespaces-refused`, `delay-line-missing`, `build-failed`, `daemon-failed`, `timed-out`;
 *   the signal's reason when aborted
 */
export async function emulate(
  topology: string | TopologyInput,
  options: EmulateOptions = {},
): Promise<EmulatedNetwork> {
  const { controller, signal, datapath = 'best', shaping = 'auto' } = options;
  const loaded = loadTopology(topology);
  const endpoint = controller === undefined ? undefined : parseController(controller);
  if (endpoint !== undefined && loaded.controller === 'none')
    throw new EmulationError('bad-controller', 'the switches of this topology have no controller');
  assertRoot();
  assertTools(loaded);
  assertNamespaces();
  signal?.throwIfAborted();

  const relay = await startRelay(loaded, endpoint);
  let runner: Runner | undefined;
  let network: EmulatedNetwork | undefined;
  const abort = () => void runner?.abandon();
  try {
    const plan = planTopology(newId(), loaded, (_name, kind) =>
      kind === 'private' && relay !== undefined ? `unix:${relay.path}` : controller,
    );
    runner = await Runner.start();
    signal?.addEventListener('abort', abort, { once: true });
    signal?.throwIfAborted();
    const result = await runner.request('start', {
      plan,
      datapath: datapath === 'best' ? await bestDatapath() : datapath,
      shaping,
      delayLine: DELAY_LINE,
      paths: relay === undefined ? [] : [relay.directory],
    });
    network = new EmulatedNetwork(loaded, plan, result as StartResult, runner, relay);
    await network.startDaemons(signal);
    return network;
  } catch (error) {
    if (network !== undefined) await network.stop();
    await runner?.abandon();
    await relay?.close();
    signal?.throwIfAborted();
    throw error;
  } finally {
    signal?.removeEventListener('abort', abort);
  }
}

type ControllerEndpoint = { kind: 'unix' } | { kind: 'tcp'; host: string; port: number };

function parseController(text: string): ControllerEndpoint {
  if (/^unix:\/./.test(text)) return { kind: 'unix' };
  const match = /^tcp:([^:[\]]+|\[[^\]]+\]):(\d+)$/.exec(text);
  const port = Number(match?.[2]);
  if (match === null || port < 1 || port > 65535)
    throw new EmulationError('bad-controller', `'${text}' is no controller`, {
      mend: 'write unix:/path/of/socket or tcp:127.0.0.1:6653',
    });
  return { kind: 'tcp', host: match[1]!.replace(/[[\]]/g, ''), port };
}

async function startRelay(
  topology: Topology,
  endpoint: ControllerEndpoint | undefined,
): Promise<ControllerRelay | undefined> {
  const isPrivate = Object.values(topology.switches).some(({ kind }) => kind === 'private');
  return endpoint?.kind === 'tcp' && isPrivate
    ? ControllerRelay.start(endpoint.host, endpoint.port)
    : undefined;
}

function assertTools(topology: Topology): void {
  const missing = (program: string) =>
    !(process.env.PATH ?? '').split(':').some(folder => existsSync(`${folder}/${program}`));
  const need = (
    code: 'mininet-missing' | 'ovs-missing' | 'tool-missing',
    programs: string[],
    packages: string,
  ) => {
    for (const program of programs)
      if (missing(program))
        throw new EmulationError(code, `there is no ${program} on PATH`, {
          mend: `apt-get install ${packages}`,
        });
  };
  need('tool-missing', ['ip', 'nsenter', 'setpriv', 'ethtool'], 'iproute2 util-linux ethtool');
  need('mininet-missing', ['mnexec'], 'mininet');
  if (Object.keys(topology.switches).length > 0)
    need('ovs-missing', ['ovs-vsctl', 'ovs-vswitchd', 'ovsdb-server', 'ovsdb-tool'], 'openvswitch-switch');
}

/** Mininet waits forever for a host whose namespaces could not be made. */
function assertNamespaces(): void {
  const { status, stderr } = spawnSync('mnexec', ['-n', 'true'], { encoding: 'utf8' });
  if (status === 0) return;
  throw new EmulationError(
    'namespaces-refused',
    `this process may not make network namespaces and mounts${stderr ? `: ${stderr.trim()}` : ''}`,
    { mend: 'give the container its privileges, for instance by --privileged, or run outside of it' },
  );
}

/** Seven characters, among 60 million. */
function newId(): string {
  return `cf${randomInt(36 ** 5)
    .toString(36)
    .padStart(5, '0')}`;
}

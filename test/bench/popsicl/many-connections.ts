/** Latency of an access before and after a switch and the controller have very many connections of others. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Punt } from '../../../apps/popsicl/pipeline.js';
import { cookieOf, ownerNumber, shortLivedCookieOf } from '../../../controller/switch/index.js';
import { residentBytesOf } from '../../../mininet/report/process-usage.js';
import { type Spread, spread } from '../../../mininet/report/statistics.js';
import { addRules, commitConnections } from '../../../mininet/traffic/present-connections.js';
import { CloudUnderTest, OBJECTS, ZONE } from './cloud-under-test.js';
import { HandoffSwitch } from './handoff-switch.js';

const KEPT_AS = ['conntrack', 'flows'] as const;
export type KeptAs = (typeof KEPT_AS)[number];

export interface ManyConnectionsFigures {
  keptAs: KeptAs;
  /** Entries or rules that the switch had. */
  inSwitch: number;
  /** Connections that the controller remembered. */
  inController: number;
  installSeconds: number;
  /** Milliseconds of one access after the other; medians of rounds. */
  before: Spread;
  after: Spread;
  ratio: number;
  failed: number;
  /** Resident memory in bytes, with all of them. */
  switchBytes: number;
  controllerBytes: number;
}

export interface ManyConnections {
  connections: number;
  rounds: number;
  accesses: number;
  figures: ManyConnectionsFigures[];
}

/** Pseudo-addresses and tenants of the two ways, as numbers. */
const TARGETS = {
  conntrack: { tenant: 0x0a000002, pseudo: 0xc6336402 },
  flows: { tenant: 0x0a000004, pseudo: 0xc6336404 },
} as const;
/** An emulated switch hands off to the tenant whose ClientHello is at hand. */
const PLAIN_PSEUDO = 0xc6336406;
const TIMEOUT = 86_400;
const WARM_UP = 50;
const OWNER = ownerNumber('popsicl');
/** Milliseconds without a handoff after which none comes any more. */
const STALL = 15_000;

export async function measureManyConnections(options: {
  connections: number;
  rounds: number;
  accesses: number;
  hello: Uint8Array;
  progress: (text: string) => void;
}): Promise<ManyConnections> {
  const { connections, rounds, accesses } = options;
  const figures: ManyConnectionsFigures[] = [];
  for (const keptAs of KEPT_AS) figures.push(await measure(keptAs, options));
  return { connections, rounds, accesses, figures };
}

async function measure(
  keptAs: KeptAs,
  options: Parameters<typeof measureManyConnections>[0],
): Promise<ManyConnectionsFigures> {
  const { connections, rounds, accesses, hello, progress } = options;
  await using cloud = await CloudUnderTest.start();
  const way = keptAs === 'conntrack' ? 'cookie' : 'flows';
  const visit = (count: number) => cloud.visit(way, { path: OBJECTS.small, count });
  let failed = 0;
  const median = async () => {
    const times: number[] = [];
    for (let round = 0; round < rounds; round++) {
      const result = await visit(accesses);
      failed += result.failed;
      times.push(result.p50);
    }
    return spread(times);
  };
  await visit(WARM_UP);
  progress(`${keptAs}: without them`);
  const before = await median();
  progress(`${keptAs}: making ${connections} connections`);
  const socket = cloud.sandbox.managementSocket('br0').replace('unix:', '');
  const present = { socket, count: connections, zone: ZONE, ...TARGETS[keptAs] };
  let installSeconds: number;
  let inController: number;
  if (keptAs === 'conntrack') {
    await keepUnfinished(cloud);
    installSeconds = await commitConnections(present);
    inController = await remember(cloud, connections, hello);
  } else {
    installSeconds = await addRules({ ...present, cookieOf: index => shortLivedCookieOf(OWNER, index + 1) });
    progress(`${keptAs}: starting a controller beside them`);
    inController = await cloud.restartController();
  }
  await visit(WARM_UP);
  progress(`${keptAs}: with them`);
  const after = await median();
  const inSwitch = await count(cloud, keptAs);
  return {
    ...{ keptAs, inSwitch, inController, installSeconds, before, after },
    ratio: after.median / before.median,
    failed,
    switchBytes: residentBytesOf(cloud.sandbox.vswitchdPid!),
    controllerBytes: residentBytesOf(cloud.controller.pid),
  };
}

/** Entries that no further packet follows stay: of a live connection they would by themselves. */
async function keepUnfinished(cloud: CloudUnderTest): Promise<void> {
  const datapath = ['--id=@d', 'create', 'Datapath', 'datapath_version=bench'];
  const set = ['set', 'Open_vSwitch', '.', 'datapaths:netdev=@d'];
  await cloud.sandbox.vsctl(['--', ...datapath, '--', ...set]);
  const timeouts = ['tcp_syn_sent', 'tcp_syn_recv', 'tcp_established'].map(name => `${name}=${TIMEOUT}`);
  await cloud.sandbox.vsctl(['add-zone-tp', 'netdev', `zone=${ZONE}`, ...timeouts]);
}

/** Lets another switch of the same controller hand off as many. Returns how many were. */
async function remember(cloud: CloudUnderTest, connections: number, hello: Uint8Array): Promise<number> {
  const sw = new HandoffSwitch(cloud.openflowPort, {
    datapathId: 0x77,
    ports: 2,
    destination: PLAIN_PSEUDO,
    segments: [hello],
    cookies: { syn: cookieOf(OWNER, Punt.SYN), segment: cookieOf(OWNER, Punt.SEGMENT) },
    window: 256,
  });
  try {
    while (!sw.ready) await sleep(20);
    await sleep(200);
    sw.run();
    let [before, since] = [-1, 0];
    while (sw.counters.handedOff < connections) {
      const { handedOff } = sw.counters;
      if (handedOff > before) [before, since] = [handedOff, performance.now()];
      else if (performance.now() - since > STALL) throw new Error(`no more handoffs after ${before}`);
      await sleep(50);
    }
    sw.stop();
    return sw.counters.handedOff;
  } finally {
    sw.close();
  }
}

async function count(cloud: CloudUnderTest, keptAs: KeptAs): Promise<number> {
  if (keptAs === 'conntrack') {
    const text = await cloud.sandbox.appctl(['dpctl/ct-stats-show', `zone=${ZONE}`]);
    return Number(/Total: (\d+)/.exec(text)?.[1]);
  }
  const text = await cloud.sandbox.ofctl(['dump-aggregate', 'br0', 'table=0']);
  return Number(/flow_count=(\d+)/.exec(text)?.[1]);
}

import { describeMachine, type Machine } from '../../../mininet/report/machine.js';
import { pairedRatio, type Spread, spread } from '../../../mininet/report/statistics.js';
import { type AllocationResult, measureAllocations } from './allocations.js';
import { type DhcpServer, isSwitched, measureDhcp } from './dhcp.js';
import { type ForwardingRun, measureForwarding } from './forwarding.js';
import type { ExchangeRate } from './perfdhcp.js';

/** What `npm run bench -- mimiq` found out. */
export interface MimiqBenchmark {
  /** The command that makes these figures. */
  command: string;
  date: string;
  rounds: number;
  machine: Machine;
  allocations: AllocationFigures;
  dhcp: DhcpFigures;
  forwarding: ForwardingFigures;
}

/** Requests in MIMIQ's own protocol. */
export interface AllocationFigures {
  addresses: number;
  perRequest: number;
  outstanding: number;
  figures: {
    /** Whether Open vSwitch confirms the rules of an address before its client is told. */
    rules: boolean;
    addressesPerSecond: Spread;
    medianMilliseconds: Spread;
    p99Milliseconds: Spread;
  }[];
}

export interface DhcpFigures {
  seconds: number;
  /** Exchanges a second. */
  rates: number[];
  /** Of one small write that waits for the disk. */
  diskMilliseconds?: Spread;
  figures: {
    server: DhcpServer;
    offered: number;
    completed: Spread;
    lostShare: Spread;
    offerMilliseconds: Spread;
    acknowledgeMilliseconds: Spread;
    cpuMicroseconds: Spread;
    /** Of cloakflow to this one in the same round: completed exchanges, and both delays together. */
    completedRatio?: Spread;
    latencyRatio?: Spread;
  }[];
}

export interface ForwardingFigures {
  seconds: number;
  figures: {
    family: 4 | 6;
    direction: 'out' | 'back';
    /** Mbit/s of TCP. */
    plain: Spread;
    encapsulated: Spread;
    /** What the tunnel leaves. */
    ratio: Spread;
  }[];
}

export interface MimiqBenchOptions {
  command: string;
  quick: boolean;
  rounds: number;
  progress(text: string): void;
}

export async function measureMimiq({
  command,
  quick,
  rounds,
  progress,
}: MimiqBenchOptions): Promise<MimiqBenchmark> {
  return {
    command,
    date: new Date().toISOString().slice(0, 10),
    rounds,
    machine: describeMachine({
      'Open vSwitch': ['ovs-vswitchd', '--version'],
      Kea: ['kea-dhcp4', '-v'],
    }),
    allocations: await allocations(quick ? 20_000 : 60_000, rounds, progress),
    dhcp: await dhcp(quick ? [1000, 6000] : [1000, 4000, 8000], quick ? 2 : 3, rounds, progress),
    forwarding: await forwarding(quick ? 1 : 3, rounds, progress),
  };
}

async function allocations(
  addresses: number,
  rounds: number,
  progress: (text: string) => void,
): Promise<AllocationFigures> {
  const load = { addresses, perRequest: 32, outstanding: 128 };
  const runs: Record<'switch' | 'none', AllocationResult[]> = { switch: [], none: [] };
  for (let round = 0; round < rounds; round++) {
    for (const rules of ['switch', 'none'] as const) {
      progress(`allocations round ${round + 1}/${rounds}, ${rules === 'switch' ? 'with' : 'without'} rules`);
      runs[rules].push(await measureAllocations({ ...load, rules }));
    }
  }
  return {
    ...load,
    figures: (['switch', 'none'] as const).map(rules => ({
      rules: rules === 'switch',
      addressesPerSecond: spread(runs[rules].map(run => run.addressesPerSecond)),
      medianMilliseconds: spread(runs[rules].map(run => run.median)),
      p99Milliseconds: spread(runs[rules].map(run => run.p99)),
    })),
  };
}

async function dhcp(
  rates: number[],
  seconds: number,
  rounds: number,
  progress: (text: string) => void,
): Promise<DhcpFigures> {
  const { servers: results, disk } = await measureDhcp({ rates, seconds, rounds, progress });
  const figures: DhcpFigures['figures'] = [];
  for (const offered of rates) {
    for (const [server, byRate] of Object.entries(results)) {
      const runs = byRate[offered];
      if (runs === undefined) continue;
      const isOwn = server.startsWith('cloakflow');
      const ours: DhcpServer = isSwitched(server as DhcpServer) ? 'cloakflow, switch' : 'cloakflow';
      const own = results[ours]![offered]!;
      const of = (value: (run: ExchangeRate) => number) => spread(runs.map(value));
      const ratio = (value: (run: ExchangeRate) => number) => pairedRatio(own.map(value), runs.map(value));
      figures.push({
        server: server as DhcpServer,
        offered,
        completed: of(run => run.completed),
        lostShare: of(run => run.lost),
        offerMilliseconds: of(run => run.offerDelay),
        acknowledgeMilliseconds: of(run => run.acknowledgeDelay),
        cpuMicroseconds: of(run => 1e6 * run.cpuSeconds),
        ...(isOwn
          ? {}
          : {
              completedRatio: ratio(run => run.completed),
              latencyRatio: ratio(run => run.offerDelay + run.acknowledgeDelay),
            }),
      });
    }
  }
  return { seconds, rates, diskMilliseconds: spread(disk), figures };
}

async function forwarding(
  seconds: number,
  rounds: number,
  progress: (text: string) => void,
): Promise<ForwardingFigures> {
  const groups = new Map<string, ForwardingRun[]>();
  for (const run of await measureForwarding({ rounds, seconds, progress })) {
    const key = `${run.family} ${run.direction}`;
    groups.set(key, [...(groups.get(key) ?? []), run]);
  }
  const figures = [...groups.values()].map(runs => {
    const [plain, encapsulated] = [runs.map(run => run.plain), runs.map(run => run.encapsulated)];
    const { family, direction } = runs[0]!;
    const ratio = pairedRatio(encapsulated, plain);
    return { family, direction, plain: spread(plain), encapsulated: spread(encapsulated), ratio };
  });
  return { seconds, figures };
}

/** PACKET_INs answered per CPU second, and latency with one outstanding: cloakflow beside its peers. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { pairedRatio, type Spread, spread } from '../../../mininet/report/statistics.js';
import type { LoadResult } from './load-generator.js';
import { PEERS, type Peer, startPeer } from './peers.js';
import { CONTROLLER_CORE, choosePlacement, GENERATOR_CORE, type Placement, place } from './placement.js';

/** With so many PACKET_INs outstanding a switch. */
export interface ThroughputFigures {
  window: number;
  perCpuSecond: Spread;
  perSecond: Spread;
  /** cloakflow's figure per CPU second over this peer's in the same round; undefined for cloakflow itself. */
  ratio?: Spread;
  /** CPU of the load generator, as a share of one core: near 1, the generator may be what limits. */
  generatorShare: number;
}

export interface PeerFigures {
  peer: string;
  throughput: ThroughputFigures[];
  latencyP50Microseconds: Spread;
  latencyP99Microseconds: Spread;
  /** cloakflow's median latency over this peer's in the same round; undefined for cloakflow itself. */
  latencyRatio?: Spread;
  /** Over all rounds, of `answered`: never answered, answered to a wrong port, answered twice, refused. */
  answered: number;
  lost: number;
  misdirected: number;
  repeated: number;
  errors: number;
  residentMiB: number;
}

export interface PacketInRate {
  switches: number;
  rounds: number;
  seconds: number;
  placement: Placement;
  figures: PeerFigures[];
}

interface Samples {
  load: Map<number, LoadResult[]>;
  latency: LoadResult[];
}

export interface PacketInOptions {
  rounds: number;
  switches: number;
  windows: readonly number[];
  seconds: number;
  progress: (text: string) => void;
}

/** Every round measures each peer once, so that a noisy moment hurts all alike. */
export async function measurePacketInRate(options: PacketInOptions): Promise<PacketInRate> {
  const { rounds, switches, windows, seconds, progress } = options;
  const placement = choosePlacement();
  const samples = new Map<Peer, Samples>();
  for (const peer of PEERS) {
    samples.set(peer, { load: new Map(windows.map(window => [window, []])), latency: [] });
  }
  const time = ['--seconds', String(seconds)];
  for (let round = 1; round <= rounds; round++) {
    for (const [peer, { load, latency }] of samples) {
      progress(`round ${round}/${rounds}: ${peer.name}`);
      for (const [window, results] of load) {
        const size = ['--switches', String(switches), '--window', String(window)];
        results.push(await generate(peer, [...size, ...time], placement));
      }
      latency.push(await generate(peer, ['--latency', ...time], placement));
    }
  }
  const own = [...samples.values()][0]!;
  const figures = [...samples].map(([peer, mine]) => figuresOf(peer, mine, mine === own ? undefined : own));
  return { switches, rounds, seconds, placement, figures };
}

/** `own`: the samples of cloakflow to compare with. */
function figuresOf(peer: Peer, mine: Samples, own: Samples | undefined): PeerFigures {
  const rates = (results: LoadResult[]) => results.map(each => each.answersPerCpuSecond!);
  const medians = (results: LoadResult[]) => results.map(each => each.latencyMicroseconds!.p50);
  const all = [...[...mine.load.values()].flat(), ...mine.latency];
  const total = (count: (result: LoadResult) => number) => all.reduce((sum, each) => sum + count(each), 0);
  return {
    peer: peer.name,
    throughput: [...mine.load].map(([window, results]) => ({
      window,
      perCpuSecond: spread(rates(results)),
      perSecond: spread(results.map(each => each.answersPerSecond)),
      ...(own && { ratio: pairedRatio(rates(own.load.get(window)!), rates(results)) }),
      generatorShare: spread(results.map(each => each.generatorCpuSeconds / each.seconds)).median,
    })),
    latencyP50Microseconds: spread(medians(mine.latency)),
    latencyP99Microseconds: spread(mine.latency.map(each => each.latencyMicroseconds!.p99)),
    ...(own && { latencyRatio: pairedRatio(medians(own.latency), medians(mine.latency)) }),
    answered: total(each => each.answered),
    lost: total(each => each.lost),
    misdirected: total(each => each.misdirected),
    repeated: total(each => each.repeated),
    errors: total(each => each.errors),
    residentMiB: Math.max(...all.map(each => each.residentBytes! / 2 ** 20)),
  };
}

/** One run of the load generator against a fresh process of `peer`. */
async function generate(peer: Peer, options: string[], placement: Placement): Promise<LoadResult> {
  const running = await startPeer(peer);
  try {
    place(running.pid, CONTROLLER_CORE, placement);
    const program = fileURLToPath(new URL('./load-generator.js', import.meta.url));
    const args = [program, '--port', String(running.port), '--pid', String(running.pid), ...options];
    return JSON.parse(await output(args, placement)) as LoadResult;
  } finally {
    await running.stop();
  }
}

function output(args: string[], placement: Placement): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    if (child.pid !== undefined) place(child.pid, GENERATOR_CORE, placement);
    let text = '';
    child.stdout.on('data', chunk => {
      text += chunk;
    });
    child.once('error', reject);
    child.once('close', code =>
      code === 0 ? resolve(text) : reject(new Error(`the load generator ended with ${code}`)),
    );
  });
}

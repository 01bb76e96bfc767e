/** PACKET_INs answered per CPU second, and latency with one outstanding: cloakflow beside its peers. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { pairedRatio, type Spread, spread } from '../report/statistics.js';
import type { LoadResult } from './load-generator.js';
import { PEERS, type Peer, startPeer } from './peers.js';

export interface PeerFigures {
  peer: string;
  perCpuSecond: Spread;
  perSecond: Spread;
  latencyP50Microseconds: Spread;
  latencyP99Microseconds: Spread;
  lost: number;
  misdirected: number;
  residentMiB: number;
  /** cloakflow's figure over this peer's in the same round; undefined for cloakflow itself. */
  throughputRatio?: Spread;
  /** cloakflow's median latency over this peer's in the same round. */
  latencyRatio?: Spread;
}

export interface PacketInRate {
  switches: number;
  rounds: number;
  figures: PeerFigures[];
}

/** Every round measures each peer once, so that a noisy moment hurts all alike. */
export async function measurePacketInRate(
  rounds: number,
  switches: number,
  progress: (text: string) => void,
): Promise<PacketInRate> {
  const samples = new Map<Peer, { load: LoadResult[]; latency: LoadResult[] }>();
  for (const peer of PEERS) samples.set(peer, { load: [], latency: [] });
  for (let round = 1; round <= rounds; round++) {
    for (const [peer, { load, latency }] of samples) {
      progress(`round ${round}/${rounds}: ${peer.name}`);
      load.push(await generate(peer, ['--switches', String(switches)]));
      latency.push(await generate(peer, ['--latency']));
    }
  }
  const own = [...samples.values()][0]!;
  const figures = [...samples].map(([peer, mine]) => {
    const rate = mine.load.map(each => each.answersPerCpuSecond!);
    const p50 = mine.latency.map(each => each.latencyMicroseconds!.p50);
    const figure: PeerFigures = {
      peer: peer.name,
      perCpuSecond: spread(rate),
      perSecond: spread(mine.load.map(each => each.answersPerSecond)),
      latencyP50Microseconds: spread(p50),
      latencyP99Microseconds: spread(mine.latency.map(each => each.latencyMicroseconds!.p99)),
      lost: mine.load.reduce((total, each) => total + each.lost, 0),
      misdirected: mine.load.reduce((total, each) => total + each.misdirected, 0),
      residentMiB: Math.max(...mine.load.map(each => each.residentBytes! / 2 ** 20)),
    };
    if (mine !== own) {
      figure.throughputRatio = pairedRatio(
        own.load.map(each => each.answersPerCpuSecond!),
        rate,
      );
      figure.latencyRatio = pairedRatio(
        own.latency.map(each => each.latencyMicroseconds!.p50),
        p50,
      );
    }
    return figure;
  });
  return { switches, rounds, figures };
}

/** One run of the load generator against a fresh process of `peer`. */
async function generate(peer: Peer, options: string[]): Promise<LoadResult> {
  const running = await startPeer(peer);
  try {
    const program = fileURLToPath(new URL('./load-generator.js', import.meta.url));
    const args = [program, '--port', String(running.port), '--pid', String(running.pid), ...options];
    return JSON.parse(await output(args)) as LoadResult;
  } finally {
    await running.stop();
  }
}

function output(args: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
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

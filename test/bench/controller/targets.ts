import type { ControllerBenchmark } from './benchmark.js';

/** One claim about the controller, and what was measured. */
export interface Target {
  claim: string;
  limit: number;
  /** What the limit is: the least or the most that will do. */
  bound: 'at least' | 'at most';
  measured: number;
  unit: string;
  reached: boolean;
}

const SATURATING_WINDOW = 256;
const KILOBYTE = 1000;
const MEGABYTE = 1_000_000;

/** Every target whose part was measured. */
export function targetsOf({ packetIn, flowMods, idle }: ControllerBenchmark): Target[] {
  const targets: Target[] = [];
  const add = (
    claim: string,
    bound: Target['bound'],
    limit: number,
    measured: number | undefined,
    unit: string,
  ) => {
    if (measured === undefined) return;
    const reached = bound === 'at least' ? measured >= limit : measured <= limit;
    targets.push({ claim, bound, limit, measured, unit, reached });
  };
  const peer = (name: string) => packetIn?.figures.find(each => each.peer === name);
  const ratio = (name: string) =>
    peer(name)?.throughput.find(each => each.window === SATURATING_WINDOW)?.ratio?.median;
  add(
    'packet-ins per CPU second, against ovs-testcontroller',
    'at least',
    12,
    ratio('ovs-testcontroller'),
    'x',
  );
  add('packet-ins per CPU second, against os-ken', 'at least', 200, ratio('os-ken'), 'x');
  add('packet-ins per CPU second, against the raw baseline', 'at least', 0.7, ratio('raw baseline'), 'x');
  add(
    'median latency, against ovs-testcontroller',
    'at most',
    1.15,
    peer('ovs-testcontroller')?.latencyRatio?.median,
    'x',
  );
  const wrong = packetIn?.figures
    .filter(each => each.peer === 'cloakflow')
    .reduce((sum, each) => sum + each.lost + each.misdirected + each.repeated + each.errors, 0);
  add('packet-ins lost, misdirected, repeated or refused', 'at most', 0, wrong, '');
  const share = Math.max(
    ...(flowMods?.figures ?? [])
      .filter(each => each.client === 'cloakflow')
      .map(each => each.shareOfCeiling!.median),
  );
  add('flow-mods, of what Open vSwitch accepts', 'at least', 90, flowMods && 100 * share, '%');
  add('memory without switches', 'at most', 80, idle && idle.baseBytes / MEGABYTE, 'MB');
  add('memory of an idle switch', 'at most', 64, idle && idle.switches.bytesEach / KILOBYTE, 'kB');
  return targets;
}

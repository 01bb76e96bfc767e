import { type Target, TargetList } from '../report/section.js';
import type { ControllerBenchmark } from './benchmark.js';

const SATURATING_WINDOW = 256;
const KILOBYTE = 1000;
const MEGABYTE = 1_000_000;

/** Every target whose part was measured. */
export function targetsOf({ packetIn, flowMods, idle }: ControllerBenchmark): Target[] {
  const list = new TargetList();
  const peer = (name: string) => packetIn?.figures.find(each => each.peer === name);
  const ratio = (name: string) =>
    peer(name)?.throughput.find(each => each.window === SATURATING_WINDOW)?.ratio?.median;
  list.add(
    'packet-ins per CPU second, against ovs-testcontroller',
    'at least',
    12,
    ratio('ovs-testcontroller'),
    'x',
  );
  list.add('packet-ins per CPU second, against os-ken', 'at least', 200, ratio('os-ken'), 'x');
  list.add(
    'packet-ins per CPU second, against the raw baseline',
    'at least',
    0.7,
    ratio('raw baseline'),
    'x',
  );
  list.add(
    'median latency, against ovs-testcontroller',
    'at most',
    1.15,
    peer('ovs-testcontroller')?.latencyRatio?.median,
    'x',
  );
  const wrong = packetIn?.figures
    .filter(each => each.peer === 'cloakflow')
    .reduce((sum, each) => sum + each.lost + each.misdirected + each.repeated + each.errors, 0);
  list.add('packet-ins lost, misdirected, repeated or refused', 'at most', 0, wrong, '');
  const share = Math.max(
    ...(flowMods?.figures ?? [])
      .filter(each => each.client === 'cloakflow')
      .map(each => each.shareOfCeiling!.median),
  );
  list.add('flow-mods, of what Open vSwitch accepts', 'at least', 90, flowMods && 100 * share, '%');
  list.add('memory without switches', 'at most', 80, idle && idle.baseBytes / MEGABYTE, 'MB');
  list.add('memory of an idle switch', 'at most', 64, idle && idle.switches.bytesEach / KILOBYTE, 'kB');
  return list.targets;
}

import { type Target, TargetList } from '../report/section.js';
import type { MimiqClientBenchmark } from './benchmark.js';

/** Every target of MIMIQ's client side, and what was measured. */
export function mimiqClientTargets({ grid, stock }: MimiqClientBenchmark): Target[] {
  const list = new TargetList();
  const at = (roundTripMs: number, asked: number) =>
    grid.figures.find(each => each.roundTripMs === roundTripMs && each.asked === asked);
  const ratio = at(50, 4)?.ratio.median;
  list.add(
    'throughput at 50 ms and 4 migrations of 100 packets (the paper: 0.90)',
    'at least',
    0.97,
    ratio,
    'x',
  );
  for (const { asked, addedMilliseconds } of grid.figures.filter(({ roundTripMs }) => roundTripMs === 10)) {
    const claim = `added by a migration at 10 ms, ${asked} of 100 packets (the paper: 7 to 64)`;
    list.add(claim, 'at most', 2, addedMilliseconds?.median, 'ms');
  }
  list.add(
    'requests that failed',
    'at most',
    0,
    grid.figures.reduce((sum, each) => sum + each.failed, 0),
    '',
  );
  list.add('an address from the stock', 'at most', 1, stock.medianMilliseconds.median, 'ms');
  return list.targets;
}

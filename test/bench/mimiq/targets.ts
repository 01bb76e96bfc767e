import { type Target, TargetList } from '../report/section.js';
import type { MimiqBenchmark } from './benchmark.js';

/** Every target of MIMIQ's network side, and what was measured. */
export function mimiqTargets({ allocations, dhcp }: MimiqBenchmark): Target[] {
  const list = new TargetList();
  const confirmed = allocations.figures.find(({ rules }) => rules);
  const perSecond = confirmed?.addressesPerSecond.median;
  list.add('addresses a second, durable and with rules confirmed', 'at least', 20_000, perSecond, '');
  const [low, high] = [Math.min(...dhcp.rates), Math.max(...dhcp.rates)];
  for (const server of ['Kea', 'Kea, durable'] as const) {
    const at = (rate: number) => dhcp.figures.find(each => each.server === server && each.offered === rate);
    const completed = at(high)?.completedRatio?.median;
    list.add(`DHCP leases at ${high}/s, against ${server}`, 'at least', 1, completed, 'x');
    const latency = at(low)?.latencyRatio?.median;
    list.add(`DHCP latency at ${low}/s, against ${server}`, 'at most', 1, latency, 'x');
  }
  return list.targets;
}

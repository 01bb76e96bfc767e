/**
 * Allocations a second, and DHCP beside Kea: prints JSON, and writes mimiq.json to the folder. Wants root, Open vSwitch, and
 * Debian's kea-dhcp4-server and kea-admin.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeMachine } from '../report/machine.js';
import { pairedRatio, spread } from '../report/statistics.js';
import { type AllocationResult, measureAllocations } from './allocations.js';
import { measureDhcp } from './dhcp.js';
import { type ForwardingRun, measureForwarding } from './forwarding.js';

export interface MimiqBenchOptions {
  quick: boolean;
  rounds: number;
  folder: string | undefined;
}

export async function benchMimiq({ quick, rounds, folder }: MimiqBenchOptions): Promise<void> {
  const progress = (text: string) => console.error(`bench: ${text}`);

  const allocations: Record<'switch' | 'none', AllocationResult[]> = { switch: [], none: [] };
  const addresses = quick ? 20_000 : 60_000;
  for (let round = 0; round < rounds; round++) {
    for (const rules of ['switch', 'none'] as const) {
      progress(`allocations round ${round + 1}/${rounds}, rules: ${rules}`);
      const result = await measureAllocations({ addresses, perRequest: 32, outstanding: 128, rules });
      allocations[rules].push(result);
    }
  }
  const rates = quick ? [1000, 4000] : [500, 1000, 2000, 4000, 6000, 8000];
  const dhcp = await measureDhcp({ rates, seconds: quick ? 2 : 4, rounds, progress });

  const forwarding = await measureForwarding({ rounds, seconds: quick ? 2 : 5, progress });

  const perRate = rates.map(rate => {
    const own = dhcp.cloakflow[rate]!;
    const kea = dhcp.kea[rate]!;
    const latency = (run: (typeof own)[number]) => run.offerDelay + run.acknowledgeDelay;
    return {
      offered: rate,
      completed: {
        cloakflow: spread(own.map(run => run.completed)),
        kea: spread(kea.map(run => run.completed)),
      },
      completedRatio: pairedRatio(
        own.map(run => run.completed),
        kea.map(run => run.completed),
      ),
      latency: { cloakflow: spread(own.map(latency)), kea: spread(kea.map(latency)) },
      latencyRatio: pairedRatio(own.map(latency), kea.map(latency)),
    };
  });
  const result = {
    machine: describeMachine({ kea: ['kea-dhcp4', '-v'], ovs: ['ovs-vswitchd', '--version'] }),
    allocations: {
      durableAndConfirmed: spread(allocations.switch.map(run => run.addressesPerSecond)),
      durableOnly: spread(allocations.none.map(run => run.addressesPerSecond)),
      median: spread(allocations.switch.map(run => run.median)),
    },
    dhcp: perRate,
    forwarding: forwardingReport(forwarding),
  };
  const text = JSON.stringify(result, null, 2);
  console.log(text);
  if (folder !== undefined) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'mimiq.json'), `${text}\n`);
  }
}

/** Throughput in Mbit/s by family and direction, and what tunnels leave of it. */
function forwardingReport(runs: readonly ForwardingRun[]): object {
  const groups = new Map<string, ForwardingRun[]>();
  for (const run of runs) {
    const name = `IPv${run.family} ${run.direction}`;
    groups.set(name, [...(groups.get(name) ?? []), run]);
  }
  return Object.fromEntries(
    [...groups].map(([name, group]) => {
      const [plain, encapsulated] = [group.map(run => run.plain), group.map(run => run.encapsulated)];
      const ratio = pairedRatio(encapsulated, plain);
      return [name, { plain: spread(plain), encapsulated: spread(encapsulated), ratio }];
    }),
  );
}

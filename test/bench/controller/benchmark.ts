import { describeMachine, type Machine } from '../../../mininet/report/machine.js';
import { type FlowModRate, measureFlowModRate } from './flow-mod-rate.js';
import { type IdleCost, measureIdleCost } from './memory.js';
import { measurePacketInRate, type PacketInRate } from './packet-in-rate.js';
import { measureReconciliation, type Reconciliation } from './reconciliation.js';

export const PARTS = ['packet-in', 'flow-mods', 'reconciliation', 'idle'] as const;
export type Part = (typeof PARTS)[number];

/** What `npm run bench -- controller` found out; the parts that were not asked for are absent. */
export interface ControllerBenchmark {
  /** The command that makes these figures. */
  command: string;
  date: string;
  machine: Machine;
  packetIn?: PacketInRate;
  flowMods?: FlowModRate;
  reconciliation?: Reconciliation;
  idle?: IdleCost;
}

export interface BenchmarkOptions {
  command: string;
  parts: readonly Part[];
  rounds: number;
  /** Shorter runs and smaller sets, to see that everything works. */
  quick: boolean;
  progress: (text: string) => void;
}

export async function measureController(options: BenchmarkOptions): Promise<ControllerBenchmark> {
  const { command, parts, rounds, quick, progress } = options;
  const flows = quick ? 10_000 : 100_000;
  const result: ControllerBenchmark = {
    command,
    date: new Date().toISOString().slice(0, 10),
    machine: describeMachine({
      'Open vSwitch': ['ovs-vswitchd', '--version'],
      'ovs-testcontroller': ['ovs-testcontroller', '--version'],
      'os-ken': ['dpkg-query', '-W', '-f', `$\{Version}`, 'python3-os-ken'],
      Python: ['/usr/bin/python3', '--version'],
    }),
  };
  const part = (name: Part) => (text: string) => progress(`${name}: ${text}`);
  if (parts.includes('packet-in')) {
    result.packetIn = await measurePacketInRate({
      rounds,
      switches: 16,
      windows: [16, 256],
      seconds: quick ? 1 : 3,
      progress: part('packet-in'),
    });
  }
  if (parts.includes('flow-mods')) {
    result.flowMods = await measureFlowModRate(rounds, flows, part('flow-mods'));
  }
  if (parts.includes('reconciliation')) {
    result.reconciliation = await measureReconciliation(rounds, flows, part('reconciliation'));
  }
  if (parts.includes('idle')) {
    result.idle = await measureIdleCost(quick ? 100 : 1000, quick ? 20 : 60, part('idle'));
  }
  return result;
}

/** Flow-mods that a real Open vSwitch takes in a second: from cloakflow, from ovs-ofctl, and from bare C. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sendBundle } from '../../../controller/switch/bundle.js';
import { runCommand } from '../../../mininet/driver/index.js';
import { pairedRatio, type Spread, spread } from '../../../mininet/report/statistics.js';
import { BridgeUnderTest } from './bridge-under-test.js';
import { flowMods, flowsAsBytes, flowsAsText } from './flow-set.js';

export interface FlowModFigures {
  client: string;
  how: string;
  flowsPerSecond: Spread;
  /** This client's rate over that of the C client in the same round; undefined for the C client itself. */
  shareOfCeiling?: Spread;
}

export interface FlowModRate {
  flows: number;
  bytesPerFlow: number;
  rounds: number;
  figures: FlowModFigures[];
}

interface Client {
  name: string;
  how: string;
  /** Installs all flows; resolves with the seconds that it took until the bridge had carried them out. */
  install(bridge: BridgeUnderTest): Promise<number>;
}

const source = fileURLToPath(new URL('../../../../test/bench/controller/flow-mod-client.c', import.meta.url));
const CEILING = 'C client';

/** Each round gives every client a fresh ovs-vswitchd once. Throws when a bridge ends up with the wrong flows. */
export async function measureFlowModRate(
  rounds: number,
  flows: number,
  progress: (text: string) => void,
): Promise<FlowModRate> {
  await using bridge = await BridgeUnderTest.start();
  const program = join(bridge.directory, 'flow-mod-client');
  const encoded = join(bridge.directory, 'flows.bin');
  const text = join(bridge.directory, 'flows.txt');
  const bytes = flowsAsBytes(flows);
  await writeFile(encoded, bytes);
  await writeFile(text, flowsAsText(flows));
  await runCommand(['cc', '-O2', '-o', program, source], { check: true });

  const samples = new Map(clients(flows, { program, encoded, text }).map(client => [client, [] as number[]]));
  for (let round = 1; round <= rounds; round++) {
    for (const [client, rates] of samples) {
      progress(`round ${round}/${rounds}: ${client.name}, ${client.how}`);
      await bridge.renew();
      rates.push(flows / (await client.install(bridge)));
      const installed = await bridge.flowCount();
      if (installed !== flows) throw new Error(`${client.name} installed ${installed} of ${flows} flows`);
    }
  }
  const ceiling = [...samples].find(([client]) => client.name === CEILING)![1];
  const figures = [...samples].map(([{ name, how }, rates]) => ({
    client: name,
    how,
    flowsPerSecond: spread(rates),
    ...(rates === ceiling ? {} : { shareOfCeiling: pairedRatio(rates, ceiling) }),
  }));
  return { flows, bytesPerFlow: bytes.length / flows, rounds, figures };
}

function clients(flows: number, files: { program: string; encoded: string; text: string }): Client[] {
  return [
    {
      name: 'cloakflow',
      how: 'flow-mods and a barrier',
      install: bridge =>
        bridge.withSession(session =>
          timed(async () => {
            const failures = await session.sendAll(flowMods(flows), { timeout: 60_000 });
            if (failures.length > 0) throw failures[0]!.error;
          }),
        ),
    },
    {
      name: 'cloakflow',
      how: 'one bundle',
      install: bridge =>
        bridge.withSession(session =>
          timed(async () => {
            const outcome = await sendBundle(session, 1, [...flowMods(flows)], false);
            if (outcome?.isCommitted !== true) throw new Error('the bundle was refused');
          }),
        ),
    },
    {
      name: CEILING,
      how: 'flow-mods encoded before, and a barrier',
      install: async bridge => {
        const { stdout } = await runCommand([files.program, bridge.socket, files.encoded], { check: true });
        const [nanoseconds, errors] = stdout.trim().split(' ').map(Number);
        if (errors !== 0) throw new Error(`the C client got ${errors} errors`);
        return nanoseconds! / 1e9;
      },
    },
    {
      name: 'ovs-ofctl --bundle add-flows',
      how: 'one bundle, from text',
      install: bridge => timed(() => bridge.ofctlBundle(['add-flows', files.text])),
    },
    {
      name: 'ovs-ofctl add-flows',
      how: 'from text',
      install: bridge => timed(() => bridge.ofctl(['add-flows', files.text])),
    },
  ];
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const begin = process.hrtime.bigint();
  await work();
  return Number(process.hrtime.bigint() - begin) / 1e9;
}

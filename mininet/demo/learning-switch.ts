import { type EmulatedNetwork, until } from '../driver/index.js';
import type { Stage } from './stage.js';

/** A ring of four switches, in which a plain flood would circle for ever: hosts reach each other all the same. */
export async function learningSwitch(stage: Stage): Promise<void> {
  const controller = await stage.startController(['learning-switch']);
  const network = await stage.startNetwork('loop', controller);
  const switches = network.switches.size;
  stage.show(`${network.hosts.size} hosts, ${switches} switches in a ring, ${network.datapath} datapath`);

  stage.tell('cloakflow switches');
  await until(
    'the switches to connect',
    async () => JSON.parse(await stage.cloakflow(['switches', '--json'])).length === switches,
    { signal: stage.signal },
  );
  stage.show(await stage.cloakflow(['switches']));

  stage.tell(
    'The controller finds the links with LLDP and opens a loop-free tree; then every host pings every other',
  );
  for (const host of ['h2', 'h3', 'h4']) {
    await until(`the first ping to ${host} to get through`, () => pings(network, 'h1', host), {
      signal: stage.signal,
      timeout: 30_000,
    });
  }
  stage.show(await pingAll(stage, network));

  const { bridge } = network.switch('s1');
  stage.tell(`cloakflow flows ${bridge}  (s1: who owns each flow, and how many packets used it)`);
  stage.show(await stage.cloakflow(['flows', bridge]));

  stage.tell('The link s1 – s2 goes down; the tree is opened another way round');
  await network.link('s1', 's2').down();
  await until('h1 to reach h2 by the other way', () => pings(network, 'h1', 'h2'), {
    signal: stage.signal,
    timeout: 30_000,
  });
  stage.show(await pingAll(stage, network));
}

async function pings(network: EmulatedNetwork, from: string, to: string): Promise<boolean> {
  const { exitCode } = await network.host(from).run(['ping', '-c1', '-W1', network.host(to).ip]);
  return exitCode === 0;
}

/** A table of which host reaches which. Throws when one does not reach another. */
async function pingAll(stage: Stage, network: EmulatedNetwork): Promise<string> {
  const names = [...network.hosts.keys()];
  const lines: string[] = [];
  for (const from of names) {
    const others = names.filter(name => name !== from);
    const results = await Promise.all(
      others.map(async to => {
        stage.signal.throwIfAborted();
        const argv = ['ping', '-c3', '-i0.2', '-W2', network.host(to).ip];
        const { stdout, exitCode } = await network.host(from).run(argv, { signal: stage.signal });
        if (exitCode !== 0) throw new Error(`${from} does not reach ${to}:\n${stdout}`);
        return `${to} ${/= [\d.]+\/([\d.]+)\//.exec(stdout)?.[1] ?? '?'} ms`;
      }),
    );
    lines.push(`${from} → ${results.join('   ')}`);
  }
  return lines.join('\n');
}

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { mimiqSettings } from '../../../mininet/demo/mimiq-settings.js';
import {
  type EmulatedHost,
  type EmulatedNetwork,
  emulate,
  RunningCommand,
  runCommand,
  until,
} from '../../../mininet/driver/index.js';
import { prepareMimiqClient, requestAddresses } from '../../../mininet/traffic/mimiq-client.js';
import { Stream, startEcho } from '../../../mininet/traffic/stream.js';
import { addTunnelPorts, tunnelsReady } from '../../../mininet/traffic/tunnel-ports.js';
import { withOwnEtc } from '../../live/mimiq/own-etc.js';
import { SERVER4, SERVER6 } from './mimiq-network.js';

const CLI = fileURLToPath(new URL('../../../controller/cli/main.js', import.meta.url));
const CLIENTS = ['c1', 'c2', 'c3', 'c4', 'c5', 'c6'];

/** `cloakflow run` in a process of its own that may be killed, and the network under it. */
describe('the whole of MIMIQ', () => {
  let folder: string;
  let network: EmulatedNetwork;
  let controller: RunningCommand;
  const admin = () => join(folder, 'admin.sock');

  const startController = async () => {
    controller = await RunningCommand.spawn([
      ...[process.execPath, CLI, 'run', join(folder, 'cloakflow.yaml'), '--admin', admin()],
    ]);
    await controller.printed(/listening/);
  };
  const cloakflow = async (...args: string[]): Promise<unknown> => {
    const argv = [process.execPath, CLI, ...args, '--json', '--admin', admin()];
    return JSON.parse((await runCommand(argv, { check: true })).stdout);
  };
  const allConnected = () =>
    until('five switches', async () => ((await cloakflow('switches')) as unknown[]).length === 5, {
      timeout: 60_000,
    });
  const pings = async (host: EmulatedHost, from: string, to: string) =>
    (await host.run(['ping', '-n', '-c1', '-W1', '-I', from, to])).exitCode === 0;
  /** Everything that all switches have of the app, without counters and without what the controller calls its flows. */
  const rules = async () => {
    const texts: string[] = [];
    for (const name of ['edge1', 'edge2', 'access1', 'access2', 'access3']) {
      const text = await network.switch(name).ofctl('dump-flows');
      texts.push(
        ...text
          .split('\n')
          .filter(line => line.includes('cookie='))
          .map(line => `${name} ${line.replace(/ (duration|n_packets|n_bytes)=[^ ]*/g, '')}`),
      );
    }
    return texts.sort();
  };

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cloakflow-test-'));
    const socket = join(folder, 'openflow.sock');
    const settings = mimiqSettings({ store: join(folder, 'mimiq.db') });
    const config = {
      listen: [`punix:${socket}`],
      discovery: { enabled: false },
      apps: [{ mimiq: settings }],
    };
    await writeFile(join(folder, 'cloakflow.yaml'), JSON.stringify(config));
    await startController();
    network = await emulate('mimiq', { controller: `unix:${socket}` });
    await addTunnelPorts(network);
    await allConnected();
    await tunnelsReady(network);
    for (const name of CLIENTS) await prepareMimiqClient(network.host(name));
  });
  after(async () => {
    await network?.stop();
    await controller?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it('gives a host that knows DHCP only an address of each family, which reach the server', async () => {
    const host = network.host('dhcp-only');
    for (const [family, to] of [
      ['-4', SERVER4],
      ['-6', SERVER6],
    ] as const) {
      const files = ['-lf', join(folder, `leases${family}`), '-pf', join(folder, `pid${family}`)];
      const client = await host.spawn(withOwnEtc(['dhclient', family, '-d', ...files, 'eth0']));
      const scope = family === '-4' ? /inet (10\.64\.[\d.]+)/ : /inet6 (2001:db8:64:[\da-f:]+)/;
      const from = await until(
        `an address of IPv${family.slice(1)}`,
        async () => scope.exec((await host.run(['ip', 'addr', 'show', 'dev', 'eth0'])).stdout)?.[1],
        { timeout: 60_000 },
      );
      await until(`the server from ${from}`, () => pings(host, from, to), { timeout: 60_000 });
      await client.stop('SIGKILL');
    }
  });

  it('survives SIGKILL of its controller: rules and leases agree again, nothing is given out twice, no packet is lost', async () => {
    const echo = await startEcho(network.host('server'));
    const held = new Map<string, string[]>();
    for (const name of CLIENTS) {
      const host = network.host(name);
      held.set(name, [...(await requestAddresses(host, 6, 8)), ...(await requestAddresses(host, 4, 4))]);
    }
    const [first] = held.get('c1')!;
    await until('c1 to reach the server', () => pings(network.host('c1'), first!, SERVER6));
    const stream = await Stream.start(network.host('c1'), SERVER6, 10);
    await stream.hop(first!);
    const before = await rules();

    controller.kill('SIGKILL');
    await controller.exited;
    await stream.more(50);
    await startController();
    await allConnected();
    await until('rules as before', async () => {
      const now = await rules();
      return now.length === before.length && now.every((rule, index) => rule === before[index]);
    });
    const leases = (await cloakflow('mimiq', 'leases')) as { address: string; state: string }[];
    const known = new Set(leases.filter(({ state }) => state === 'held').map(({ address }) => address));
    for (const address of [...held.values()].flat())
      expect(known.has(address), 'a lease is lost').to.equal(true);

    for (const name of CLIENTS) {
      const host = network.host(name);
      held.get(name)!.push(...(await requestAddresses(host, 6, 8)), ...(await requestAddresses(host, 4, 4)));
    }
    const all = [...held.values()].flat();
    expect(new Set(all).size).to.equal(all.length);
    for (const name of CLIENTS) {
      const newest = held.get(name)!.at(-5)!;
      await until(`${name} at its newest address`, () => pings(network.host(name), newest, SERVER6));
    }
    await stream.more(50);
    expect((await stream.stop()).missing).to.deep.equal([]);
    await echo.stop();
  });
});

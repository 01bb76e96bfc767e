import { expect } from 'chai';
import { z } from 'zod';
import { builtInApps } from '../../../apps/index.js';
import { defineApp, parseConfig } from '../../../controller/host/index.js';
import { OvsSandbox, type SandboxHost, until } from '../../../mininet/driver/index.js';
import { type LiveController, startController } from './live-controller.js';

const CONFIG = 'apps: [learning-switch]\ndiscovery: {interval: 1, hold: 0.4}';
const NOTHING = { added: 0, changed: 0, removed: 0, refused: 0 };

describe('the learning switch on Open vSwitch', () => {
  let sandbox: OvsSandbox;
  let live: LiveController;
  let one: SandboxHost;
  let two: SandboxHost;

  before(async () => {
    sandbox = await OvsSandbox.start();
    await sandbox.addBridge('br0', { controllers: [sandbox.controllerSocket('br0')] });
    one = await sandbox.addHost('br0', { addresses: ['10.0.0.1/24', 'fd00::1/64'] });
    two = await sandbox.addHost('br0', { addresses: ['10.0.0.2/24', 'fd00::2/64'] });
  });
  after(async () => {
    await live?.stop();
    await sandbox?.stop();
  });

  const start = async () => {
    live = await startController(sandbox, ['br0'], CONFIG);
    return (await live.compared())[0]!;
  };
  const settled = () =>
    until('the ports have proved themselves', () => {
      const { controller } = live;
      const [sw] = controller.connected.values();
      return sw !== undefined && controller.discovery.isSettled(sw);
    });
  /** Flows by their text, without counters. */
  const flows = async () =>
    (await sandbox.ofctl(['--no-stats', 'dump-flows', 'br0']))
      .split('\n')
      .filter(line => line.includes('cookie='))
      .map(line => line.trim())
      .sort();
  /** Those that stay without traffic: whom the hosts talk to, and when, is theirs to choose. */
  const standing = async () => (await flows()).filter(line => !line.includes('timeout'));
  const durations = async () =>
    [...(await sandbox.ofctl(['dump-flows', 'br0'])).matchAll(/duration=([\d.]+)s/g)].map(([, text]) =>
      Number(text),
    );

  it('lets hosts reach each other over IPv4 and IPv6', async () => {
    expect(await start()).to.deep.include({ added: 3, changed: 0, removed: 0, refused: 0 });
    await settled();
    for (const address of ['10.0.0.2', 'fd00::2']) {
      const { stdout } = await one.run(['ping', '-c', '3', '-i', '0.1', '-W', '5', address]);
      expect(stdout).to.include('3 received');
    }
    expect(live.controller.appSummaries()[0]!.failures).to.equal(0);
    expect(live.log.filter(({ id }) => id === 'switch-error')).to.deep.equal([]);
  });

  it('finds everything right when the connection comes back', async () => {
    const before = await flows();
    for (const session of live.controller.connections.sessions.values()) session.close();
    const [record] = await live.compared();
    expect(record).to.deep.include(NOTHING);
    expect(await flows()).to.deep.equal(before);
  });

  it('loses no packet and no flow while the controller is away and when it comes back', async () => {
    const before = await flows();
    const oldest = Math.max(...(await durations()));
    const ping = await one.spawn(['ping', '-c', '40', '-i', '0.1', '-W', '5', two.ip]);
    await ping.printed(/icmp_seq=5 /);
    await live.stop();
    await ping.printed(/icmp_seq=15 /);
    expect(await start()).to.deep.include(NOTHING);
    await settled();
    await ping.exited;
    expect(ping.stdout).to.include('40 received');
    expect(await flows()).to.deep.equal(before);
    expect(Math.max(...(await durations()))).to.be.greaterThan(oldest);
  });

  it('loses no packet when the configuration changes: other settings, an app before it, an app taken away', async () => {
    const shim = defineApp({
      name: 'shim',
      summary: 'Sends everything on.',
      config: z.strictObject({}),
      tables: [{ name: 'all', miss: 'next' }],
      endsPipeline: false,
      start: () => ({}),
    });
    const ping = await one.spawn(['ping', '-c', '40', '-i', '0.1', '-W', '5', two.ip]);
    await ping.printed(/icmp_seq=3 /);
    const steps = [
      ['[{learning-switch: {idleTimeout: 90}}]', 10],
      ['[shim, {learning-switch: {idleTimeout: 90}}]', 20],
      ['[learning-switch]', 30],
    ] as const;
    for (const [apps, next] of steps) {
      const config = await parseConfig(`apps: ${apps}`, { builtIn: [...builtInApps, shim] });
      await live.controller.apply({ ...config, listen: [...live.controller.listening] });
      await ping.printed(new RegExp(`icmp_seq=${next} `));
    }
    await ping.exited;
    expect(ping.stdout).to.include('40 received');
    expect(live.log.filter(({ id }) => id === 'app-failed' || id === 'flow-refused')).to.deep.equal([]);
  });

  it('has everything back after a restart of ovs-vswitchd', async () => {
    const wanted = await standing();
    await sandbox.restartVswitchd('SIGKILL');
    await live.compared();
    expect(await standing()).to.deep.equal(wanted);
    await settled();
    const { stdout } = await one.run(['ping', '-c', '2', '-i', '0.1', '-W', '5', two.ip]);
    expect(stdout).to.include('2 received');
  });

  it('removes the flows of an app that is stopped', async () => {
    const before = await standing();
    expect(before).to.have.length(3);
    await live.controller.stopApp('learning-switch');
    await until('only the flow of the host is left', async () => (await flows()).length === 1);
    await live.controller.startApp('learning-switch');
    await until('the flows are back', async () => (await standing()).join() === before.join());
  });
});

describe('the learning switch on a ring of bridges', () => {
  const BRIDGES = ['br1', 'br2', 'br3'];
  let sandbox: OvsSandbox;
  let live: LiveController;
  const hosts: SandboxHost[] = [];

  before(async () => {
    sandbox = await OvsSandbox.start();
    for (const [index, bridge] of BRIDGES.entries()) {
      await sandbox.addBridge(bridge, {
        controllers: [sandbox.controllerSocket(bridge)],
        datapathId: `000000000000000${index + 1}`,
      });
      hosts.push(await sandbox.addHost(bridge, { addresses: [`10.0.0.${index + 1}/24`] }));
    }
    for (const [index, bridge] of BRIDGES.entries()) await patch(bridge, BRIDGES[(index + 1) % 3]!);
    live = await startController(sandbox, BRIDGES, CONFIG);
    await live.compared(3);
    await treeOf(6);
  });
  after(async () => {
    await live?.stop();
    await sandbox?.stop();
  });

  async function patch(a: string, b: string): Promise<void> {
    for (const [from, to] of [
      [a, b],
      [b, a],
    ]) {
      await sandbox.vsctl([
        ...['add-port', from!, `${from}-${to}`, '--', 'set', 'interface', `${from}-${to}`],
        ...['type=patch', `options:peer=${to}-${from}`],
      ]);
    }
  }

  const treeOf = (directions: number) =>
    until(`${directions} directions of links are known and every port has a role`, () => {
      const { discovery, connected } = live.controller;
      const switches = [...connected.values()];
      return discovery.directions().length === directions && switches.every(sw => discovery.isSettled(sw));
    });

  it('reaches every host from every other, without a packet coming twice', async () => {
    for (const from of hosts) {
      for (const to of hosts) {
        if (from === to) continue;
        const { stdout } = await from.run(['ping', '-c', '2', '-i', '0.1', '-W', '5', to.ip]);
        expect(stdout).to.include('2 received').and.not.include('DUP');
      }
    }
  });

  it('goes the other way round when a link is cut', async () => {
    const [first, second] = hosts as [SandboxHost, SandboxHost];
    await sandbox.vsctl(['del-port', 'br1', 'br1-br2', '--', 'del-port', 'br2', 'br2-br1']);
    await treeOf(4);
    const reaches = async () => (await first.run(['ping', '-c', '1', '-W', '1', second.ip])).exitCode === 0;
    await until('the datapaths have taken the new way over', reaches);
    const { stdout } = await first.run(['ping', '-c', '3', '-i', '0.1', '-W', '5', second.ip]);
    expect(stdout).to.include('3 received');
  });
});

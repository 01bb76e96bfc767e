import { expect } from 'chai';
import { z } from 'zod';
import { type AppDefinition, defineApp } from '../../../controller/host/index.js';
import type { Switch } from '../../../controller/switch/index.js';
import { OvsSandbox, type SandboxHost, until } from '../../../mininet/driver/index.js';
import { type LiveController, startController } from './live-controller.js';

/** An app that takes the packets of one port, and `milliseconds` for each. */
class Worker {
  packets = 0;
  sw: Switch | undefined;
  readonly app: AppDefinition;

  constructor(name: string, port: number, milliseconds: number) {
    this.app = defineApp({
      name,
      summary: 'Takes the packets of one port.',
      config: z.strictObject({}),
      tables: [{ name: 'all', miss: 'next' }],
      endsPipeline: false,
      start: context => ({
        switchUp: sw => {
          this.sw = sw;
          context.wanted(sw).setFlow('punt', {
            tableId: context.table('all'),
            match: { inPort: port },
            instructions: [
              { type: 'apply-actions', actions: [{ type: 'output', port: 0xffff_fffd, maxLen: 0xffff }] },
            ],
          });
        },
        packetIn: () => {
          this.packets++;
          const end = performance.now() + milliseconds;
          while (performance.now() < end);
        },
      }),
    });
  }
}

/**
 * Sends some thousand frames a second until it is stopped: more than the slow app can work on, and few enough
 * that Open vSwitch does not drop them by itself.
 */
const FLOOD = `
import socket, time
out = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
out.bind(('eth0', 0))
frame = bytes.fromhex('ffffffffffff' '020000000001' '88b5') + bytes(50)
print('started', flush=True)
while True:
    time.sleep(0.01)
    for _ in range(40):
        try:
            out.send(frame)
        except OSError:
            pass
`;

describe('a flood of packets to the controller', () => {
  let sandbox: OvsSandbox;
  let live: LiveController | undefined;
  let one: SandboxHost;
  let two: SandboxHost;
  let slow: Worker;
  let calm: Worker;
  const cleanups: (() => unknown)[] = [];

  before(async () => {
    sandbox = await OvsSandbox.start();
    await sandbox.addBridge('br0', { controllers: [sandbox.controllerSocket('br0')] });
    one = await sandbox.addHost('br0', { addresses: ['10.0.0.1/24'] });
    two = await sandbox.addHost('br0', { addresses: ['10.0.0.2/24'] });
  });
  beforeEach(() => {
    slow = new Worker('slow', 1, 4);
    calm = new Worker('calm', 2, 0);
  });
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
    await live?.stop();
    live = undefined;
  });
  after(() => sandbox?.stop());

  const start = async (settings = '') => {
    const config = `apps: [slow, calm]\ndiscovery: {enabled: false}\n${settings}`;
    live = await startController(sandbox, ['br0'], config, [slow.app, calm.app]);
    await live.compared();
    return live.controller;
  };
  const flood = async () => {
    const running = await one.spawn(['/usr/bin/python3', '-c', FLOOD]);
    cleanups.push(() => running.stop('SIGKILL'));
    await running.printed(/started/);
  };

  it('does not keep barriers, echoes, changes of ports or another app waiting', async () => {
    const { packetIns } = (await start()).connections;
    await flood();
    await until('packets to wait', () => packetIns.waiting > 100);
    for (let round = 0; round < 10; round++) {
      await slow.sw!.barrier({ timeout: 60_000 });
      await slow.sw!.request({ type: 'echo-request', data: '' }, { timeout: 60_000 });
    }
    const ping = await two.spawn(['ping', '-i', '0.05', '10.0.0.77']);
    cleanups.push(() => ping.stop('SIGKILL'));
    await until('packets of the other app', () => calm.packets > 3);
    expect(packetIns.waiting).to.be.greaterThan(0);
    await sandbox.vsctl(['del-port', 'br0', two.port]);
    await until('the end of the port', () => !slow.sw!.ports.has(two.ofport));
    await sandbox.vsctl([
      'add-port',
      'br0',
      two.port,
      '--',
      'set',
      'Interface',
      two.port,
      'ofport_request=2',
    ]);
    await until('drops', () => packetIns.dropped > 0);
    expect(live!.log.some(({ id, app }) => id === 'packet-ins-dropped' && app === 'slow')).to.equal(true);
    expect(live!.log.filter(({ id }) => id === 'switch-disconnected')).to.deep.equal([]);
  });

  it('is cut to the limit of the port before an app sees it', async () => {
    const controller = await start('limits: {packetInsPerPort: {packetsPerSecond: 5, burst: 5}}');
    await flood();
    await until('refused packets', () => controller.connections.counts.limitedPacketIns > 500);
    expect(slow.packets).to.be.lessThan(100);
    expect(controller.connections.packetIns.dropped).to.equal(0);
  });
});

import { expect } from 'chai';
import { z } from 'zod';
import { type AppContext, type AppInstance, defineApp } from '../../../controller/host/index.js';
import type { FlowRemoved, PortChange, Switch } from '../../../controller/switch/index.js';
import { OvsSandbox, type SandboxHost, until } from '../../../mininet/driver/index.js';
import { type LiveController, startController } from './live-controller.js';

/** What the test's app was told, and what it does. */
class Probe {
  context!: AppContext;
  sw: Switch | undefined;
  readonly removed: FlowRemoved[] = [];
  readonly ports: PortChange[] = [];
  packets = 0;
  onSwitch: (sw: Switch) => void = () => {};

  readonly app = defineApp({
    name: 'probe',
    summary: 'Does what the test asks.',
    config: z.strictObject({}),
    tables: [{ name: 'all', miss: 'own' }],
    endsPipeline: true,
    start: context => {
      this.context = context;
      const instance: AppInstance = {
        switchUp: sw => {
          this.sw = sw;
          this.onSwitch(sw);
        },
        packetIn: () => {
          this.packets++;
        },
        flowRemoved: (_sw, removed) => {
          this.removed.push(removed);
        },
        portStatus: (_sw, change) => {
          this.ports.push(change);
        },
      };
      return instance;
    },
  });
}

describe('what apps can do to Open vSwitch', () => {
  let sandbox: OvsSandbox;
  let live: LiveController | undefined;
  let probe: Probe;
  let one: SandboxHost;
  let two: SandboxHost;

  before(async () => {
    sandbox = await OvsSandbox.start();
    await sandbox.addBridge('br0', { controllers: [sandbox.controllerSocket('br0')] });
    one = await sandbox.addHost('br0', { addresses: ['10.0.0.1/24'] });
    two = await sandbox.addHost('br0', { addresses: ['10.0.0.2/24'] });
    // Nobody has to be asked for it, through a bridge that lets little pass.
    await one.run(['ip', 'neigh', 'replace', two.ip, 'lladdr', two.mac, 'dev', 'eth0'], { check: true });
  });
  after(() => sandbox?.stop());
  beforeEach(() => {
    probe = new Probe();
  });
  afterEach(async () => {
    await live?.stop();
    live = undefined;
  });

  const start = async (settings = '') => {
    const config = `apps: [probe]\ndiscovery: {enabled: false}\n${settings}`;
    live = await startController(sandbox, ['br0'], config, [probe.app]);
    await live.compared();
    return probe.sw!;
  };
  const dump = (what: string) => sandbox.ofctl([`dump-${what}`, 'br0']);
  const reaches = async (from: SandboxHost, to: SandboxHost, count = 1) =>
    (await from.run(['ping', '-c', String(count), '-i', '0.01', '-W', '1', to.ip])).exitCode === 0;

  it('forwards by groups, and changes a group under the flows that use it', async () => {
    const tableId = 0;
    const flow = (groupId: number) => ({
      tableId,
      instructions: [{ type: 'apply-actions', actions: [{ type: 'group', groupId }] }] as const,
    });
    const bucket = (...ports: number[]) =>
      ports.map(port => ({ actions: [{ type: 'output', port, maxLen: 0 }] as const }));
    probe.onSwitch = sw => {
      const wanted = probe.context.wanted(sw);
      wanted.setFlow('by-group', flow(wanted.setGroup('both', { groupType: 'all', buckets: bucket(1, 2) })));
    };
    const sw = await start();
    await until('the way', () => reaches(one, two));
    expect(await dump('groups')).to.match(/type=all,bucket=actions=output:.*bucket=actions=output:/);
    probe.context.wanted(sw).setGroup('both', { groupType: 'all', buckets: bucket(1) });
    await sw.flushed();
    await until('the cut', async () => !(await reaches(one, two)));
    probe.context.wanted(sw).clear();
    await sw.flushed();
    expect(await dump('groups')).to.not.contain('group_id');
  });

  it('limits by meters', async () => {
    probe.onSwitch = sw => {
      const wanted = probe.context.wanted(sw);
      const meterId = wanted.setMeter('trickle', {
        flags: ['pktps', 'burst', 'stats'],
        bands: [{ type: 'drop', rate: 1, burstSize: 1 }],
      });
      wanted.setFlow('metered', {
        tableId: 0,
        instructions: [
          { type: 'meter', meterId },
          { type: 'apply-actions', actions: [{ type: 'output', port: 0xffff_fffb, maxLen: 0 }] },
        ],
      });
    };
    const sw = await start();
    expect(await dump('meters')).to.match(/pktps burst stats.*\n?.*type=drop rate=1 burst_size=1/);
    await one.run(['ping', '-c', '20', '-i', '0.01', '-W', '1', two.ip]);
    const stats = await sandbox.ofctl(['meter-stats', 'br0']);
    const [, packets] = /packet_in_count:(\d+)/.exec(stats)!;
    const [, dropped] = /bands:\s*\n?\s*0: packet_count:(\d+)/.exec(stats)!;
    expect(Number(packets)).to.be.greaterThan(0);
    expect(Number(dropped)).to.be.greaterThan(0);
    probe.context.wanted(sw).clear();
    await sw.flushed();
    expect(await dump('meters')).to.not.contain('meter=');
  });

  it('takes ports down and up, and hears of it', async () => {
    const sw = await start();
    const { hwAddr } = sw.ports.get(one.ofport)!;
    const set = (config: readonly 'port-down'[]) =>
      sw.send({
        type: 'port-mod',
        portNo: one.ofport,
        hwAddr,
        config,
        mask: ['port-down'],
        advertise: [],
      });
    set(['port-down']);
    await until('the port to go down', () =>
      probe.ports.some(({ isUp, port }) => port.portNo === 1 && !isUp),
    );
    expect(sw.ports.get(one.ofport)!.config).to.include('port-down');
    set([]);
    await until('the port to come up', () => probe.ports.at(-1)?.isUp === true);
    expect(sw.ports.get(one.ofport)!.config).to.not.include('port-down');
  });

  it('hears of the end of its flows, with their counters, and of nobody else’s', async () => {
    const sw = await start();
    const { context } = probe;
    const flow = { type: 'flow-mod', tableId: 0, priority: 7, flags: ['send-flow-rem'] } as const;
    sw.send({ ...flow, cookie: 0x77n, match: { inPort: 9 }, hardTimeout: 1 });
    sw.send({ ...flow, cookie: context.shortLivedCookie(5), match: { inPort: 8 }, hardTimeout: 1 });
    await until('the end', () => probe.removed.length > 0);
    expect(probe.removed).to.have.length(1);
    expect(probe.removed[0]).to.deep.include({
      reason: 'hard-timeout',
      cookie: context.shortLivedCookie(5),
      match: { inPort: 8 },
    });
  });

  it('punts no more than the limit that a meter of the switch holds', async () => {
    probe.onSwitch = sw => {
      probe.context.wanted(sw).setFlow('miss', {
        tableId: 0,
        instructions: [
          ...probe.context.punt(sw),
          { type: 'apply-actions', actions: [{ type: 'output', port: 0xffff_fffd, maxLen: 0xffff }] },
        ],
      });
    };
    await start('limits: {punt: {packetsPerSecond: 2, burst: 2}}');
    expect(await sandbox.ofctl(['dump-flows', 'br0'])).to.match(/actions=meter:\d+,CONTROLLER/);
    await one.run(['ping', '-q', '-c', '200', '-i', '0.002', '-W', '1', two.ip]);
    const [, counted] = /packet_in_count:(\d+)/.exec(await sandbox.ofctl(['meter-stats', 'br0']))!;
    await until('packets', () => probe.packets > 0);
    expect(probe.packets).to.be.lessThan(Number(counted) / 2);
  });

  it('reports by itself only what the configuration asks for', async () => {
    const sw = await start('asynchronous: {portStatus: [], flowRemoved: [idle-timeout]}');
    const reply = await sw.request({ type: 'get-async-request' });
    expect(reply.portStatusMaskMaster).to.deep.equal([]);
    expect(reply.flowRemovedMaskMaster).to.deep.equal(['idle-timeout']);
    const { hwAddr } = sw.ports.get(one.ofport)!;
    const down = { portNo: one.ofport, hwAddr, mask: ['port-down'], advertise: [] } as const;
    sw.send({ type: 'port-mod', ...down, config: ['port-down'] });
    sw.send({ type: 'port-mod', ...down, config: [] });
    await sw.barrier();
    const { shortLivedCookie } = probe.context;
    const flow = {
      type: 'flow-mod',
      tableId: 0,
      flags: ['send-flow-rem'],
      cookie: shortLivedCookie(),
    } as const;
    sw.send({ ...flow, match: { inPort: 8 }, hardTimeout: 1 });
    sw.send({ ...flow, match: { inPort: 9 }, idleTimeout: 1 });
    await until('the end of a flow', () => probe.removed.length > 0);
    expect(probe.removed.map(({ reason }) => reason)).to.deep.equal(['idle-timeout']);
    expect(probe.ports).to.deep.equal([]);
  });
});

import { expect } from 'chai';
import { z } from 'zod';
import { type AppContext, type AppDefinition, defineApp } from '../../../controller/host/index.js';
import { Port } from '../../../controller/openflow/index.js';
import type {
  Action,
  Instruction,
  Match,
  Refusal,
  WantedFlow,
  WantedState,
} from '../../../controller/switch/index.js';
import { OvsSandbox, until } from '../../../mininet/driver/index.js';
import { type LiveController, startController } from './live-controller.js';

const NOTHING = { added: 0, changed: 0, removed: 0, refused: 0 };
const apply = (...actions: Action[]): Instruction[] => [{ type: 'apply-actions', actions }];
const output = (port: number): Action => ({ type: 'output', port });

/** Matches in as many forms as an app may write them. */
const MATCHES: Match[] = [
  { inPort: 1 },
  { ethDst: 0x0200_0000_0001, ethSrc: '02:00:00:00:00:02' },
  { ethDst: { value: '01:00:5e:00:00:00', mask: 'ff:ff:ff:80:00:00' } },
  { ethDst: { value: '02:00:00:00:00:09', mask: 'ff:ff:ff:ff:ff:ff' }, inPort: 3 },
  { vlanVid: 0 },
  { vlanVid: 0x1064 },
  { vlanVid: { value: 0x1000, mask: 0x1000 } },
  { vlanVid: { value: 0x1003, mask: 0x1fff } },
  { vlanVid: 0x1064, vlanPcp: 5 },
  { ethType: 0x0806, arpOp: 1, arpTpa: '10.0.0.1' },
  { ethType: 0x0806, arpSpa: { value: '10.0.0.0', mask: '255.255.255.0' }, arpSha: '02:00:00:00:00:01' },
  { ethType: 0x0800 },
  { ipProto: 6, ethType: 0x0800, tcpDst: 443, ipv4Dst: '10.0.0.1' },
  { ethType: 0x0800, ipv4Dst: { value: '10.1.0.0', mask: '255.255.0.0' } },
  { ethType: 0x0800, ipv4Src: { value: '0.0.0.1', mask: '0.0.0.255' } },
  { ethType: 0x0800, ipv4Dst: { value: '10.0.0.77', mask: '255.255.255.255' } },
  { ethType: 0x0800, ipDscp: 10, ipEcn: 1 },
  { ethType: 0x0800, ipProto: 6, tcpFlags: { value: 2, mask: 2 } },
  { ethType: 0x0800, ipProto: 6, tcpFlags: 0x10 },
  { ethType: 0x0800, ipProto: 17, udpSrc: { value: 0x1000, mask: 0xf000 } },
  { ethType: 0x0800, ipProto: 1, icmpv4Type: 8, icmpv4Code: 0 },
  { ethType: 0x0800, ipProto: 132, sctpDst: 7 },
  { ethType: 0x86dd, ipv6Dst: 'fd00::1' },
  { ethType: 0x86dd, ipv6Dst: { value: 'fd80:0:0:0:a1::', mask: 'ffff:0:0:0:ff::' } },
  { ethType: 0x86dd, ipv6Flabel: { value: 0x10, mask: 0xfffff } },
  {
    ethType: 0x86dd,
    ipProto: 58,
    icmpv6Type: 135,
    icmpv6Code: 0,
    ipv6NdTarget: 'fd00::2',
    ipv6NdSll: '02:00:00:00:00:01',
  },
  { ethType: 0x86dd, ipProto: 58, icmpv6Type: 136, icmpv6Code: 0, ipv6NdTll: '02:00:00:00:00:01' },
  { ethType: 0x8847, mplsLabel: 100, mplsBos: 1, mplsTc: 2 },
  { metadata: { value: 0x1234n, mask: 0xffffn } },
  { metadata: 77 },
  { tunnelId: 5 },
  { tunnelId: { value: 0x10, mask: 0xf0 } },
  { tunIpv4Src: '192.0.2.1' },
  { reg0: 1, reg15: { value: 2, mask: 3 } },
  { xreg1: 0x1_0000_0001n },
  { xxreg0: '0x00010002000300040005000600070008' },
  { pktMark: 3 },
  { ethType: 0x0800, ctState: { value: 0x21, mask: 0x21 }, ctZone: 7, ctMark: 9 },
  { ethType: 0x0800, ctState: { value: 0x22, mask: 0x22 }, ctNwSrc: '10.0.0.9' },
  { actsetOutput: 3 },
] as Match[];

const INSTRUCTIONS: Instruction[][] = [
  [],
  apply(),
  apply(output(1)),
  apply({ type: 'output', port: 1, maxLen: 100 }, output(2), output(1)),
  apply({ type: 'output', port: Port.CONTROLLER, maxLen: 128 }),
  apply(output(Port.IN_PORT), output(Port.FLOOD), output(Port.LOCAL), output(Port.NORMAL)),
  [{ type: 'goto-table', tableId: 1 }],
  [{ type: 'goto-table', tableId: 1 }, ...apply(output(1))],
  [
    { type: 'write-metadata', metadata: 0x12, mask: 0xff },
    { type: 'goto-table', tableId: 1 },
  ],
  [{ type: 'write-actions', actions: [output(2)] }],
  [{ type: 'clear-actions' }, { type: 'goto-table', tableId: 1 }],
  apply({ type: 'set-field', field: { ethDst: '02:00:00:00:00:07' } }, output(1)),
  apply(
    { type: 'push-vlan', etherType: 0x8100 },
    { type: 'set-field', field: { vlanVid: 0x1005 } },
    output(1),
  ),
  apply({ type: 'set-field', field: { tunnelId: 7 } }, output(1)),
  apply({ type: 'set-field', field: { reg3: 7 } }, { type: 'set-field', field: { metadata: 9 } }, output(1)),
  apply({ type: 'set-field', field: { xreg1: 7 } }, { type: 'set-field', field: { xxreg1: 7 } }, output(1)),
  apply({ type: 'set-queue', queueId: 1 }, output(1)),
  apply({ type: 'nx-resubmit-table', table: 1 }, output(1)),
  apply({ type: 'nx-reg-load', dst: 'reg1', nBits: 32, value: 5 }, output(1)),
  apply({ type: 'nx-reg-load', dst: 'reg1', ofs: 4, nBits: 8, value: 5 }, output(1)),
  apply({ type: 'nx-reg-load', dst: 'tunnelId', nBits: 64, value: 5 }, output(1)),
  apply({ type: 'nx-reg-move', src: 'ethSrc', dst: 'ethDst', nBits: 48 }, output(Port.IN_PORT)),
  apply({ type: 'nx-output-reg', src: 'reg1', nBits: 16, maxLen: 0xffff }),
  apply({ type: 'nx-controller', maxLen: 128, controllerId: 0, reason: 'action' }),
] as Instruction[][];

/** Instructions that only some packets can have. */
const FOR_IP: Instruction[][] = [
  apply({
    type: 'nx-ct',
    flags: ['commit'],
    zone: 7,
    actions: [{ type: 'nx-nat', flags: ['dst'], range: { ipv4Min: '10.0.0.5' } }],
  }),
  apply({ type: 'nx-ct', zone: 7, recircTable: 1, actions: [{ type: 'nx-nat' }] }),
  apply({ type: 'nx-ct', flags: ['commit', 'force'], zone: { src: 'reg1', ofs: 0, nBits: 16 } }, output(1)),
  apply({ type: 'set-field', field: { ipv4Dst: '10.0.0.9' } }, { type: 'dec-nw-ttl' }, output(1)),
  apply({ type: 'set-field', field: { tunIpv4Dst: '192.0.2.1' } }, output(1)),
  apply({ type: 'nx-ct-clear' }, output(1)),
] as Instruction[][];

/** Wants one flow for every match, each with one of the instructions, and one for every list of instructions. */
function wantMany(wanted: WantedState, tableId: number): void {
  const flows: [string, WantedFlow][] = [];
  for (const [index, match] of MATCHES.entries()) {
    flows.push([
      `match-${index}`,
      { tableId, priority: 100 + index, match, instructions: INSTRUCTIONS[index % 3]! },
    ]);
  }
  for (const [index, instructions] of INSTRUCTIONS.entries()) {
    const flags = index % 2 === 0 ? ([] as const) : (['send-flow-rem'] as const);
    flows.push([
      `instructions-${index}`,
      { tableId, priority: 10 + index, cookie: index, instructions, flags },
    ]);
  }
  for (const [index, instructions] of FOR_IP.entries()) {
    flows.push([`ip-${index}`, { tableId, priority: 200 + index, match: { ethType: 0x0800 }, instructions }]);
  }
  const all = wanted.setGroup('all', {
    groupType: 'all',
    buckets: [{ actions: [output(1)] }, { actions: [output(2)] }],
  });
  const select = wanted.setGroup('select', {
    groupType: 'select',
    buckets: [
      { weight: 1, actions: [{ type: 'set-field', field: { ethDst: '02:00:00:00:00:07' } }, output(1)] },
      { weight: 3, actions: [output(2)] },
    ],
  });
  const meterId = wanted.setMeter('limit', {
    flags: ['pktps', 'burst'],
    bands: [{ type: 'drop', rate: 100, burstSize: 10 }],
  });
  for (const [index, groupId] of [all, select].entries()) {
    flows.push([
      `group-${index}`,
      { tableId, priority: 5 + index, instructions: apply({ type: 'group', groupId }) },
    ]);
  }
  flows.push([
    'meter',
    { tableId, priority: 1, instructions: [{ type: 'meter', meterId }, ...apply(output(1))] },
  ]);
  wanted.replaceFlows(flows);
}

describe('reconciliation with Open vSwitch', () => {
  let sandbox: OvsSandbox;
  let live: LiveController;
  let context: AppContext;
  let want: (wanted: WantedState, tableId: number) => void;
  let refusals: Refusal[];

  const app: AppDefinition = defineApp({
    name: 'many',
    summary: 'Wants flows of many forms.',
    config: z.strictObject({}),
    tables: [
      { name: 'first', miss: 'own' },
      { name: 'second', miss: 'own' },
    ],
    endsPipeline: false,
    start(given) {
      context = given;
      return {
        switchUp: sw => want(context.wanted(sw), context.table('first')),
        refused: refusal => void refusals.push(refusal),
      };
    },
  });

  beforeEach(async () => {
    refusals = [];
    sandbox = await OvsSandbox.start();
    await sandbox.addBridge('br0', { controllers: [sandbox.controllerSocket('br0')] });
  });
  afterEach(async () => {
    await live?.stop();
    await sandbox?.stop();
  });

  const start = async (more = '') => {
    live = await startController(sandbox, ['br0'], `apps: [many]\ndiscovery: {enabled: false}\n${more}`, [
      app,
    ]);
    return (await live.compared())[0]!;
  };
  const dump = async () =>
    (await sandbox.ofctl(['--no-stats', 'dump-flows', 'br0']))
      .split('\n')
      .filter(line => line.includes('actions='));

  it('recognises every form of match, action, group and meter when it sees it again', async () => {
    want = wantMany;
    const first = await start();
    expect(refusals.map(({ kind, key, error }) => `${kind} ${key}: ${error.message}`)).to.deep.equal([]);
    expect(live.log.filter(({ id }) => id === 'app-failed')).to.deep.equal([]);
    expect(first.added).to.equal(MATCHES.length + INSTRUCTIONS.length + FOR_IP.length + 6);
    for (const session of live.controller.connections.sessions.values()) session.close();
    const [again] = await live.compared();
    expect(again).to.deep.include(NOTHING);
    await live.stop();
    expect(await start()).to.deep.include(NOTHING);
  });

  it('tells the app what the switch refuses, and installs the rest', async () => {
    want = (wanted, tableId) => {
      for (let index = 1; index <= 5; index++)
        wanted.setFlow(`good-${index}`, { tableId, match: { inPort: index } });
      wanted.setFlow('bad-group', {
        tableId,
        priority: 1,
        instructions: apply({ type: 'group', groupId: 77 }),
      });
      wanted.setFlow('bad-goto', {
        tableId,
        priority: 2,
        instructions: [{ type: 'goto-table', tableId: 0 }],
      });
      wanted.setFlow('bad-port', { tableId, priority: 3, instructions: apply(output(0xfff0_0000)) });
    };
    const record = await start();
    expect(record).to.deep.include({ added: 5, refused: 3 });
    expect(refusals.map(({ key }) => key)).to.have.members(['bad-group', 'bad-goto', 'bad-port']);
    expect(await dump()).to.have.length(5);
  });

  it("corrects what somebody else changed, and keeps what is somebody else's", async () => {
    want = (wanted, tableId) => {
      wanted.setFlow('a', { tableId, match: { inPort: 1 }, instructions: apply(output(2)) });
      wanted.setFlow('b', { tableId, match: { inPort: 2 } });
    };
    await start();
    const right = await dump();
    await live.stop();
    await sandbox.ofctl(['mod-flows', 'br0', 'in_port=1,actions=output:9']);
    await sandbox.ofctl(['--strict', 'del-flows', 'br0', 'in_port=2,priority=32768']);
    await sandbox.ofctl(['add-flow', 'br0', 'cookie=5,table=3,priority=7,actions=drop']);
    await sandbox.ofctl(['add-flow', 'br0', 'cookie=0xc10a007700000000,table=4,actions=drop']);
    expect(await start()).to.deep.include({ added: 1, changed: 1, removed: 1, refused: 0 });
    const now = await dump();
    expect(now.filter(line => line.includes('cookie=0x5'))).to.have.length(1);
    expect(now.filter(line => !line.includes('cookie=0x5')).sort()).to.deep.equal(right.sort());
  });

  it('removes foreign flows where the configuration says so', async () => {
    want = () => undefined;
    await sandbox.ofctl(['add-flow', 'br0', 'cookie=5,table=3,priority=7,actions=drop']);
    await start('foreignFlows: remove');
    await until('no flow is left', async () => (await dump()).length === 0);
  });

  it('brings ten thousand flows, and changes a few of them', async () => {
    want = (wanted, tableId) => {
      for (let index = 0; index < 10_000; index++) {
        wanted.setFlow(`f${index}`, { tableId, match: { ethDst: 0x0200_0000_0000 + index } });
      }
    };
    expect(await start()).to.deep.include({ added: 10_000, refused: 0 });
    for (const session of live.controller.connections.sessions.values()) session.close();
    expect((await live.compared())[0]).to.deep.include(NOTHING);
    const [sw] = live.controller.connected.values();
    const state = context.wanted(sw!);
    for (let index = 0; index < 10; index++) state.removeFlow(`f${index}`);
    await until('ten are gone', async () => (await dump()).length === 9990);
  });
});

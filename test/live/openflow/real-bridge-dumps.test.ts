import { join } from 'node:path';
import { expect } from 'chai';
import {
  encodeToBytes,
  type Instruction,
  type Match,
  type Message,
  type MultipartRequestBody,
  Port,
} from '../../../controller/openflow/index.js';
import { OvsSandbox } from '../../../mininet/driver/index.js';
import { RawConnection } from './raw-connection.js';
import { structured } from './structured.js';

const ip = { ethType: 0x0800 };
const tcp = { ...ip, ipProto: 6 };

const apply = (
  ...actions: Extract<Instruction, { type: 'apply-actions' }>['actions'] & {}
): Instruction[] => [{ type: 'apply-actions', actions }];

/** Flows that the bridge must give back as they were sent. */
const FLOWS: readonly (readonly [match: Match, instructions: Instruction[]])[] = [
  [{ inPort: 1, ethDst: '00:00:00:00:00:01' }, apply({ type: 'output', port: 1 })],
  [{ ...tcp, tcpDst: 80, tcpFlags: { value: 2, mask: 0x12 } }, apply({ type: 'output', port: Port.NORMAL })],
  [
    { ...tcp, ctState: { value: 0x21, mask: 0x21 }, ctZone: 5, ctMark: { value: 1, mask: 3 }, ctLabel: 7 },
    apply({
      type: 'nx-ct',
      flags: ['commit'],
      zone: 5,
      actions: [
        {
          type: 'nx-nat',
          flags: ['src'],
          range: { ipv4Min: '10.0.0.1', ipv4Max: '10.0.0.9', protoMin: 1, protoMax: 9 },
        },
        { type: 'nx-reg-load', dst: 'ctMark', nBits: 32, value: 1 },
      ],
    }),
  ],
  [{ ...ip, ipv4Dst: '10.9.9.9' }, apply({ type: 'nx-ct', recircTable: 1, actions: [{ type: 'nx-nat' }] })],
  [
    { ...ip, ipv4Dst: '10.9.9.8' },
    apply({ type: 'nx-ct-clear' }, { type: 'dec-nw-ttl' }, { type: 'nx-exit' }),
  ],
  [
    { reg0: { value: 0x100, mask: 0xff00 }, reg15: 9, metadata: 4n, tunnelId: 5n },
    apply(
      { type: 'nx-reg-move', nBits: 48, src: 'nxmEthSrc', dst: 'nxmEthDst' },
      { type: 'nx-reg-load', dst: 'reg1', ofs: 4, nBits: 8, value: 3 },
      { type: 'set-field', field: { tunIpv4Dst: '10.0.0.9' } },
      { type: 'nx-resubmit-table', table: 2 },
      { type: 'nx-clone', actions: [{ type: 'nx-output-reg', nBits: 16, src: 'reg0' }] },
    ),
  ],
  [
    { tunIpv4Src: '1.2.3.4', tunFlags: { value: 1, mask: 1 }, pktMark: 3 },
    apply({ type: 'output', port: 1 }),
  ],
  [{ tunIpv6Src: 'fd00::1', tunIpv6Dst: { value: 'fd00::', mask: 'ff00::' } }, []],
  [
    {
      ethType: 0x86dd,
      ipProto: 58,
      icmpv6Type: 136,
      icmpv6Code: 0,
      ipv6NdTarget: 'fd00::2',
      ipv6NdTll: '00:00:00:00:00:02',
    },
    apply({ type: 'output', port: Port.CONTROLLER, maxLen: 128 }),
  ],
  [
    { ethType: 0x0806, arpOp: 1, arpTpa: '10.0.0.2' },
    apply({
      type: 'nx-learn',
      tableId: 7,
      hardTimeout: 60,
      cookie: 0x77,
      specs: [
        { type: 'match-field', nBits: 12, src: 'nxmVlanTci', dst: 'nxmVlanTci' },
        { type: 'match-field', nBits: 48, src: 'nxmEthSrc', dst: 'nxmEthDst' },
        { type: 'output-field', nBits: 16, src: 'nxmInPort' },
      ],
    }),
  ],
  [
    { vlanVid: 0x1005, vlanPcp: 2 },
    [
      { type: 'meter', meterId: 1 },
      { type: 'apply-actions', actions: [{ type: 'pop-vlan' }, { type: 'group', groupId: 1 }] },
      { type: 'write-metadata', metadata: 1, mask: 3 },
      { type: 'goto-table', tableId: 3 },
    ],
  ],
  [
    { conjId: 7 },
    apply({
      type: 'nx-controller2',
      properties: [{ type: 'userdata', userdata: '0102' }, { type: 'pause' }],
    }),
  ],
  [
    { ...tcp, tcpSrc: { value: 0x10, mask: 0xfff0 } },
    apply(
      { type: 'nx-conjunction', id: 7, clause: 0, nClauses: 2 },
      { type: 'nx-conjunction', id: 8, clause: 1, nClauses: 2 },
    ),
  ],
];

const REQUESTS: readonly MultipartRequestBody[] = [
  { type: 'desc' },
  { type: 'flow' },
  { type: 'aggregate' },
  { type: 'table' },
  { type: 'port-stats' },
  { type: 'queue' },
  { type: 'group' },
  { type: 'group-desc' },
  { type: 'group-features' },
  { type: 'meter' },
  { type: 'meter-config' },
  { type: 'meter-features' },
  { type: 'table-features' },
  { type: 'port-desc' },
];

describe('a real bridge with flows, groups and meters', () => {
  let sandbox: OvsSandbox;
  let bridge: RawConnection;

  before(async () => {
    sandbox = await OvsSandbox.start();
    await sandbox.addBridge('judge');
    await sandbox.addHost('judge');
    bridge = await RawConnection.open(join(sandbox.directory, 'judge.mgmt'));
    await bridge.accepts({
      type: 'group-mod',
      groupId: 1,
      groupType: 'select',
      buckets: [{ weight: 1, actions: [{ type: 'output', port: 1 }] }],
    });
    await bridge.accepts({
      type: 'meter-mod',
      meterId: 1,
      flags: ['kbps', 'burst', 'stats'],
      bands: [{ type: 'drop', rate: 1000, burstSize: 100 }],
    });
  });
  after(async () => {
    bridge?.close();
    await sandbox?.stop();
  });

  FLOWS.forEach(([match, instructions], index) => {
    it(`gives back the flow it was given: ${Object.keys(match).join(', ')}`, async () => {
      const cookie = BigInt(0x1000 + index);
      const flow: Message = { type: 'flow-mod', priority: 10, match, instructions, cookie };
      await bridge.accepts(flow);
      const body: MultipartRequestBody = { type: 'flow', cookie, cookieMask: '0xffffffffffffffff' };
      const [reply] = structured(await bridge.request({ type: 'multipart-request', body }));
      const stats = reply!.message.type === 'multipart-reply' ? reply!.message.body : undefined;
      const [given] = stats?.type === 'flow' ? stats.flows : [];
      const bytes = (parts: { match: Match; instructions: readonly Instruction[] }) =>
        encodeToBytes({ type: 'flow-mod', match: parts.match, instructions: parts.instructions });
      expect(bytes({ match: inOrder(given!.match, match), instructions: given!.instructions })).to.deep.equal(
        bytes({ match, instructions }),
      );
    });
  });

  for (const body of REQUESTS) {
    it(`answers ${body.type} in full`, async () => {
      const replies = structured(await bridge.request({ type: 'multipart-request', body }));
      expect(replies).not.to.have.length(0);
      for (const { message } of replies) expect(message).to.have.nested.property('body.type', body.type);
    });
  }

  for (const message of [
    { type: 'features-request' },
    { type: 'get-config-request' },
    { type: 'get-async-request' },
    { type: 'role-request', role: 'nochange' },
    { type: 'queue-get-config-request', port: 1 },
    { type: 'nx-tlv-table-request' },
    { type: 'nx-role-request', role: 'other' },
  ] as const satisfies readonly Message[]) {
    it(`answers ${message.type} in full`, async () => {
      const [reply, ...more] = structured(await bridge.request(message));
      expect(reply?.message.type).to.equal(message.type.replace('request', 'reply'));
      expect(more).to.deep.equal([]);
    });
  }
});

/** `match` with its keys in the order of `order`: Open vSwitch has an order of its own. */
function inOrder(match: Match, order: Match): Match {
  const place = (key: string) => Object.keys(order).indexOf(key);
  return Object.fromEntries(Object.entries(match).sort(([a], [b]) => place(a) - place(b)));
}

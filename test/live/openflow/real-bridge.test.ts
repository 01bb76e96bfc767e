import { join } from 'node:path';
import { expect } from 'chai';
import {
  type DecodedMessage,
  encodeToBytes,
  type Instruction,
  type Match,
  type Message,
  type MultipartRequestBody,
  Port,
} from '../../../controller/openflow/index.js';
import { OvsSandbox } from '../../../mininet/driver/index.js';
import { RawConnection, type Received } from './raw-connection.js';
import { expectStructured } from './structured.js';

const FRAME = `ffffffffffff000000000001${'0806'}0001080006040001000000000001${'0a000001'}000000000000${'0a000002'}`;
const ONF = 0x4f4e4600;

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

type Packet = Extract<DecodedMessage, { type: 'nx-packet-in2' }>;
const property = <Type extends Packet['properties'][number]['type']>(packet: Packet, type: Type) =>
  packet.properties.find(item => item.type === type) as Extract<Packet['properties'][number], { type: Type }>;

describe('a real bridge', () => {
  let sandbox: OvsSandbox;
  let bridge: RawConnection;

  before(async () => {
    sandbox = await OvsSandbox.start();
    await sandbox.addBridge('judge', { datapathId: '00000000000000aa' });
    await sandbox.addHost('judge');
    bridge = await RawConnection.open(join(sandbox.directory, 'judge.mgmt'));
  });
  after(async () => {
    bridge?.close();
    await sandbox?.stop();
  });

  const structured = (replies: readonly Received[]): readonly Received[] => {
    for (const { bytes } of replies) expectStructured(bytes);
    return replies;
  };

  describe('with flows, groups and meters', () => {
    before(async () => {
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
        expect(
          bytes({ match: inOrder(given!.match, match), instructions: given!.instructions }),
        ).to.deep.equal(bytes({ match, instructions }));
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

  it('takes a bundle of flows at once', async () => {
    const bundle = { type: 'onf-bundle-control', bundleId: 9, flags: ['atomic', 'ordered'] } as const;
    const control = async (step: 'open' | 'close' | 'commit') => {
      const replies = structured(await bridge.request({ ...bundle, controlType: `${step}-request` }));
      expect(replies.map(({ message }) => message)).to.have.nested.property(
        '[0].controlType',
        `${step}-reply`,
      );
    };
    await control('open');
    for (const inPort of [11, 12]) {
      const message: Message = { type: 'flow-mod', tableId: 9, match: { inPort } };
      await bridge.accepts({
        ...bundle,
        type: 'onf-bundle-add-message',
        controlType: undefined,
        message,
      } as Message);
    }
    await control('close');
    await control('commit');
    const body: MultipartRequestBody = { type: 'aggregate', tableId: 9 };
    const [reply] = structured(await bridge.request({ type: 'multipart-request', body }));
    expect(reply!.message).to.have.nested.property('body.flowCount', 2);
  });

  it('refuses with errors of ONF, Nicira and OpenFlow that have names', async () => {
    const refusal = async (message: Message) => {
      const [reply] = structured(await bridge.request(message));
      return reply!.message;
    };
    expect(
      await refusal({ type: 'onf-bundle-control', bundleId: 77, controlType: 'commit-request' }),
    ).to.include({ errorType: 'experimenter', experimenter: ONF, errorCode: 'bundle-bad-id' });
    expect(await refusal({ type: 'nx-resume', properties: [{ type: 'packet', packet: FRAME }] })).to.include({
      errorType: 'experimenter',
      experimenter: 0x2320,
      errorCode: 'resume-stale',
    });
    expect(await refusal({ type: 'flow-mod', tableId: 255 })).to.include({
      errorType: 'flow-mod-failed',
      errorCode: 'bad-table-id',
    });
    expect(await refusal({ type: 'group-mod', command: 'modify', groupId: 44 })).to.include({
      errorType: 'group-mod-failed',
      errorCode: 'unknown-group',
    });
  });

  it('tells a flow monitor what is there, what comes and what goes', async () => {
    const flow: Message = { type: 'flow-mod', tableId: 20, match: { inPort: 5 }, cookie: 1 };
    await bridge.accepts(flow);
    const monitor = {
      id: 5,
      tableId: 20,
      flags: ['initial', 'add', 'delete', 'modify', 'actions', 'own'],
      match: {},
    } as const;
    const body: MultipartRequestBody = { type: 'onf-flow-monitor', monitors: [monitor] };
    const events = (replies: readonly Received[]): string[] =>
      structured(replies).flatMap(({ message }) =>
        message.type === 'multipart-reply' && message.body.type === 'onf-flow-monitor'
          ? message.body.updates.map(({ type }) => type)
          : [],
      );
    expect(events(await bridge.request({ type: 'multipart-request', body }))).to.deep.equal(['added']);
    const isUpdate = (message: DecodedMessage) => message.type === 'multipart-reply';
    bridge.send({ ...flow, match: { inPort: 6 }, instructions: apply({ type: 'output', port: 1 }) });
    expect(events([await bridge.next('the added flow', isUpdate)])).to.deep.equal(['added']);
    bridge.send({ type: 'flow-mod', command: 'delete', tableId: 20, match: { inPort: 6 } });
    expect(events([await bridge.next('the deleted flow', isUpdate)])).to.deep.equal(['deleted']);
    await bridge.accepts({ type: 'onf-flow-monitor-cancel', id: 5 });
  });

  it('sends PACKET_IN, FLOW_REMOVED and PORT_STATUS that decode in full', async () => {
    await bridge.accepts({ type: 'set-config', missSendLen: 0xffff });
    await bridge.accepts({
      type: 'packet-out',
      actions: [{ type: 'output', port: Port.CONTROLLER }],
      data: FRAME,
    });
    const { bytes, message } = await bridge.next('PACKET_IN', ({ type }) => type === 'packet-in');
    expectStructured(bytes);
    expect(message).to.deep.include({ data: Uint8Array.from(Buffer.from(FRAME, 'hex')), reason: 'action' });

    const flow: Message = { type: 'flow-mod', tableId: 30, flags: ['send-flow-rem'], match: { inPort: 1 } };
    await bridge.accepts(flow);
    bridge.send({ ...flow, command: 'delete' });
    const removed = await bridge.next('FLOW_REMOVED', ({ type }) => type === 'flow-removed');
    expectStructured(removed.bytes);
    expect(removed.message).to.include({ reason: 'delete', tableId: 30 });

    await sandbox.addHost('judge');
    const status = await bridge.next('PORT_STATUS', ({ type }) => type === 'port-status');
    expectStructured(status.bytes);
  });

  it('sends NXT_PACKET_IN2 with a continuation, and resumes', async () => {
    await bridge.accepts({ type: 'nx-set-packet-in-format', format: 'nxt-packet-in2' });
    const pause: Instruction[] = apply(
      { type: 'nx-controller2', properties: [{ type: 'userdata', userdata: '0102' }, { type: 'pause' }] },
      { type: 'output', port: Port.CONTROLLER },
    );
    await bridge.accepts({
      type: 'flow-mod',
      tableId: 0,
      priority: 99,
      match: { inPort: 77 },
      instructions: pause,
    });
    bridge.send({
      type: 'packet-out',
      inPort: 77,
      actions: [{ type: 'output', port: Port.TABLE }],
      data: FRAME,
    });
    const isPacket = (message: DecodedMessage) => message.type === 'nx-packet-in2';
    const paused = await bridge.next('NXT_PACKET_IN2', isPacket);
    expectStructured(paused.bytes);
    const packet = paused.message as Packet;
    expect(property(packet, 'userdata').userdata).to.deep.equal(Uint8Array.of(1, 2));
    expect(property(packet, 'metadata').match).to.deep.equal({ inPort: 77 });
    await bridge.accepts({ type: 'nx-resume', properties: packet.properties });
    const resumed = await bridge.next('NXT_PACKET_IN2 after the pause', isPacket);
    expectStructured(resumed.bytes);
    expect((resumed.message as Packet).properties.map(({ type }) => type)).not.to.include('continuation');
  });

  it('maps tunnel options to fields', async () => {
    const map = { optionClass: 0x1234, optionType: 1, optionLen: 4, index: 0 };
    await bridge.accepts({ type: 'nx-tlv-table-mod', command: 'add', maps: [map] });
    const [reply] = structured(await bridge.request({ type: 'nx-tlv-table-request' }));
    expect(reply!.message).to.deep.include({ maps: [map] });
    await bridge.accepts({ type: 'flow-mod', tableId: 40, match: { tunMetadata0: '00000012' } });
    const body: MultipartRequestBody = { type: 'flow', tableId: 40 };
    const [flows] = structured(await bridge.request({ type: 'multipart-request', body }));
    expect(flows!.message).to.have.nested.property('body.flows[0].match.tunMetadata0');
  });

  it('flushes connections it is told to forget', async () => {
    await bridge.accepts({ type: 'nx-ct-flush-zone', zoneId: 5 });
    await bridge.accepts({
      type: 'nx-ct-flush',
      ipProto: 17,
      properties: [
        {
          type: 'orig-tuple',
          tuple: [
            { type: 'src', address: '::ffff:10.1.1.1' },
            { type: 'src-port', port: 1 },
          ],
        },
        { type: 'zone-id', zoneId: 5 },
      ],
    });
  });

  it('tells what it reports asynchronously after it was told', async () => {
    await bridge.accepts({
      type: 'nx-set-async-config2',
      properties: [{ type: 'packet-in-master', mask: ['invalid-ttl'] }],
    });
    const [reply] = structured(await bridge.request({ type: 'get-async-request' }));
    expect(reply!.message).to.deep.include({ packetInMaskMaster: ['invalid-ttl'] });
  });
});

/** `match` with its keys in the order of `order`: Open vSwitch has an order of its own. */
function inOrder(match: Match, order: Match): Match {
  const place = (key: string) => Object.keys(order).indexOf(key);
  return Object.fromEntries(Object.entries(match).sort(([a], [b]) => place(a) - place(b)));
}

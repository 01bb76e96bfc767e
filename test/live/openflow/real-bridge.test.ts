import { join } from 'node:path';
import { expect } from 'chai';
import {
  type DecodedMessage,
  type Instruction,
  type Message,
  type MultipartRequestBody,
  Port,
} from '../../../controller/openflow/index.js';
import { buildFrame } from '../../../controller/packet/index.js';
import { OvsSandbox } from '../../../mininet/driver/index.js';
import { RawConnection, type Received } from './raw-connection.js';
import { expectStructured, structured } from './structured.js';

const FRAME = `ffffffffffff000000000001${'0806'}0001080006040001000000000001${'0a000001'}000000000000${'0a000002'}`;
const ONF = 0x4f4e4600;

const apply = (
  ...actions: Extract<Instruction, { type: 'apply-actions' }>['actions'] & {}
): Instruction[] => [{ type: 'apply-actions', actions }];

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

  it('sends PACKET_IN of tracked connections that decode in full', async () => {
    const data = buildFrame([
      { type: 'ethernet', source: '00:00:00:00:00:01', destination: '00:00:00:00:00:02' },
      { type: 'ipv4', source: '10.0.0.1', destination: '10.0.0.2' },
      { type: 'udp', sourcePort: 1000, destinationPort: 2000 },
      { type: 'payload', data: Uint8Array.of(1, 2, 3) },
    ]);
    const toController: Instruction[] = apply({ type: 'output', port: Port.CONTROLLER });
    await bridge.accepts({ type: 'flow-mod', tableId: 50, instructions: toController });
    const track = { type: 'nx-ct', flags: ['commit'], zone: 7, recircTable: 50 } as const;
    bridge.send({ type: 'packet-out', actions: [{ ...track, actions: [] }], data });
    const tracked = await bridge.next('PACKET_IN', ({ type }) => type === 'packet-in');
    expectStructured(tracked.bytes);
    expect(tracked.message)
      .to.have.property('match')
      .that.deep.includes({
        ctState: { value: 0x21, mask: 0xff },
        ctZone: 7,
        ctNwSrc: '10.0.0.1',
        ctNwDst: '10.0.0.2',
        ctTpSrc: 1000,
        ctTpDst: 2000,
      });
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

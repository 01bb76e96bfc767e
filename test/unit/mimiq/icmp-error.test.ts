import { expect } from 'chai';
import { icmpError, type Teller } from '../../../apps/mimiq/icmp/icmp-error.js';
import {
  buildFrame,
  findLayer,
  type LayerInit,
  PacketError,
  parseFrame,
} from '../../../controller/packet/index.js';

const TELLER: Teller = {
  mac: 0x0200_0000_00fe,
  ipv4: Uint8Array.of(192, 0, 2, 1),
  ipv6: Uint8Array.of(0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1),
};
const FROM = { type: 'ethernet', source: '02:00:00:00:00:0a', destination: '02:00:00:00:00:fe' } as const;
const V4 = { type: 'ipv4', source: '10.64.0.9', destination: '198.51.100.10' } as const;
const V6 = { type: 'ipv6', source: '2001:db8:64::9', destination: '2001:db8:5::10' } as const;
const UDP = { type: 'udp', sourcePort: 5000, destinationPort: 443 } as const;
const payload = (length: number) => ({ type: 'payload', data: new Uint8Array(length).fill(7) }) as const;

describe('what MIMIQ says of packets that go no further', () => {
  const frame = (...layers: LayerInit[]) => buildFrame([FROM, ...layers]);

  it('goes back to the sender, quotes its packet and tells the length that fits', () => {
    const sent = frame(V4, UDP, payload(1472));
    const layers = parseFrame(icmpError(sent, { type: 'length', mtu: 1400 }, TELLER)!);
    expect(findLayer(layers, 'ethernet')).to.include({
      source: '02:00:00:00:00:fe',
      destination: FROM.source,
    });
    expect(findLayer(layers, 'ipv4')).to.include({ source: '192.0.2.1', destination: V4.source });
    expect(findLayer(layers, 'ipv4')).not.to.have.property('checksum');
    const icmp = findLayer(layers, 'icmpv4')!;
    expect(icmp.code).to.equal(4);
    expect(icmp.body).to.include({ type: 'destination-unreachable', nextHopMtu: 1400 });
    expect(icmp).not.to.have.property('checksum');
    const { data } = findLayer(layers, 'payload') as { data: Uint8Array };
    expect(Buffer.from(data)).to.deep.equal(Buffer.from(sent.subarray(14, 14 + 548)));

    const sent6 = frame(V6, UDP, payload(1452));
    const about6 = parseFrame(icmpError(sent6, { type: 'length', mtu: 1400 }, TELLER)!);
    expect(findLayer(about6, 'ipv6')).to.include({ source: 'fe80::1', destination: V6.source });
    expect(findLayer(about6, 'icmpv6')!.body).to.include({ type: 'packet-too-big', mtu: 1400 });
    expect(findLayer(about6, 'icmpv6')).not.to.have.property('checksum');
  });

  it('is a time exceeded for packets without a hop left, also for echo requests', () => {
    const echo = { type: 'echo-request', identifier: 1, sequence: 1 } as const;
    const of4 = icmpError(frame(V4, { type: 'icmpv4', body: echo }), { type: 'hops' }, TELLER)!;
    expect(findLayer(parseFrame(of4), 'icmpv4')).to.deep.include({
      code: 0,
      body: { type: 'time-exceeded' },
    });
    const of6 = icmpError(frame(V6, { type: 'icmpv6', body: echo }), { type: 'hops' }, TELLER)!;
    expect(findLayer(parseFrame(of6), 'icmpv6')!.body.type).to.equal('time-exceeded');
  });

  it('is nothing about errors, later fragments, groups, nobody, and where the teller has no address', () => {
    const unreachable = { type: 'icmpv4', code: 1, body: { type: 'destination-unreachable' } } as const;
    const tooBig = { type: 'icmpv6', body: { type: 'packet-too-big', mtu: 1280 } } as const;
    const silent: [string, Uint8Array][] = [
      ['an error', frame(V4, unreachable, payload(28))],
      ['an error', frame(V6, tooBig, payload(48))],
      ['a fragment', frame({ ...V4, protocol: 17, fragmentOffset: 64 }, payload(64))],
      ['a group', frame({ ...V4, destination: '224.0.0.5' }, UDP, payload(4))],
      ['a group', frame({ ...V6, destination: 'ff02::1' }, UDP, payload(4))],
      ['nobody', frame({ ...V4, source: '0.0.0.0' }, UDP, payload(4))],
      ['nobody', frame({ ...V6, source: '::' }, UDP, payload(4))],
      [
        'a group of MAC addresses',
        buildFrame([{ ...FROM, destination: 'ff:ff:ff:ff:ff:ff' }, V4, UDP, payload(4)]),
      ],
    ];
    for (const [what, bytes] of silent) {
      expect(icmpError(bytes, { type: 'hops' }, TELLER), what).to.equal(undefined);
    }
    const mute = { ...TELLER, ipv6: undefined };
    expect(icmpError(frame(V6, UDP, payload(4)), { type: 'hops' }, mute)).to.equal(undefined);
  });

  it('is a PacketError, or nothing, for bytes that are no packet, wherever they are cut', () => {
    const whole = frame(V6, UDP, payload(40));
    for (let length = 0; length < whole.length; length++) {
      try {
        icmpError(whole.subarray(0, length), { type: 'hops' }, TELLER);
      } catch (error) {
        expect(error).to.be.instanceOf(PacketError);
      }
    }
  });
});

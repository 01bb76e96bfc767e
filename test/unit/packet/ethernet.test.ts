import { expect } from 'chai';
import { buildFrame, EthernetView, PacketError, parseFrame } from '../../../controller/packet/index.js';
import { hex, toHex } from './vectors.js';

const DOUBLE_TAGGED = hex(`
  02 00 00 00 00 02   # destination
  02 00 00 00 00 01   # source
  88 a8               # service tag
  60 64               # priority 3, VLAN 100
  81 00               # customer tag
  10 07               # drop eligible, VLAN 7
  88 b5               # local experimental EtherType
  de ad be ef`);

const SPANNING_TREE = hex(`
  01 80 c2 00 00 00   # bridge group address
  02 00 00 00 00 01
  00 07               # 802.3 length
  42 42 03            # LLC
  00 00 00 80         # start of the BPDU
  00 00 00`); // padding

describe('Ethernet', () => {
  it('gives addresses, EtherType and payload of a plain frame', () => {
    const view = new EthernetView(hex('ffffffffffff 020000000001 0800 45'));
    expect(view.destination).to.equal(0xffff_ffff_ffff);
    expect(view.source).to.equal(0x0200_0000_0001);
    expect(view.etherType).to.equal(0x0800);
    expect(view.payloadOffset).to.equal(14);
    expect(view.tagCount).to.equal(0);
    expect(view.vlanId).to.equal(-1);
  });

  it('looks through VLAN tags and keeps them', () => {
    const view = new EthernetView(DOUBLE_TAGGED);
    expect(view.etherType).to.equal(0x88b5);
    expect(view.payloadOffset).to.equal(22);
    expect(view.vlanId).to.equal(100);
    expect([view.tagProtocol(0), view.tagControl(0)]).to.deep.equal([0x88a8, 0x6064]);
    expect([view.tagProtocol(1), view.tagControl(1)]).to.deep.equal([0x8100, 0x1007]);
    expect(() => view.tagControl(2)).to.throw(RangeError);
  });

  it('rewrites addresses in place, in the middle of a larger buffer', () => {
    const buffer = new Uint8Array(40).fill(0xee);
    buffer.set(hex('ffffffffffff 020000000001 0800 45'), 10);
    const view = new EthernetView(buffer, 10, 25);
    view.destination = 0x0200_0000_00aa;
    view.source = 0xfeff_ffff_fffd;
    expect(toHex(buffer.subarray(9, 26))).to.equal('ee0200000000aafefffffffffd080045ee');
  });

  it('parses and builds tagged and 802.3 frames byte for byte', () => {
    expect(parseFrame(DOUBLE_TAGGED)).to.deep.equal([
      {
        type: 'ethernet',
        destination: '02:00:00:00:00:02',
        source: '02:00:00:00:00:01',
        etherType: 0x88a8,
      },
      { type: 'vlan', vlanId: 100, priority: 3, dropEligible: false, etherType: 0x8100 },
      { type: 'vlan', vlanId: 7, priority: 0, dropEligible: true, etherType: 0x88b5 },
      { type: 'payload', data: hex('deadbeef') },
    ]);
    expect(buildFrame(parseFrame(DOUBLE_TAGGED))).to.deep.equal(DOUBLE_TAGGED);
    expect(parseFrame(SPANNING_TREE).slice(1)).to.deep.equal([
      { type: 'payload', data: hex('42420300000080') },
      { type: 'trailer', data: hex('000000') },
    ]);
    expect(buildFrame(parseFrame(SPANNING_TREE))).to.deep.equal(SPANNING_TREE);
  });

  it('refuses short frames, spans outside the bytes and a fifth tag', () => {
    const code = (bytes: Uint8Array, start?: number, end?: number) => {
      try {
        new EthernetView(bytes, start, end);
        return 'accepted';
      } catch (error) {
        return (error as PacketError).code;
      }
    };
    for (let length = 0; length < 22; length++) {
      expect(code(DOUBLE_TAGGED.subarray(0, length)), `${length} bytes`).to.equal('truncated');
    }
    expect(code(DOUBLE_TAGGED, 0, 100)).to.equal('truncated');
    expect(code(DOUBLE_TAGGED, -4)).to.equal('truncated');
    expect(code(hex(`020000000002 020000000001 ${'81000001'.repeat(4)} 0800`))).to.equal('accepted');
    expect(code(hex(`020000000002 020000000001 ${'81000001'.repeat(5)} 0800`))).to.equal('too-many-headers');
  });

  it('fills the EtherType in, and refuses one that contradicts the next layer', () => {
    const ethernet = { type: 'ethernet', destination: 1, source: 2 } as const;
    const payload = { type: 'payload', data: new Uint8Array(1) } as const;
    const tagged = buildFrame([ethernet, { type: 'vlan', vlanId: 5, etherType: 0x88b5 }, payload]);
    expect(toHex(tagged.subarray(12))).to.equal('8100000588b500');
    expect(() => buildFrame([ethernet, payload]))
      .to.throw(PacketError)
      .include({ code: 'missing-field', protocol: 'ethernet', field: 'ethernet.etherType' });
    expect(() =>
      buildFrame([
        { ...ethernet, etherType: 0x0800 },
        { type: 'vlan', vlanId: 5, etherType: 1 },
      ]),
    )
      .to.throw(PacketError)
      .include({ code: 'bad-value', field: 'ethernet.etherType' });
    expect(() => buildFrame([{ ...ethernet, source: 'nonsense', etherType: 0x88b5 }]))
      .to.throw(PacketError)
      .include({ code: 'bad-value', field: 'ethernet.source' });
  });
});

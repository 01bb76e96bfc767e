import { expect } from 'chai';
import {
  buildFrame,
  findLayer,
  LLDP_NEAREST_BRIDGE_MAC,
  LldpChassisSubtype,
  LldpPortSubtype,
  LldpView,
  PacketError,
  parseFrame,
} from '../../../controller/packet/index.js';
import { hex, toHex } from './vectors.js';

/** An announcement with mandatory, optional and organisational TLVs. */
const FRAME = hex(`
  01 80 c2 00 00 0e                # nearest bridge
  52 54 00 12 34 56
  88 cc
  02 07 04 52 54 00 12 34 56       # chassis id, MAC address
  04 05 05 65 74 68 30             # port id, interface name eth0
  06 02 00 78                      # time to live 120 s
  08 04 65 74 68 30                # port description
  0a 05 68 6f 73 74 31             # system name
  0c 05 4c 69 6e 75 78             # system description
  0e 04 00 94 00 14                # bridge, router and station; bridge and router on
  10 0c 05 01 0a 00 00 01 02 00 00 00 02 00   # management address 10.0.0.1, ifIndex 2
  fe 06 00 80 c2 01 00 01          # IEEE 802.1, port VLAN id 1
  fe 09 00 12 0f 01 03 6c 11 00 10 # IEEE 802.3, MAC/PHY status
  00 00                            # end
  00 00 00`); // padding

const SPEAKER = {
  type: 'ethernet',
  destination: LLDP_NEAREST_BRIDGE_MAC,
  source: '52:54:00:12:34:56',
} as const;

describe('LLDP', () => {
  it('gives identifiers, time to live and organisational TLVs without copying', () => {
    const view = new LldpView(FRAME, 14);
    expect(view.chassisIdSubtype).to.equal(LldpChassisSubtype.MAC);
    expect(toHex(view.chassisId)).to.equal('525400123456');
    expect(view.portIdSubtype).to.equal(LldpPortSubtype.INTERFACE_NAME);
    expect(Buffer.from(view.portId).toString()).to.equal('eth0');
    expect(view.timeToLive).to.equal(120);
    expect(view.organisationSpecific(0x0080c2, 1)).to.deep.equal(hex('0001'));
    expect(view.organisationSpecific(0x00120f, 1)).to.deep.equal(hex('036c110010'));
    expect(view.organisationSpecific(0x0080c2, 2)).to.equal(undefined);
    expect(view.chassisId.buffer).to.equal(FRAME.buffer);
    expect(view.end).to.equal(FRAME.length - 3);
  });

  it('parses every TLV and builds the same bytes', () => {
    const layers = parseFrame(FRAME);
    expect(findLayer(layers, 'lldp')).to.deep.equal({
      type: 'lldp',
      tlvs: [
        { type: 'chassis-id', subtype: 4, id: hex('525400123456') },
        { type: 'port-id', subtype: 5, id: hex('65746830') },
        { type: 'time-to-live', seconds: 120 },
        { type: 'port-description', text: 'eth0' },
        { type: 'system-name', text: 'host1' },
        { type: 'system-description', text: 'Linux' },
        { type: 'system-capabilities', capabilities: 0x94, enabled: 0x14 },
        {
          type: 'management-address',
          family: 1,
          address: hex('0a000001'),
          numbering: 2,
          interfaceNumber: 2,
          objectId: new Uint8Array(0),
        },
        { type: 'organisation-specific', oui: 0x0080c2, subtype: 1, data: hex('0001') },
        { type: 'organisation-specific', oui: 0x00120f, subtype: 1, data: hex('036c110010') },
      ],
    });
    expect(findLayer(layers, 'trailer')?.data).to.deep.equal(hex('000000'));
    expect(buildFrame(layers)).to.deep.equal(FRAME);
  });

  it('builds identifiers from text', () => {
    const frame = buildFrame([
      SPEAKER,
      {
        type: 'lldp',
        tlvs: [
          { type: 'chassis-id', subtype: LldpChassisSubtype.MAC, id: '52:54:00:12:34:56' },
          { type: 'port-id', subtype: LldpPortSubtype.LOCAL, id: 'p1' },
          { type: 'time-to-live', seconds: 0 },
        ],
      },
    ]);
    expect(toHex(frame)).to.equal('0180c200000e52540012345688cc0207045254001234560403077031060200000000');
  });

  it('keeps a unit without end TLV, unknown TLVs and text that is not UTF-8', () => {
    const bytes = hex('0180c200000e 525400123456 88cc 02020741 04020742 06020001 0801ff 1403010203 0e0100');
    const layers = parseFrame(bytes);
    const lldp = findLayer(layers, 'lldp');
    expect(lldp?.end).to.equal(false);
    expect(lldp?.tlvs.slice(3)).to.deep.equal([
      { type: 'other', tlvType: 4, data: hex('ff') },
      { type: 'other', tlvType: 10, data: hex('010203') },
      { type: 'other', tlvType: 7, data: hex('00') },
    ]);
    expect(buildFrame(layers)).to.deep.equal(bytes);
  });

  it('refuses TLVs that are missing, repeated, out of order, of wrong length or cut', () => {
    const code = (text: string) => {
      try {
        new LldpView(hex(text));
        return 'accepted';
      } catch (error) {
        return (error as PacketError).code;
      }
    };
    expect(code('02020741 04020742 06020001 0000')).to.equal('accepted');
    expect(code('')).to.equal('truncated');
    expect(code('02020741 04020742')).to.equal('truncated');
    expect(code('02020741 04020742 0000')).to.equal('bad-value');
    expect(code('04020742 02020741 06020001 0000')).to.equal('bad-value');
    expect(code('02020741 04020742 06020001 06020001 0000')).to.equal('bad-value');
    expect(code('020107 04020742 06020001 0000')).to.equal('bad-length');
    expect(code('02020741 04020742 0603000100 0000')).to.equal('bad-length');
    expect(code('02020741 04020742 06020001 000100')).to.equal('bad-length');
    expect(code('02020741 04020742 06020001 fe03000000')).to.equal('bad-length');
    expect(code('02020741 04020742 06020001 fe09000000')).to.equal('truncated');
    expect(code(`02020741 04020742 06020001 ${'0800'.repeat(200)} 0000`)).to.equal('too-many-headers');
  });

  it('refuses to build a unit that it would not read', () => {
    const chassis = { type: 'chassis-id', subtype: 7, id: 'a' } as const;
    expect(() => buildFrame([SPEAKER, { type: 'lldp', tlvs: [chassis] }])).to.throw(PacketError);
    expect(() => buildFrame([SPEAKER, { type: 'lldp', tlvs: [{ ...chassis, id: 'x'.repeat(256) }] }]))
      .to.throw(PacketError)
      .include({ code: 'bad-value', field: 'lldp.chassis-id.id' });
  });
});

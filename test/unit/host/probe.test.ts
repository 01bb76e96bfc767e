import { expect } from 'chai';
import { ProbeCodec } from '../../../controller/host/discovery/probe.js';
import { parseFrame } from '../../../controller/packet/index.js';

const KEY = new Uint8Array(32).fill(7);
const PROBE = { datapathId: 0xabcd_ef01_2345_6789n, port: 40, round: 77 };
const MAC = 'fe:dc:ba:98:76:54';

const built = (probe = PROBE, key = KEY) => new ProbeCodec(key).build(probe, MAC, 15).slice();
const read = (frame: Uint8Array, round = 77) => new ProbeCodec(KEY).read(frame, 0, frame.length, round);

describe('link probe', () => {
  it('is an LLDP frame that other speakers understand', () => {
    const [ethernet, lldp] = parseFrame(built());
    expect(ethernet).to.include({ source: MAC, destination: '01:80:c2:00:00:0e', etherType: 0x88cc });
    const text = (id: string) => new TextEncoder().encode(id);
    const { tlvs } = lldp as Extract<typeof lldp, { type: 'lldp' }>;
    expect(tlvs.slice(0, 3)).to.deep.equal([
      { type: 'chassis-id', subtype: 7, id: text('abcdef0123456789') },
      { type: 'port-id', subtype: 7, id: text('40') },
      { type: 'time-to-live', seconds: 15 },
    ]);
  });

  for (const port of [1, 99, 0xffff_ff00]) {
    it(`says datapath, port and round, also of port ${port}`, () => {
      expect(read(built({ ...PROBE, port }))).to.deep.equal({ ...PROBE, port });
    });
  }

  it('says what it is about, whatever was built before', () => {
    const codec = new ProbeCodec(KEY);
    for (const port of [1, 22, 3, 1]) {
      const frame = codec.build({ ...PROBE, port }, MAC, 15);
      expect(codec.read(frame, 0, frame.length, 77)).to.deep.equal({ ...PROBE, port });
    }
  });

  it('is good for two rounds', () => {
    expect(read(built(), 78)).to.deep.equal(PROBE);
    expect(read(built(), 79)).to.equal('forged');
    expect(read(built(), 76)).to.equal('forged');
  });

  it('cannot be made without the key, nor changed', () => {
    expect(read(built(PROBE, new Uint8Array(32).fill(8)))).to.equal('forged');
    const frame = built();
    const signed = Buffer.from(frame).indexOf('abcdef0123456789', 'hex');
    frame[signed + 11] = 41;
    expect(read(frame)).to.equal('forged');
  });
});

import { expect } from 'chai';
import { Pins } from '../../../controller/host/pins.js';

const FIRST = { fingerprint: 'a1'.repeat(32), publicKeyFingerprint: `${'A'.repeat(43)}=` };
const SECOND = { fingerprint: 'b2'.repeat(32), publicKeyFingerprint: `${'B'.repeat(43)}=` };
const COLONS = 'A1:'.repeat(32).slice(0, -1);

describe('pins', () => {
  it('let everybody in where there are none', () => {
    const pins = new Pins(undefined);
    expect(pins.refusal(1n, undefined)).to.equal(undefined);
    expect(pins.refusal(1n, FIRST)).to.equal(undefined);
  });

  for (const pin of [FIRST.fingerprint, COLONS, `sha256//${FIRST.publicKeyFingerprint}`]) {
    it(`let a switch in with its certificate and no other: ${pin.slice(0, 12)}…`, () => {
      const pins = new Pins({ certificates: { '00000000000000C1': pin }, others: 'refuse' });
      expect(pins.refusal(0xc1n, FIRST)).to.equal(undefined);
      expect(pins.refusal(0xc1n, SECOND)).to.match(/Another certificate is pinned/);
      expect(pins.refusal(0xc1n, undefined)).to.match(/has none/);
    });
  }

  it('do not let a certificate speak for another switch, pinned or not', () => {
    const certificates = { '0000000000000001': FIRST.fingerprint, '0000000000000002': SECOND.fingerprint };
    const pins = new Pins({ certificates, others: 'accept' });
    expect(pins.refusal(2n, FIRST)).to.be.a('string');
    expect(pins.refusal(3n, FIRST)).to.match(/pinned to another switch/);
  });

  it('keep switches without a pin out, unless they are to be accepted', () => {
    const certificates = { '0000000000000001': FIRST.fingerprint };
    expect(new Pins({ certificates, others: 'refuse' }).refusal(2n, SECOND)).to.match(/No certificate/);
    expect(new Pins({ certificates, others: 'refuse' }).refusal(2n, undefined)).to.match(/No certificate/);
    expect(new Pins({ certificates, others: 'accept' }).refusal(2n, SECOND)).to.equal(undefined);
  });

  it('may be several for one switch, so that a certificate can be changed', () => {
    const certificates = { '0000000000000001': [FIRST.fingerprint, SECOND.fingerprint] };
    const pins = new Pins({ certificates, others: 'refuse' });
    expect(pins.refusal(1n, FIRST)).to.equal(undefined);
    expect(pins.refusal(1n, SECOND)).to.equal(undefined);
  });
});

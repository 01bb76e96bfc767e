import { expect } from 'chai';
import {
  internetChecksum,
  PacketError,
  parseFrame,
  pseudoHeaderSum,
  sumWords,
  updateChecksum,
} from '../../../controller/packet/index.js';
import { hex, KERNEL_FRAMES, UDP } from './vectors.js';

describe('Internet checksum', () => {
  it('sums the example of RFC 1071 section 3', () => {
    expect(sumWords(hex('0001 f203 f4f5 f6f7'), 0, 8)).to.equal(0xddf2);
    expect(internetChecksum(hex('0001 f203 f4f5 f6f7'), 0, 8)).to.equal(0x220d);
  });

  it('pads an odd last byte with zero', () => {
    expect(sumWords(hex('0102 03'), 0, 3)).to.equal(0x0402);
    expect(sumWords(hex('ff'), 0, 1)).to.equal(0xff00);
    expect(sumWords(hex(''), 0, 0)).to.equal(0);
  });

  it('updates the example of RFC 1624 section 4', () => {
    expect(updateChecksum(0xdd2f, 0x5555, 0x3285)).to.equal(0x0000);
  });

  it('counts the high half of a length above 65535', () => {
    expect(pseudoHeaderSum(0, 6, 0x1_0002)).to.equal(9);
  });

  it('finds the checksums of every kernel frame right, and says so where one is not', () => {
    for (const [name, frame] of Object.entries(KERNEL_FRAMES)) {
      expect(() => parseFrame(frame, { verifyChecksums: true }), name).not.to.throw();
    }
    const wrong = UDP.slice();
    wrong[42]! ^= 1;
    expect(() => parseFrame(wrong, { verifyChecksums: true }))
      .to.throw(PacketError, 'udp')
      .include({ code: 'bad-checksum', offset: 34 });
    expect(parseFrame(wrong)).to.deep.include({
      type: 'udp',
      sourcePort: 43685,
      destinationPort: 9999,
      checksum: 0xd648,
    });
  });
});

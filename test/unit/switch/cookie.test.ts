import { expect } from 'chai';
import fc from 'fast-check';
import {
  cookieOf,
  groupIdOf,
  HOST_OWNER,
  isShortLived,
  MARKER_MASK,
  MAX_OWN_COOKIE,
  OWNER_MASK,
  ownerNumber,
  ownerOfCookie,
  ownerOfCookieHigh,
  ownerOfGroup,
  shortLivedCookieOf,
} from '../../../controller/switch/index.js';

const owners = fc.integer({ min: 0, max: 0xfeff });
const own = fc.integer({ min: 0, max: MAX_OWN_COOKIE });

describe('cookies', () => {
  it('name their owner, and whether the flow is short-lived', () => {
    fc.assert(
      fc.property(owners, own, (owner, low) => {
        expect(ownerOfCookie(cookieOf(owner, low))).to.equal(owner);
        expect(ownerOfCookie(shortLivedCookieOf(owner, low))).to.equal(owner);
        expect(isShortLived(cookieOf(owner, low))).to.equal(false);
        expect(isShortLived(shortLivedCookieOf(owner, low))).to.equal(true);
        expect(ownerOfCookieHigh(Number(cookieOf(owner, low) >> 32n))).to.equal(owner);
        expect(cookieOf(owner, low) & OWNER_MASK).to.equal(cookieOf(owner));
        expect(cookieOf(owner, low) & MARKER_MASK).to.equal(0xc10a_0000_0000_0000n);
      }),
    );
  });

  it("leave other people's flows without an owner", () => {
    for (const cookie of [0n, 1n, 0xffff_ffff_ffff_ffffn, 0xc10b_0000_0000_0000n]) {
      expect(ownerOfCookie(cookie)).to.equal(undefined);
      expect(ownerOfCookieHigh(Number(cookie >> 32n))).to.equal(-1);
    }
  });

  it('keep apps apart from the host, and stay the same from release to release', () => {
    fc.assert(
      fc.property(fc.string(), name => ownerNumber(name) !== HOST_OWNER && ownerNumber(name) <= 0xfeff),
    );
    expect(ownerNumber('learning-switch')).to.equal(0x67d6);
  });
});

describe('group ids', () => {
  it('name their owner and are ids that OpenFlow allows', () => {
    fc.assert(
      fc.property(owners, fc.integer({ min: 0, max: 0xffff }), (owner, number) => {
        expect(ownerOfGroup(groupIdOf(owner, number))).to.equal(owner);
        expect(groupIdOf(owner, number)).to.be.at.most(0xffff_ff00);
      }),
    );
  });
});

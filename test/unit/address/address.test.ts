import { isIPv6 } from 'node:net';
import { expect } from 'chai';
import fc from 'fast-check';
import {
  formatIpv4,
  formatIpv6,
  formatMac,
  ipv4ToNumber,
  isGroupMac,
  macToNumber,
  parseIpv4,
  parseIpv6,
} from '../../../controller/address/index.js';

describe('addresses', () => {
  it('reads back every MAC address that it writes', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0xffff_ffff_ffff }), mac => macToNumber(formatMac(mac)) === mac),
    );
  });

  it('reads back every IPv4 address that it writes', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 0xffff_ffff }),
        address => parseIpv4(formatIpv4(address)) === address,
      ),
    );
  });

  it('reads back every IPv6 address that it writes, sparse ones included', () => {
    const octet = fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 255 }));
    fc.assert(
      fc.property(
        fc
          .uint8Array({ minLength: 16, maxLength: 16 })
          .chain(() => fc.array(octet, { minLength: 16, maxLength: 16 })),
        octets => {
          const bytes = Uint8Array.from(octets);
          const text = formatIpv6(bytes);
          expect(isIPv6(text), text).to.equal(true);
          expect(parseIpv6(text)).to.deep.equal(bytes);
        },
      ),
    );
  });

  it('agrees with the platform on which texts are IPv6 addresses', () => {
    const piece = fc.constantFrom('0', '1', 'ffff', ':', '::', '1.2.3.4', '01', '12345', '.', 'g');
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), pieces => {
        const text = pieces.join('');
        expect(parseIpv6(text) !== undefined, text).to.equal(isIPv6(text));
      }),
      { numRuns: 2000 },
    );
  });

  it('writes IPv6 as RFC 5952 asks', () => {
    for (const text of ['::', '::1', '2001:db8::1', 'fe80::1:0:0:1', '1:0:0:2::3', '2001:db8:0:1:1:1:1:1']) {
      expect(formatIpv6(parseIpv6(text)!)).to.equal(text);
    }
    expect(formatIpv6(parseIpv6('2001:DB8:0:0:1:0:0:1')!)).to.equal('2001:db8::1:0:0:1');
  });

  it('refuses what is no address', () => {
    for (const text of ['', '1.2.3', '256.0.0.1', '01.2.3.4', '1.2.3.4.5', 'a.b.c.d']) {
      expect(ipv4ToNumber(text), text).to.satisfy(Number.isNaN);
    }
    for (const text of ['', '00:00', 'gg:00:00:00:00:00', '00:00:00:00:00:00:00']) {
      expect(macToNumber(text), text).to.satisfy(Number.isNaN);
    }
    expect(macToNumber(-1)).to.satisfy(Number.isNaN);
    expect(macToNumber(2 ** 48)).to.satisfy(Number.isNaN);
  });

  it('tells group addresses from individual ones', () => {
    expect(isGroupMac(macToNumber('01:80:c2:00:00:0e'))).to.equal(true);
    expect(isGroupMac(macToNumber('ff:ff:ff:ff:ff:ff'))).to.equal(true);
    expect(isGroupMac(macToNumber('02:00:00:00:00:01'))).to.equal(false);
  });
});

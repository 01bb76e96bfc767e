import { randomBytes } from 'node:crypto';
import { expect } from 'chai';
import { parseIpv6Block } from '../../../apps/popsicl/pseudonym/address-block.js';
import { AddressPool } from '../../../apps/popsicl/pseudonym/address-pool.js';
import { decodeBase32, encodeBase32 } from '../../../apps/popsicl/pseudonym/base32.js';
import { KeyRing } from '../../../apps/popsicl/pseudonym/key-ring.js';
import {
  canonicalDomain,
  cloudDomain,
  drawLabel,
  labelIn,
  looksStored,
} from '../../../apps/popsicl/pseudonym/label.js';
import { PseudonymError } from '../../../apps/popsicl/pseudonym/pseudonym-error.js';
import { StatelessAddresses } from '../../../apps/popsicl/pseudonym/stateless-address.js';
import { looksStateless, StatelessLabels } from '../../../apps/popsicl/pseudonym/stateless-label.js';
import { formatIpv6, parseIpv6 } from '../../../controller/address/index.js';

const key = (id: number) => ({ id, secret: new Uint8Array(randomBytes(32)) });
const root = new Uint8Array(randomBytes(32));
const codeOf = (work: () => unknown): string => {
  try {
    work();
  } catch (error) {
    expect(error).to.be.instanceOf(PseudonymError);
    return (error as PseudonymError).code;
  }
  return 'no error';
};

describe('pseudonyms', () => {
  it('write bytes in the alphabet of RFC 4648, in lower case', () => {
    expect(encodeBase32(Buffer.from('foobar'))).to.equal('mzxw6ytboi');
    expect(Buffer.from(decodeBase32('MZXW6YTBOI')!).toString()).to.equal('foobar');
    for (const bad of ['mzxw6ytbo', 'mzxw6ytbo1', 'mzxw6ytboj', 'a', 'ab=']) {
      expect(decodeBase32(bad), bad).to.equal(undefined);
    }
  });

  it('have a stored label of 128 random bits that is a DNS label', () => {
    const labels = new Set(Array.from({ length: 1000 }, drawLabel));
    expect(labels.size).to.equal(1000);
    for (const label of labels) expect(looksStored(label)).to.equal(true);
  });

  it('lie directly below the cloud domain, in any case', () => {
    expect(labelIn('AbC.Popsicls.Test', 'popsicls.test')).to.equal('abc');
    expect(labelIn('a.b.popsicls.test', 'popsicls.test')).to.equal(undefined);
    expect(labelIn('popsicls.test', 'popsicls.test')).to.equal(undefined);
    expect(labelIn('abcpopsicls.test', 'popsicls.test')).to.equal(undefined);
  });

  it('refuse a cloud domain that leaves no place for the longest label', () => {
    expect(cloudDomain('Popsicls.Test.')).to.equal('popsicls.test');
    expect(codeOf(() => cloudDomain(`${'a.'.repeat(100)}test`))).to.equal('bad-cloud-domain');
    for (const bad of ['', '.', 'a..b', '-a.test', 'a_b.test', 'ä.test', 'a b']) {
      expect(canonicalDomain(bad), bad).to.equal(undefined);
    }
  });

  describe('in the stateless form', () => {
    it('tell their addresses to who has the key, and to nobody else', () => {
      const labels = new StatelessLabels(new KeyRing(root, [key(3)]));
      for (const addresses of [
        { ipv4: ['198.51.100.7'], ipv6: [] },
        { ipv4: [], ipv6: ['2001:db8::1'] },
        { ipv4: ['255.255.255.255'], ipv6: ['2001:db8:ffff::ff00'] },
      ]) {
        const label = labels.seal(addresses);
        expect(label).to.match(/^[a-z2-7]{61}$/);
        expect(looksStateless(label)).to.equal(true);
        expect(labels.open(label)).to.deep.equal(addresses);
        expect(labels.open(label.toUpperCase())).to.deep.equal(addresses);
        expect(new StatelessLabels(new KeyRing(root, [key(3)])).open(label)).to.equal(undefined);
      }
    });

    it('are refused when any one character is another', () => {
      const labels = new StatelessLabels(new KeyRing(root, [key(0)]));
      const label = labels.seal({ ipv4: ['198.51.100.7'], ipv6: [] });
      for (let index = 0; index < label.length; index++) {
        const changed = label[index] === 'a' ? 'b' : 'a';
        expect(labels.open(label.slice(0, index) + changed + label.slice(index + 1))).to.equal(undefined);
      }
    });

    it('never come twice, also for one and the same address', () => {
      const labels = new StatelessLabels(new KeyRing(root, [key(0)]));
      const seen = new Set(
        Array.from({ length: 500 }, () => labels.seal({ ipv4: ['198.51.100.7'], ipv6: [] })),
      );
      expect(seen.size).to.equal(500);
    });

    it('stay readable when keys rotate, until their key is dropped', () => {
      const [a, b] = [key(255), key(0)];
      const old = new StatelessLabels(new KeyRing(root, [a])).seal({ ipv4: ['198.51.100.7'], ipv6: [] });
      const both = new KeyRing(root, [a, b]);
      expect(new KeyRing(root, [a]).nextId()).to.equal(0);
      expect(both.nextId()).to.equal(1);
      expect(new StatelessLabels(both).open(old)?.ipv4).to.deep.equal(['198.51.100.7']);
      expect(new StatelessLabels(new KeyRing(root, [b])).open(old)).to.equal(undefined);
      expect(
        codeOf(() =>
          new KeyRing(
            root,
            Array.from({ length: 256 }, (_, id) => key(id)),
          ).nextId(),
        ),
      ).to.equal('keys-exhausted');
    });

    it('hold one address a family', () => {
      const labels = new StatelessLabels(new KeyRing(root, [key(0)]));
      expect(codeOf(() => labels.seal({ ipv4: [], ipv6: [] }))).to.equal('too-many-addresses');
      expect(codeOf(() => labels.seal({ ipv4: ['192.0.2.1', '192.0.2.2'], ipv6: [] }))).to.equal(
        'too-many-addresses',
      );
    });
  });

  describe('with an address that names the tenant', () => {
    for (const prefix of ['2001:db8:1:2::/64', '2001:db8:1::/56', '2001:db8:1::/48', '2001:db8::/32']) {
      it(`open to the tenant's number in ${prefix}`, () => {
        const block = parseIpv6Block(prefix);
        const addresses = new StatelessAddresses(new KeyRing(root, [key(1), key(2)]), block);
        for (const number of [1, 2, 255, 256, 0x8000, 0xffff]) {
          for (const nonce of [0, 1, 0x8000_0000, 0xffff_ffff, undefined]) {
            const address = addresses.seal(number, nonce);
            expect(block.contains(address)).to.equal(true);
            expect(addresses.open(address)).to.equal(number);
            const other = address.slice();
            other[8 + (number % 8)]! ^= 1;
            expect(addresses.open(other)).to.not.equal(number);
          }
        }
      });
    }

    it('open under older keys too, and under no foreign one', () => {
      const block = parseIpv6Block('2001:db8::/48');
      const [a, b] = [key(1), key(2)];
      const address = new StatelessAddresses(new KeyRing(root, [a]), block).seal(7);
      expect(new StatelessAddresses(new KeyRing(root, [a, b]), block).open(address)).to.equal(7);
      expect(new StatelessAddresses(new KeyRing(root, [b]), block).open(address)).to.equal(undefined);
      expect(
        new StatelessAddresses(new KeyRing(root, [a]), parseIpv6Block('2001:db9::/48')).open(address),
      ).to.equal(undefined);
    });

    it('are found by luck about once in 65,536 times the share of numbers in use', () => {
      const block = parseIpv6Block('2001:db8::/64');
      const addresses = new StatelessAddresses(new KeyRing(root, [key(1)]), block);
      let hits = 0;
      for (let probe = 0; probe < 200_000; probe++) if (addresses.open(block.draw()) !== undefined) hits++;
      // Expected 3.05; more than 20 has a probability below 1e-10.
      expect(hits).to.be.at.most(20);
    });

    it('need 64 bits', () => {
      const ring = new KeyRing(root, [key(1)]);
      expect(codeOf(() => new StatelessAddresses(ring, parseIpv6Block('2001:db8::/96')))).to.equal(
        'bad-block',
      );
      expect(codeOf(() => new StatelessAddresses(ring, parseIpv6Block('2001:db8::/49')))).to.equal(
        'bad-block',
      );
      const addresses = new StatelessAddresses(ring, parseIpv6Block('2001:db8::/64'));
      for (const number of [0, 65_536, 1.5])
        expect(codeOf(() => addresses.seal(number))).to.equal('bad-tenant-number');
    });
  });

  describe('and their blocks', () => {
    it('contain what lies in them, in every form of an address', () => {
      const pool = new AddressPool({
        ipv4: ['198.51.100.0/24'],
        ipv6: ['2001:db8::/44'],
        reserved: ['198.51.100.53', '2001:db8:1::53'],
      });
      for (const [address, isInside] of [
        ['198.51.100.0', true],
        ['198.51.100.53', false],
        ['198.51.101.0', false],
        [0xc633_64ff, true],
        [0xc633_65ff, false],
        [Uint8Array.of(198, 51, 100, 9), true],
        ['2001:db8:1::53', false],
        ['2001:db8:f:ffff::', true],
        ['2001:db8:10::', false],
        [parseIpv6('2001:db8:f::1')!, true],
        ['nonsense', false],
        [-1, false],
        [Uint8Array.of(1, 2, 3), false],
      ] as const) {
        expect(pool.contains(address), String(address)).to.equal(isInside);
      }
    });

    it('give out nothing that is reserved, taken, or a broadcast address', () => {
      const pool = new AddressPool({
        ipv4: ['192.0.2.0/29'],
        ipv6: ['2001:db8::/126'],
        reserved: ['192.0.2.3'],
      });
      const seen = new Set(
        Array.from({ length: 500 }, () => pool.draw('ipv4', address => address === '192.0.2.4')),
      );
      expect([...seen].sort()).to.deep.equal(['192.0.2.1', '192.0.2.2', '192.0.2.5', '192.0.2.6']);
      const seen6 = new Set(Array.from({ length: 500 }, () => pool.draw('ipv6')));
      expect([...seen6].sort()).to.deep.equal(['2001:db8::1', '2001:db8::2', '2001:db8::3']);
      expect(codeOf(() => pool.draw('ipv4', () => true))).to.equal('addresses-exhausted');
    });

    it('are refused when they are none', () => {
      for (const ipv4 of ['192.0.2.1/24', '192.0.2.0', '192.0.2.0/33', 'x/24', '2001:db8::/32']) {
        expect(
          codeOf(() => new AddressPool({ ipv4: [ipv4], ipv6: [] })),
          ipv4,
        ).to.equal('bad-block');
      }
      for (const ipv6 of ['2001:db8::1/64', '2001:db8::/129', '192.0.2.0/24']) {
        expect(
          codeOf(() => new AddressPool({ ipv4: [], ipv6: [ipv6] })),
          ipv6,
        ).to.equal('bad-block');
      }
      expect(codeOf(() => new AddressPool({ ipv4: [], ipv6: [] }))).to.equal('bad-block');
      expect(formatIpv6(parseIpv6Block('::/0').base)).to.equal('::');
    });
  });
});

import { randomBytes } from 'node:crypto';
import { expect } from 'chai';
import { parseIpv6Block } from '../../../apps/popsicl/pseudonym/address-block.js';
import { AddressPool } from '../../../apps/popsicl/pseudonym/address-pool.js';
import { KeyRing } from '../../../apps/popsicl/pseudonym/key-ring.js';
import { StatelessAddresses } from '../../../apps/popsicl/pseudonym/stateless-address.js';
import { StatelessLabels } from '../../../apps/popsicl/pseudonym/stateless-label.js';
import { parseIpv4, parseIpv6 } from '../../../controller/address/index.js';

/** Pearson's statistic of counts that should be equal. */
function chiSquare(counts: readonly number[]): number {
  const expected = counts.reduce((sum, count) => sum + count, 0) / counts.length;
  return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
}

/** A bound that the statistic passes with a probability below 1e-11 (Wilson and Hilferty, seven standard deviations). */
function bound(cells: number): number {
  const degrees = cells - 1;
  return degrees * (1 - 2 / (9 * degrees) + 7 * Math.sqrt(2 / (9 * degrees))) ** 3;
}

function expectUniform(counts: readonly number[]): void {
  expect(chiSquare(counts)).to.be.below(bound(counts.length));
}

const ring = new KeyRing(randomBytes(32), [{ id: 9, secret: randomBytes(32) }]);

describe('pseudo-addresses', () => {
  it('are uniform over IPv4 blocks of different sizes', () => {
    const pool = new AddressPool({ ipv4: ['198.51.100.0/26', '203.0.113.0/28'], ipv6: [] });
    const counts = new Map<number, number>();
    for (let draw = 0; draw < 76 * 500; draw++) {
      const address = parseIpv4(pool.draw('ipv4'));
      counts.set(address, (counts.get(address) ?? 0) + 1);
    }
    expect(counts.size).to.equal(62 + 14);
    expectUniform([...counts.values()]);
  });

  it('are uniform in every byte of the host part of IPv6', () => {
    const pool = new AddressPool({ ipv4: [], ipv6: ['2001:db8::/64'] });
    const counts = Array.from({ length: 8 }, () => new Array<number>(256).fill(0));
    for (let draw = 0; draw < 20_000; draw++) {
      const bytes = parseIpv6(pool.draw('ipv6'))!;
      for (let index = 0; index < 8; index++) counts[index]![bytes[8 + index]!]!++;
    }
    for (const byte of counts) expectUniform(byte);
  });

  it('are uniform where a secret derives them from the pseudonym, and always the same for one', () => {
    const pool = new AddressPool({ ipv4: ['198.51.100.0/26', '203.0.113.0/28'], ipv6: [] });
    const secret = randomBytes(32);
    const counts = new Map<string, number>();
    for (let draw = 0; draw < 76 * 300; draw++) {
      const address = pool.derive('ipv4', secret, `label ${draw}`);
      if (draw % 1000 === 0) expect(pool.derive('ipv4', secret, `label ${draw}`)).to.equal(address);
      counts.set(address, (counts.get(address) ?? 0) + 1);
    }
    expect(counts.size).to.equal(76);
    expectUniform([...counts.values()]);
  });

  it('that name a tenant look alike for all tenants: every byte is uniform for each', () => {
    const addresses = new StatelessAddresses(ring, parseIpv6Block('2001:db8::/48'));
    for (const tenant of [1, 2, 40_000]) {
      const counts = Array.from({ length: 10 }, () => new Array<number>(256).fill(0));
      for (let nonce = 0; nonce < 20_000; nonce++) {
        const bytes = addresses.seal(tenant, nonce);
        for (let index = 0; index < 10; index++) counts[index]![bytes[6 + index]!]!++;
      }
      for (const byte of counts) expectUniform(byte);
    }
  });

  it('and labels that hold them change in half of their bits when one bit changes', () => {
    const addresses = new StatelessAddresses(ring, parseIpv6Block('2001:db8::/64'));
    let changed = 0;
    const trials = 4000;
    for (let trial = 0; trial < trials; trial++) {
      const a = addresses.seal(5, trial);
      const b = addresses.seal(trial % 2 ? 4 : 5, trial % 2 ? trial : trial ^ 1);
      for (let index = 8; index < 16; index++) changed += bitCount(a[index]! ^ b[index]!);
    }
    expect(changed / (trials * 64)).to.be.closeTo(0.5, 0.01);
  });

  it('in stateless labels leave every character of the label uniform, the key id too', () => {
    const labels = new StatelessLabels(ring);
    const counts = Array.from({ length: 60 }, () => new Map<string, number>());
    for (let trial = 0; trial < 8000; trial++) {
      const label = labels.seal({ ipv4: ['198.51.100.1'], ipv6: [] });
      for (const [index, count] of counts.entries())
        count.set(label[index]!, (count.get(label[index]!) ?? 0) + 1);
    }
    for (const count of counts) {
      expect(count.size).to.equal(32);
      expectUniform([...count.values()]);
    }
  });
});

function bitCount(byte: number): number {
  let count = 0;
  for (let bits = byte; bits !== 0; bits &= bits - 1) count++;
  return count;
}

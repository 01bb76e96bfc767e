import { expect } from 'chai';
import fc from 'fast-check';
import { parsePrefix, prefixContains } from '../../../apps/mimiq/address-prefix.js';
import { AddressEpochs } from '../../../apps/mimiq/permutation/address-epochs.js';
import { KeyedPermutation } from '../../../apps/mimiq/permutation/keyed-permutation.js';

const keys = fc.uint8Array({ minLength: 32, maxLength: 32 });

describe('the keyed permutation of MIMIQ without an allocator', () => {
  it('is undone by itself, for every number of bits', () => {
    fc.assert(
      fc.property(
        keys,
        fc.integer({ min: 2, max: 96 }),
        fc.bigInt({ min: 0n, max: 2n ** 96n - 1n }),
        (key, bits, any) => {
          const permutation = new KeyedPermutation(key, bits);
          const plain = any & ((1n << BigInt(bits)) - 1n);
          const sealed = permutation.encrypt(plain);
          expect(sealed >> BigInt(bits)).to.equal(0n);
          expect(permutation.decrypt(sealed)).to.equal(plain);
        },
      ),
    );
  });

  it('gives every number another one', () => {
    fc.assert(
      fc.property(keys, fc.integer({ min: 2, max: 9 }), (key, bits) => {
        const permutation = new KeyedPermutation(key, bits);
        const all = Array.from({ length: 2 ** bits }, (_, plain) => permutation.encrypt(BigInt(plain)));
        expect(new Set(all).size).to.equal(2 ** bits);
      }),
      { numRuns: 30 },
    );
  });

  it('gives no two clients one address while it leads back', () => {
    const inside = parsePrefix('10.70.0.0/26')!;
    fc.assert(
      fc.property(
        keys,
        fc.constantFrom('203.0.112.0/23', '203.0.112.0/20'),
        fc.integer({ min: 2, max: 7 }),
        fc.integer({ min: 0, max: 2 ** 40 }),
        (key, text, periods, epoch) => {
          const outside = parsePrefix(text)!;
          const epochs = new AddressEpochs(key, inside, outside, periods);
          const inForce = Array.from({ length: periods + 1 }, (_, index) =>
            epochs.outsideAddresses(epoch + index),
          );
          const all = inForce.flat();
          expect(all.every(address => prefixContains(outside, address))).to.equal(true);
          expect(new Set(all.map(String)).size).to.equal(all.length);
        },
      ),
      { numRuns: 30 },
    );
  });

  it('is the same for the same key and epoch, and another one for every other', () => {
    const [inside, outside] = [parsePrefix('fd70::/120')!, parsePrefix('2001:db8:70::/64')!];
    const of = (key: number, epoch: number) =>
      new AddressEpochs(new Uint8Array(32).fill(key), inside, outside, 3).outsideAddresses(epoch).map(String);
    expect(of(1, 77)).to.deep.equal(of(1, 77));
    const others = new Set([...of(1, 77), ...of(2, 77), ...of(1, 81)]);
    expect(others.size).to.equal(3 * 256);
  });
});

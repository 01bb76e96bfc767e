/** Values of fields that are encoded by hand (`custom` in the specification), as decode gives them. */
import fc from 'fast-check';
import { formatIpv4, formatIpv6 } from '../../../controller/address/index.js';
import { oxmName, shortOxmName } from './match-arbitraries.js';

const u16 = fc.nat({ max: 0xffff });

const subfield = fc.record({
  src: shortOxmName,
  ofs: fc.nat({ max: 1023 }),
  nBits: fc.integer({ min: 1, max: 64 }),
});

const ipv4 = fc.nat({ max: 0xffff_ffff }).map(formatIpv4);
const ipv6 = fc.uint8Array({ minLength: 16, maxLength: 16 }).map(bytes => formatIpv6(bytes));
const ports = fc.oneof(
  fc.constant({}),
  fc.record({ protoMin: u16 }),
  fc.record({ protoMin: u16, protoMax: u16 }),
);
const natRange = fc.oneof(
  fc.constant({}),
  fc.tuple(fc.oneof(fc.record({ ipv4Min: ipv4 }), fc.record({ ipv4Min: ipv4, ipv4Max: ipv4 })), ports),
  fc.tuple(fc.oneof(fc.record({ ipv6Min: ipv6 }), fc.record({ ipv6Min: ipv6, ipv6Max: ipv6 })), ports),
);

const nBits = fc.integer({ min: 1, max: 1023 });
const source = fc.record({ src: shortOxmName, srcOfs: u16 });
const destination = fc.record({ dst: shortOxmName, dstOfs: u16 });
const learnSpec = fc.tuple(nBits, source, destination).chain(([bits, from, to]) => {
  const size = 2 * Math.ceil(bits / 16);
  const value = fc.uint8Array({ minLength: size, maxLength: size });
  return fc.oneof(
    fc.constantFrom('match-field', 'load-field').map(type => ({ type, nBits: bits, ...from, ...to })),
    fc
      .tuple(fc.constantFrom('match-value', 'load-value'), value)
      .map(([type, bytes]) => ({ type, nBits: bits, value: bytes, ...to })),
    fc.constant({ type: 'output-field', nBits: bits, ...from }),
  );
});

/** By codec. */
export const customArbitraries: Record<string, fc.Arbitrary<unknown>> = {
  'nx-ct-zone': fc.oneof(u16, subfield),
  'nx-learn-result': fc.record({ dst: oxmName, ofs: u16 }),
  'nx-learn-specs': fc.array(learnSpec, { maxLength: 3 }),
  'nx-nat-range': natRange.map(parts => (Array.isArray(parts) ? { ...parts[0], ...parts[1] } : parts)),
};

type Value = Record<string, unknown>;

/** By tag: fields that depend on each other, made to agree. */
export const coherent: Record<string, (value: Value) => Value> = {
  'nx-learn2': value => ({
    ...value,
    result: (value.flags as string[]).includes('write-result') ? value.result : null,
  }),
};

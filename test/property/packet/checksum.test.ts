import { expect } from 'chai';
import fc from 'fast-check';
import {
  buildFrame,
  Icmpv6View,
  Ipv4View,
  Ipv6View,
  internetChecksum,
  sumWords,
  TcpView,
  UdpView,
  updateChecksum,
} from '../../../controller/packet/index.js';
import { edged, ipPacket } from './frame-arbitrary.js';

/** The sum as RFC 1071 defines it, in whole numbers. */
function referenceSum(bytes: Uint8Array, initial: number): number {
  let sum = initial;
  for (let index = 0; index < bytes.length; index += 2) {
    sum += bytes[index]! * 256 + (bytes[index + 1] ?? 0);
  }
  return sum === 0 ? 0 : ((sum - 1) % 0xffff) + 1;
}

const biased = fc.array(fc.oneof(fc.constantFrom(0, 0xff), fc.integer({ min: 0, max: 255 })), {
  maxLength: 600,
});

/** A transport view of a packet that has one. */
function transportOf(bytes: Uint8Array, ip: Ipv4View | Ipv6View): TcpView | UdpView | Icmpv6View | undefined {
  if (ip.protocol === 6) return new TcpView(bytes, ip.payloadOffset, ip.end);
  if (ip.protocol === 17) return new UdpView(bytes, ip.payloadOffset, ip.end);
  if (ip.protocol === 58) return new Icmpv6View(bytes, ip.payloadOffset, ip.end);
  return undefined;
}

describe('any checksum', () => {
  it('sums what plain arithmetic sums, at any offset and length', () => {
    fc.assert(
      fc.property(biased, edged(16), fc.nat(7), (values, initial, shift) => {
        const bytes = Uint8Array.from([...new Array<number>(shift).fill(0xaa), ...values, 0xbb]);
        const end = bytes.length - 1;
        expect(sumWords(bytes, shift, end, initial)).to.equal(
          referenceSum(bytes.subarray(shift, end), initial),
        );
      }),
      { numRuns: 2000 },
    );
  });

  it('sums buffers longer than any packet', () => {
    for (const length of [65_519, 65_520, 65_521, 65_536, 200_001]) {
      for (const value of [0xff, 0x5a]) {
        const bytes = new Uint8Array(length).fill(value);
        expect(sumWords(bytes, 0, length, 0xffff)).to.equal(referenceSum(bytes, 0xffff));
      }
    }
  });

  it('is after an update the one that whole computation gives', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.constantFrom(0, 0xffff), edged(16)), { minLength: 1, maxLength: 6 }),
        fc.nat(5),
        edged(16),
        (words, place, word) => {
          const before = Uint8Array.from(words.flatMap(value => [value >>> 8, value & 255]));
          const offset = (place % words.length) * 2;
          const after = before.slice();
          after.set([word >>> 8, word & 255], offset);
          const updated = updateChecksum(
            internetChecksum(before, 0, before.length),
            sumWords(before, offset, offset + 2),
            word,
          );
          const whole = internetChecksum(after, 0, after.length);
          expect(updated).to.equal(after.some(byte => byte !== 0) ? whole : 0x0000);
        },
      ),
      { numRuns: 5000 },
    );
  });

  it('stays the one that whole computation gives while a packet is rewritten, 0x0000 and 0xffff included', () => {
    let zero = 0;
    fc.assert(
      fc.property(
        ipPacket,
        fc.array(fc.tuple(fc.nat(5), edged(32)), { maxLength: 12 }),
        (layers, changes) => {
          const bytes = buildFrame(layers);
          const ip = layers[0]!.type === 'ipv4' ? new Ipv4View(bytes) : new Ipv6View(bytes);
          const transport = transportOf(bytes, ip);
          if (transport === undefined) return;
          const check = () => {
            if (ip instanceof Ipv4View) expect(ip.checksum).to.equal(ip.computeChecksum());
            expect(transport.checksum).to.equal(transport.computeChecksum(ip.addressSum));
            expect(transport.hasRightChecksum(ip.addressSum)).to.equal(true);
          };
          for (const [which, value] of changes) {
            rewrite(ip, transport, which, value);
            check();
          }
          // One more rewrite that brings the sum to 0xffff, where the checksum is 0x0000, or 0xffff in UDP.
          if (transport instanceof Icmpv6View) return;
          const { sourcePort, checksum } = transport;
          transport.sourcePort = ((sourcePort + checksum - 1) % 0xffff) + 1;
          check();
          expect(transport.checksum).to.equal(transport instanceof UdpView ? 0xffff : 0);
          zero++;
          transport.sourcePort = sourcePort;
          check();
        },
      ),
      { numRuns: 2000 },
    );
    expect(zero).to.be.greaterThan(500);
  });
});

function rewrite(
  ip: Ipv4View | Ipv6View,
  transport: TcpView | UdpView | Icmpv6View,
  which: number,
  value: number,
): void {
  const address = new Uint8Array(16).fill(value & 255, 0, 8);
  if (which === 0) {
    if (ip instanceof Ipv4View) ip.setSource(value, transport);
    else ip.setSource(address, transport);
  } else if (which === 1) {
    if (ip instanceof Ipv4View) ip.setDestination(value, transport);
    else ip.setDestination(address, transport);
  } else if (which === 2) {
    if (ip instanceof Ipv4View) ip.ttl = value & 255;
    else ip.hopLimit = value & 255;
  } else if (transport instanceof TcpView) {
    if (which === 3) transport.sequence = value;
    else if (which === 4) transport.acknowledgement = value;
    else transport.timestampValue = value;
    transport.shiftSack(value);
  } else if (transport instanceof UdpView) {
    if (which === 3) transport.sourcePort = value & 0xffff;
    else transport.destinationPort = value & 0xffff;
  } else transport.identifier = value & 0xffff;
}

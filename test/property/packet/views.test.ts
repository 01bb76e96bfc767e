import { expect } from 'chai';
import fc from 'fast-check';
import {
  buildFrame,
  Icmpv4View,
  Icmpv6View,
  Ipv4View,
  LldpView,
  NeighbourDiscoveryView,
  PacketError,
  TcpView,
  UdpView,
} from '../../../controller/packet/index.js';
import { VIEWS, type ViewClass } from '../../fuzz/packet-views.js';
import { frame } from './frame-arbitrary.js';

/** Everything that the getters and the methods without effect of a view give, or the code of its refusal. */
function everything(
  View: ViewClass,
  bytes: Uint8Array,
  start: number,
  end: number,
  partial: boolean,
): string {
  let view: object;
  try {
    view = new View(bytes, start, end, partial);
  } catch (error) {
    if (error instanceof PacketError) return `${error.code} at ${error.offset}`;
    throw error;
  }
  const values: unknown[] = [];
  for (
    let type = Object.getPrototypeOf(view);
    type !== Object.prototype;
    type = Object.getPrototypeOf(type)
  ) {
    for (const [name, { get }] of Object.entries(Object.getOwnPropertyDescriptors(type))) {
      if (get !== undefined) values.push(name, plain(get.call(view)));
    }
  }
  if (view instanceof TcpView || view instanceof UdpView || view instanceof Icmpv6View) {
    values.push(view.hasRightChecksum(0), view.computeChecksum(0));
  }
  if (view instanceof Ipv4View || view instanceof Icmpv4View) {
    values.push(view.hasRightChecksum(), view.computeChecksum());
  }
  if (view instanceof TcpView || view instanceof NeighbourDiscoveryView) {
    for (let kind = 0; kind < 256; kind++) values.push(view.optionOffset(kind));
  }
  if (view instanceof LldpView) {
    view.forEach((type, value) => {
      values.push(type, plain(value));
    });
    values.push(plain(view.organisationSpecific(0x123456, 1)));
  }
  return JSON.stringify(values);
}

function plain(value: unknown): unknown {
  if (typeof value === 'number') expect(value).to.satisfy(Number.isInteger);
  return value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value;
}

const mutations = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 5 });

describe('any view', () => {
  it('reads nothing outside its span, whatever the bytes', () => {
    fc.assert(
      fc.property(
        frame,
        mutations,
        fc.constantFrom(0, 14, 18, 34, 38, 54, 58),
        fc.nat(),
        fc.boolean(),
        (layers, changes, offset, cut, partial) => {
          const packet = buildFrame(layers).subarray(offset);
          for (const [at, value] of changes) if (packet.length > 0) packet[at % packet.length] = value;
          const length = cut % 2 === 0 ? packet.length : cut % (packet.length + 1);
          const surrounded = [0x00, 0xff].map(filling => {
            const buffer = new Uint8Array(32 + length + 2048).fill(filling);
            buffer.set(packet.subarray(0, length), 32);
            return buffer;
          });
          for (const View of VIEWS) {
            const [zeros, ones] = surrounded.map(buffer =>
              everything(View, buffer, 32, 32 + length, partial),
            );
            expect(zeros, View.name).to.equal(ones);
          }
        },
      ),
      { numRuns: 1500 },
    );
  });
});

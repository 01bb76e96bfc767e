import { expect } from 'chai';
import fc from 'fast-check';
import { buildFrame, type Layer, PacketError, parseFrame } from '../../../controller/packet/index.js';
import { frame } from './frame-arbitrary.js';

/** Layers, or undefined where the frame is refused with a PacketError; any other error goes on. */
function parsed(bytes: Uint8Array): Layer[] | undefined {
  try {
    return parseFrame(bytes);
  } catch (error) {
    if (error instanceof PacketError) return undefined;
    throw error;
  }
}

/** What tells a network packet that is whole: its frame minus the trailer. */
function withoutTrailer(layers: Layer[]): Layer[] {
  return layers.filter(layer => layer.type !== 'trailer');
}

const mutation = fc.oneof(
  fc.record({ at: fc.nat(), value: fc.integer({ min: 0, max: 255 }) }),
  fc.record({
    at: fc.nat(80),
    value: fc.constantFrom(0, 1, 2, 4, 7, 8, 0x0f, 0x3c, 0x45, 0x4f, 0x60, 0x7f, 0x80, 0xff),
  }),
);

describe('any frame', () => {
  it('is the same after building and parsing, its checksums right', () => {
    fc.assert(
      fc.property(frame, layers => {
        expect(parseFrame(buildFrame(layers), { verifyChecksums: true })).to.deep.equal(layers);
      }),
      { numRuns: 2000 },
    );
  });

  it('is refused with a PacketError wherever its packet is cut', () => {
    fc.assert(
      fc.property(frame, layers => {
        const bytes = buildFrame(withoutTrailer(layers));
        for (let length = 0; length < bytes.length; length++) {
          const cut = parsed(bytes.subarray(0, length));
          // A data unit of LLDP may end after any of its optional TLVs.
          if (cut !== undefined)
            expect(
              cut.some(layer => layer.type === 'lldp'),
              `${length} bytes`,
            ).to.equal(true);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('is refused with a PacketError, or parsed without loss, after any change', () => {
    let accepted = 0;
    fc.assert(
      fc.property(frame, fc.array(mutation, { minLength: 1, maxLength: 6 }), (layers, changes) => {
        const bytes = buildFrame(layers);
        for (const { at, value } of changes) bytes[at % bytes.length] = value;
        const changed = parsed(bytes);
        if (changed === undefined) return;
        accepted++;
        expect(buildFrame(changed)).to.deep.equal(bytes);
      }),
      { numRuns: 10_000 },
    );
    expect(accepted).to.be.greaterThan(1000);
  });

  it('is refused with a PacketError, or parsed without loss, if it is only noise behind an EtherType', () => {
    const head = fc.constantFrom('0806', '0800', '86dd', '88cc', '8100', '0020');
    const start = fc.constantFrom('', '45', '4f', '60', '0001080006040001', '0204', '81000800');
    fc.assert(
      fc.property(head, start, fc.uint8Array({ maxLength: 200 }), (etherType, prefix, noise) => {
        const bytes = new Uint8Array(
          Buffer.concat([Buffer.alloc(12), Buffer.from(etherType + prefix, 'hex'), noise]),
        );
        const layers = parsed(bytes);
        if (layers !== undefined) expect(buildFrame(layers)).to.deep.equal(bytes);
      }),
      { numRuns: 10_000 },
    );
  });
});

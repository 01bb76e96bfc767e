import { expect } from 'chai';
import fc from 'fast-check';
import {
  decode,
  encodeToBytes,
  type Message,
  OpenflowError,
  PacketInView,
  toJson,
} from '../../../controller/openflow/index.js';
import { specification } from '../../../controller/openflow/spec/index.js';
import { anyMessage, messageOf, multipartOf } from './arbitraries.js';
import { matchWith } from './match-arbitraries.js';

const asMessage = (value: unknown): Message => value as Message;

function roundTrip(value: unknown): void {
  const bytes = encodeToBytes(asMessage(value));
  const decoded = decode(bytes);
  expect(decoded).to.deep.equal(value);
  expect(encodeToBytes(JSON.parse(JSON.stringify(toJson(decoded))))).to.deep.equal(bytes);
}

const union = (name: string) => specification.unions.find(item => item.name === name)!;

/** Whatever decode accepts, encode writes back: the same message, and the same bytes but for padding. */
function acceptsOrRefuses(bytes: Uint8Array): void {
  let decoded: Message;
  try {
    decoded = decode(bytes);
  } catch (error) {
    expect(error).to.be.instanceOf(OpenflowError);
    return;
  }
  const again = encodeToBytes(decoded);
  expect(again.length).to.equal(bytes[2]! * 256 + bytes[3]!);
  expect(decode(again)).to.deep.equal(decoded);
}

describe('openflow round trips', () => {
  for (const { tag } of union('Message').variants) {
    it(`${tag} survives encode and decode, also as JSON`, () => {
      fc.assert(fc.property(messageOf(tag), roundTrip), { numRuns: 60 });
    });
  }

  for (const [message, bodies] of [
    ['multipart-request', union('MultipartRequestBody')],
    ['multipart-reply', union('MultipartReplyBody')],
  ] as const) {
    for (const variant of bodies.variants) {
      it(`${message} ${variant.tag} survives encode and decode, also as JSON`, () => {
        fc.assert(fc.property(multipartOf(message, variant, bodies), roundTrip), { numRuns: 60 });
      });
    }
  }

  it('every match field survives with all that it requires', () => {
    for (const { name } of specification.oxmFields) {
      fc.assert(
        fc.property(matchWith(name), match => {
          expect(match).to.have.property(name);
          const decoded = decode(encodeToBytes(asMessage({ type: 'flow-mod', match })));
          expect(decoded).to.have.property('match').that.deep.equals(match);
          expect(Object.keys((decoded as { match: object }).match)).to.deep.equal(Object.keys(match));
        }),
        { numRuns: 20 },
      );
    }
  });
});

describe('openflow decode of bad input', () => {
  it('truncation at every byte throws OpenflowError', () => {
    fc.assert(
      fc.property(anyMessage, value => {
        const bytes = encodeToBytes(asMessage(value));
        for (let length = 0; length < bytes.length; length++) {
          const cut = bytes.slice(0, length);
          expect(() => decode(cut))
            .to.throw(OpenflowError)
            .with.property('code', 'truncated');
          if (length < 8) continue;
          cut[2] = length >> 8;
          cut[3] = length & 255;
          acceptsOrRefuses(cut);
        }
      }),
      { numRuns: 100 },
    );
  });

  it('mutated messages are refused with OpenflowError, or accepted and written back', () => {
    const mutation = fc.record({ place: fc.nat({ max: 4095 }), value: fc.nat({ max: 255 }) });
    fc.assert(
      fc.property(anyMessage, fc.array(mutation, { minLength: 1, maxLength: 4 }), (value, mutations) => {
        const bytes = encodeToBytes(asMessage(value));
        for (const { place, value: byte } of mutations) bytes[place % bytes.length] = byte;
        acceptsOrRefuses(bytes);
      }),
      { numRuns: 4000 },
    );
  });

  it('random bytes behind every header are refused with OpenflowError, or accepted and written back', () => {
    fc.assert(
      fc.property(fc.nat({ max: 35 }), fc.uint8Array({ maxLength: 120 }), (type, body) => {
        const bytes = new Uint8Array(8 + body.length);
        bytes.set([4, type, 0, bytes.length]);
        bytes.set(body, 8);
        acceptsOrRefuses(bytes);
      }),
      { numRuns: 4000 },
    );
  });

  it('encode throws nothing but OpenflowError, whatever stands in a literal', () => {
    const odd = fc.oneof(
      fc.anything({ withBigInt: true }),
      fc.constantFrom(null, undefined, Number.NaN, -0.5, 2 ** 53),
    );
    fc.assert(
      fc.property(anyMessage, fc.nat(), odd, (value, choice, replacement) => {
        const message = structuredClone(value);
        const places: [Record<string, unknown>, string][] = [];
        collect(message, places);
        const [owner, key] = places[choice % places.length]!;
        owner[key] = replacement;
        try {
          encodeToBytes(asMessage(message));
        } catch (error) {
          expect(error).to.be.instanceOf(OpenflowError);
        }
      }),
      { numRuns: 3000 },
    );
  });
});

/** Every place in a literal that holds a value. */
function collect(value: unknown, places: [Record<string, unknown>, string][]): void {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return;
  for (const [key, member] of Object.entries(value)) {
    places.push([value as Record<string, unknown>, key]);
    collect(member, places);
  }
}

describe('PacketInView of bad input', () => {
  const getters = [
    'xid',
    'bufferId',
    'totalLength',
    'reason',
    'tableId',
    'cookie',
    'inPort',
    'dataLength',
  ] as const;

  it('reads nothing outside the message, and throws nothing but OpenflowError', () => {
    const mutation = fc.record({ place: fc.nat({ max: 80 }), value: fc.nat({ max: 255 }) });
    fc.assert(
      fc.property(
        messageOf('packet-in'),
        fc.array(mutation, { maxLength: 3 }),
        fc.nat({ max: 20 }),
        (value, list, cut) => {
          const whole = encodeToBytes(asMessage(value));
          for (const { place, value: byte } of list) whole[place % whole.length] = byte;
          // Exactly as long as the message: a read outside it throws RangeError.
          const bytes = whole.slice(0, Math.max(0, whole.length - cut));
          let view: PacketInView;
          try {
            view = PacketInView.from(bytes, new DataView(bytes.buffer), 0, bytes.length);
          } catch (error) {
            expect(error).to.be.instanceOf(OpenflowError);
            return;
          }
          for (const getter of getters) void view[getter];
          expect(view.data.length).to.equal(view.dataLength);
          try {
            void view.match;
            void view.toObject();
          } catch (error) {
            expect(error).to.be.instanceOf(OpenflowError);
          }
        },
      ),
      { numRuns: 3000 },
    );
  });
});

import { expect } from 'chai';
import fc from 'fast-check';
import { ChannelError } from '../../../apps/popsicl/tenant/channel/channel-error.js';
import { Frames } from '../../../apps/popsicl/tenant/channel/frames.js';
import {
  decodeFromAgent,
  decodeFromController,
  encodeFromAgent,
  encodeFromController,
} from '../../../apps/popsicl/tenant/channel/messages.js';

const LIMIT = 1000;

describe('the bytes of the control channel', () => {
  it('give the same messages however the stream is cut', () => {
    const bodies = fc.array(fc.uint8Array({ maxLength: LIMIT }), { maxLength: 8 });
    fc.assert(
      fc.property(bodies, fc.array(fc.nat(2000), { maxLength: 20 }), (messages, cuts) => {
        const stream = Buffer.concat(messages.map(framed));
        const places = [
          0,
          ...cuts.map(cut => Math.min(cut, stream.length)).sort((a, b) => a - b),
          stream.length,
        ];
        const frames = new Frames(LIMIT);
        const found: Buffer[] = [];
        for (const [index, start] of places.entries()) {
          const chunk = stream.subarray(start, places[index + 1]);
          for (const message of frames.push(Buffer.from(chunk))) found.push(Buffer.from(message));
        }
        expect(found.map(String)).to.deep.equal(messages.map(message => String(Buffer.from(message))));
      }),
    );
  });

  it('are refused at a length above the limit, before anything of it has come', () => {
    fc.assert(
      fc.property(fc.integer({ min: LIMIT + 1, max: 0xffff_ffff }), length => {
        const head = Buffer.alloc(4);
        head.writeUInt32BE(length);
        expect(() => [...new Frames(LIMIT).push(head)]).to.throw(ChannelError);
      }),
    );
  });

  it('give a message or a ChannelError, whatever they are', () => {
    const whole = encodeFromAgent({
      id: 1,
      hello: { version: 2, strategies: ['cookie'], hindrances: ['x'] },
    });
    const order = encodeFromController({
      id: 1,
      cookieKeys: { keys: [{ epoch: 1, key: new Uint8Array(16), tenantWindowScale: 7 }] },
    });
    const damaged = fc
      .tuple(fc.constantFrom(whole, order), fc.nat(), fc.nat(255))
      .map(([bytes, at, value]) => bytes.slice(4).fill(value, at % bytes.length, (at % bytes.length) + 1));
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), damaged), bytes => {
        for (const decode of [decodeFromAgent, decodeFromController]) {
          try {
            expect(decode(bytes)).to.be.an('object');
          } catch (error) {
            expect(error).to.be.instanceOf(ChannelError);
          }
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('carry inventories back and forth', () => {
    const digest = fc.uint8Array({ maxLength: 16 }).map(bytes => Buffer.from(bytes));
    const served = fc.array(fc.record({ name: fc.domain(), digest }), { maxLength: 20 });
    const inventory = fc.record({ served, last: fc.boolean() });
    fc.assert(
      fc.property(inventory, fc.integer({ min: 0, max: 0xffff_ffff }), (value, id) => {
        expect(decodeFromAgent(encodeFromAgent({ id, inventory: value }).subarray(4))).to.deep.equal({
          id,
          inventory: value,
        });
      }),
    );
  });
});

function framed(body: Uint8Array): Buffer {
  const head = Buffer.alloc(4);
  head.writeUInt32BE(body.length);
  return Buffer.concat([head, body]);
}

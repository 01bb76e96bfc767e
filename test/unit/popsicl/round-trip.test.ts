import { expect } from 'chai';
import { tellRoundTrip } from '../../../apps/popsicl/handoff/round-trip.js';
import { buildFrame, findLayer, parseFrame, type TcpOption } from '../../../controller/packet/index.js';

const SENT = 0xffff0;
const ECHO = ((SENT << 8) | 0x5a) >>> 0;

function segment(options: TcpOption[]): Uint8Array {
  return buildFrame([
    { type: 'ethernet', source: '02:00:00:00:00:01', destination: '02:00:00:00:00:02' },
    { type: 'ipv6', source: '2001:db8::1', destination: '2001:db8::2' },
    { type: 'tcp', sourcePort: 40_000, destinationPort: 443, flags: ['ack', 'psh'], options },
    { type: 'payload', data: Uint8Array.of(1, 2, 3) },
  ]);
}
const stamps = (echo: number): TcpOption => ({ type: 'timestamps', value: 77, echo });
const nothing: TcpOption = { type: 'no-operation' };

describe('the round trip that a tenant is told', () => {
  it('stands in the echo, at even and odd places, with a right checksum and nothing else changed', () => {
    for (const before of [0, 1, 2, 3]) {
      const padding = new Array<TcpOption>(before).fill(nothing);
      for (const milliseconds of [0, 15, 16, 499]) {
        const frame = segment([...padding, stamps(ECHO)]);
        // The clock has begun anew meanwhile, as it does every 17 minutes.
        tellRoundTrip(frame, 7 * 2 ** 20 + SENT + milliseconds + 0.25);
        const told = 0x4000_0000 + (milliseconds + 1) * 256 + 0x5a;
        expect(findLayer(parseFrame(frame), 'tcp')!.checksum, 'a wrong checksum').to.equal(undefined);
        expect(frame).to.deep.equal(segment([...padding, stamps(told)]));
      }
    }
  });

  it('is not told without timestamps, after too long a time, or of a clock that is not the controller’s', () => {
    for (const [options, now] of [
      [[], SENT],
      [[stamps(ECHO)], SENT + 500],
      [[stamps(ECHO)], SENT - 1],
      [[stamps(ECHO + 2 ** 28)], SENT],
    ] as const) {
      const frame = segment([...options]);
      tellRoundTrip(frame, 2 ** 20 + now);
      expect(frame).to.deep.equal(segment([...options]));
    }
  });
});

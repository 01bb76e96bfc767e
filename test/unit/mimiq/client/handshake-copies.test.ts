import { expect } from 'chai';
import { HandshakeCopies } from '../../../../apps/mimiq/client/quic/handshake-copies.js';
import { ManualClock } from '../../../simulator/manual-clock.js';

const LONG = Uint8Array.of(0xc0, 1);
const SHORT = Uint8Array.of(0x40, 2);

describe('copies of a handshake', () => {
  const start = () => {
    const clock = new ManualClock();
    const sent: [at: number, first: number][] = [];
    const copies = new HandshakeCopies(clock, datagram => sent.push([clock.now(), datagram[0]!]));
    return { clock, copies, sent };
  };

  it('are sent after a quarter of a second, ever later, and four times at most', () => {
    const { clock, copies, sent } = start();
    copies.keep(LONG);
    copies.keep(SHORT);
    clock.advance(60_000);
    expect(sent).to.deep.equal([250, 750, 1750, 3750].map(at => [at, LONG[0]]));
    expect(clock.pending).to.equal(0);
  });

  it('are those of the flight that is under way, and none once the peer has all', () => {
    const { clock, copies, sent } = start();
    copies.keep(LONG);
    copies.answered();
    clock.advance(100);
    copies.keep(Uint8Array.of(0xe0));
    clock.advance(250);
    expect(sent).to.deep.equal([[350, 0xe0]]);
    copies.stop();
    copies.keep(LONG);
    clock.advance(60_000);
    expect(sent).to.have.length(1);
  });
});

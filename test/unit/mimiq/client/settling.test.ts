import { expect } from 'chai';
import type { LocalSocket } from '../../../../apps/mimiq/client/quic/local-socket.js';
import { Settling } from '../../../../apps/mimiq/client/quic/settling.js';
import { ManualClock } from '../../../simulator/manual-clock.js';

const [OLD, NEW, OTHER] = ['old', 'new', 'other'].map(name => ({ name }) as unknown as LocalSocket);

describe('a move that the server has to validate', () => {
  const start = () => {
    const clock = new ManualClock();
    const state = { moves: 0, needed: true };
    const settling = new Settling(clock, () => {
      if (state.needed) state.moves++;
      return state.needed;
    });
    const move = () => {
      settling.moved(OLD);
      settling.heard(NEW, true);
    };
    return { clock, settling, state, move };
  };

  it('is not made again when the server asks at the old address once it speaks at the new one', () => {
    const { clock, settling, state, move } = start();
    move();
    clock.advance(400);
    settling.heard(OLD, false);
    clock.advance(10_000);
    expect(state.moves).to.equal(0);
    expect(clock.pending).to.equal(0);
  });

  it('is made again within the second after which ngtcp2 closes the connection', () => {
    const { clock, settling, state } = start();
    settling.moved(OLD);
    // What was under way to old addresses says nothing.
    settling.heard(OLD, false);
    clock.advance(10_000);
    expect(state.moves).to.equal(0);
    settling.heard(NEW, true);
    settling.heard(OTHER, false);
    clock.advance(600);
    expect(state.moves).to.equal(1);
  });

  it('is made again twice at most for a server that never asks at old addresses', () => {
    const { clock, state, move } = start();
    for (let count = 0; count < 5; count++) {
      move();
      clock.advance(1_000);
    }
    expect(state.moves).to.equal(2);
  });

  it('is made again as often as it takes for a server that does', () => {
    const { clock, settling, state, move } = start();
    move();
    settling.heard(OLD, false);
    for (let count = 0; count < 5; count++) {
      move();
      clock.advance(1_000);
    }
    expect(state.moves).to.equal(5);
    state.needed = false;
    move();
    clock.advance(1_000);
    expect(state.moves).to.equal(5);
    settling.stop();
    expect(clock.pending).to.equal(0);
  });
});

import { expect } from 'chai';
import { Watchdog } from '../../../../apps/mimiq/client/quic/watchdog.js';
import { ManualClock } from '../../../simulator/manual-clock.js';

function watch(rtt: number) {
  const clock = new ManualClock();
  const state = { waiting: true, nudges: [] as number[], lost: 0, received: 0 };
  const watchdog = new Watchdog(clock, {
    waiting: () => state.waiting,
    rtt: () => rtt,
    received: () => state.received,
    nudge: () => state.nudges.push(clock.now()),
    lost: () => state.lost++,
  });
  return { clock, state, watchdog };
}

describe('the watchdog of a connection', () => {
  it('speaks after 60 ms of silence at 10 ms round-trip time, and after 150 ms at 50 ms', () => {
    for (const [rtt, patience] of [
      [10, 60],
      [50, 150],
    ] as const) {
      const { clock, state, watchdog } = watch(rtt);
      watchdog.start();
      clock.advance(patience - 1);
      expect(state.nudges).to.deep.equal([]);
      clock.advance(1);
      expect(state.nudges).to.deep.equal([patience]);
    }
  });

  it('speaks ten times before it gives up where lost packets made the round trip seem to take seconds', () => {
    const { clock, state, watchdog } = watch(1_800);
    watchdog.start();
    for (let step = 0; step < 200; step++) clock.advance(100);
    expect(state.nudges[0]).to.equal(500);
    expect(state.nudges).to.have.length.above(10);
    expect(state.lost).to.equal(1);
  });

  it('is silent while datagrams come, and once nothing is waited for', () => {
    const { clock, state, watchdog } = watch(10);
    watchdog.start();
    for (let step = 0; step < 20; step++) {
      clock.advance(50);
      state.received++;
      watchdog.heard();
    }
    state.waiting = false;
    clock.advance(10_000);
    expect(state.nudges).to.deep.equal([]);
    expect(clock.pending).to.equal(0);
  });

  it('gives a connection up although datagrams come that it cannot read', () => {
    const { clock, state, watchdog } = watch(10);
    watchdog.start();
    for (let step = 0; step < 400; step++) {
      clock.advance(50);
      watchdog.heard();
    }
    expect(state.nudges).to.have.length.above(5);
    expect(state.lost).to.equal(1);
  });

  it('gives a connection up that has said nothing for ten seconds', () => {
    const { clock, state, watchdog } = watch(10);
    watchdog.start();
    clock.advance(9_900);
    expect(state.lost).to.equal(0);
    clock.advance(10_000);
    expect(state.lost).to.equal(1);
    expect(clock.pending).to.equal(0);
  });
});

import { expect } from 'chai';
import { type LoopMember, TransportLoop } from '../../../controller/transport/transport-loop.js';
import { until } from '../../../mininet/driver/until.js';

/** A loop whose clock goes on by `step` milliseconds whenever it is read. */
class SteppingLoop extends TransportLoop {
  step = 0;
  readings = 0;
  #time = 0;
  override now(): number {
    this.readings++;
    this.#time += this.step;
    return this.#time;
  }
}

describe('TransportLoop', () => {
  function member(log: string[], name: string): LoopMember {
    return { flush: () => log.push(`flush ${name}`), tick: () => log.push(`tick ${name}`) };
  }

  it('flushes all that asked for it once, when the code that asked is done', async () => {
    const loop = new TransportLoop();
    const log: string[] = [];
    loop.flushSoon(member(log, 'a'));
    loop.flushSoon(member(log, 'b'));
    log.push('done');
    await new Promise(process.nextTick);
    expect(log).to.deep.equal(['done', 'flush a', 'flush b']);
    await new Promise(setImmediate);
    expect(log).to.have.length(3);
  });

  it('flushes again those that ask for it during a flush', async () => {
    const loop = new TransportLoop();
    const log: string[] = [];
    const second = member(log, 'second');
    loop.flushSoon({ flush: () => loop.flushSoon(second), tick: () => {} });
    await new Promise(setImmediate);
    expect(log).to.deep.equal(['flush second']);
  });

  it('flushes at the end of a read whoever asked meanwhile, once', async () => {
    const loop = new TransportLoop();
    const log: string[] = [];
    const receive = () => {
      loop.flushSoon(member(log, 'a'));
      loop.flushSoon(member(log, 'b'));
      log.push('received');
    };
    loop.read({ receive }, 0, loop.receiveBuffer);
    expect(log).to.deep.equal(['received', 'flush a', 'flush b']);
    await new Promise(setImmediate);
    expect(log).to.have.length(3);
  });

  it('flushes in the order of asking what was asked for before a read', async () => {
    const loop = new TransportLoop();
    const log: string[] = [];
    loop.flushSoon(member(log, 'before'));
    const receive = () => loop.flushSoon(member(log, 'read'));
    loop.read({ receive }, 0, loop.receiveBuffer);
    await new Promise(setImmediate);
    expect(log).to.deep.equal(['flush before', 'flush read']);
  });

  it('flushes after a read that failed, and after those that follow', async () => {
    const loop = new TransportLoop();
    const log: string[] = [];
    const receive = () => {
      loop.flushSoon(member(log, 'failed'));
      throw new RangeError('broken');
    };
    expect(() => loop.read({ receive }, 0, loop.receiveBuffer)).to.throw('broken');
    loop.flushSoon(member(log, 'next'));
    await new Promise(setImmediate);
    expect(log).to.deep.equal(['flush failed', 'flush next']);
  });

  it('lets sockets be read before it calls anybody silent after the process stood still', async () => {
    const loop = new SteppingLoop();
    const log: string[] = [];
    const ticked = member(log, 'a');
    loop.add(ticked);
    try {
      loop.step = 60_000;
      await until('two late rounds', () => loop.readings >= 3);
      expect(log).to.deep.equal([]);
      loop.step = 1;
      await until('a round in time', () => log.length > 0);
      expect(log[0]).to.equal('tick a');
    } finally {
      loop.remove(ticked);
    }
    expect(loop.members).to.equal(0);
  });
});

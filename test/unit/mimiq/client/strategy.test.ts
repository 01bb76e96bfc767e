import { expect } from 'chai';
import { ClientError } from '../../../../apps/mimiq/client/client-error.js';
import { BaselinePackets } from '../../../../apps/mimiq/client/strategy/baseline-packets.js';
import { HopSchedule } from '../../../../apps/mimiq/client/strategy/hop-schedule.js';
import { parseStrategy, strategyFor, strategyRules } from '../../../../apps/mimiq/client/strategy/options.js';
import { createStrategy } from '../../../../apps/mimiq/client/strategy/strategy.js';
import { ManualClock } from '../../../simulator/manual-clock.js';

/** Packets after which hops were made, of `total` packets sent one by one. */
async function hopsAt(text: string, total: number, draws: number[] = []): Promise<number[]> {
  const at: number[] = [];
  const strategy = createStrategy(parseStrategy(text), min => draws.shift() ?? min);
  const schedule: HopSchedule = new HopSchedule(strategy, new ManualClock(), async () => {
    at.push(schedule.packets.count);
    return true;
  });
  for (let packet = 0; packet < total; packet++) {
    schedule.packets.send(1);
    schedule.check();
    await Promise.resolve().then(() => undefined);
    await Promise.resolve();
  }
  schedule.stop();
  return at;
}

describe('hopping strategies', () => {
  it('never: makes no hop', async () => expect(await hopsAt('never', 100)).to.deep.equal([]));

  it('every: hops after each interval of packets', async () => {
    expect(await hopsAt('every:25', 100)).to.deep.equal([25, 50, 75, 100]);
  });

  it('random: draws each interval anew, between the bounds', async () => {
    expect(await hopsAt('random:10-50', 100, [10, 50, 30, 50])).to.deep.equal([10, 60, 90]);
  });

  it('once: hops once, behind the packets that a classifier looks at', async () => {
    expect(await hopsAt('once:30', 100)).to.deep.equal([30]);
  });

  it('custom: hops when the function says so', async () => {
    const clock = new ManualClock();
    let hops = 0;
    const due = ({ packets, hops: made }: { packets: number; hops: number }) => packets > 2 && made === 0;
    const schedule = new HopSchedule(createStrategy({ type: 'custom', due }), clock, async () => {
      hops++;
      return true;
    });
    for (let packet = 0; packet < 9; packet++) {
      schedule.packets.send(1);
      schedule.check();
      await new Promise(resolve => setImmediate(resolve));
    }
    expect(hops).to.equal(1);
  });

  it('time: hops at the drawn times, also when nothing is sent, and not once it is stopped', async () => {
    const clock = new ManualClock();
    const at: number[] = [];
    const draws = [500, 1500, 700];
    const strategy = createStrategy(parseStrategy('time:500-1500'), min => draws.shift() ?? min);
    const schedule = new HopSchedule(strategy, clock, async () => {
      at.push(clock.now());
      return true;
    });
    for (let step = 0; step < 30; step++) {
      clock.advance(100);
      await new Promise(resolve => setImmediate(resolve));
    }
    schedule.stop();
    expect(at).to.deep.equal([500, 2000, 2700]);
    expect(clock.pending).to.equal(0);
  });

  it('makes a hop that became due during another right after it', async () => {
    let finish: () => void = () => undefined;
    let begun = 0;
    const schedule = new HopSchedule(createStrategy(parseStrategy('every:2')), new ManualClock(), () => {
      begun++;
      return new Promise(resolve => {
        finish = () => resolve(true);
      });
    });
    for (let packet = 0; packet < 5; packet++) {
      schedule.packets.send(1);
      schedule.check();
    }
    expect(begun).to.equal(1);
    finish();
    await new Promise(resolve => setImmediate(resolve));
    expect(begun).to.equal(2);
  });

  it("counts the paper's request of 2.7 kB as two packets", () => {
    const packets = new BaselinePackets();
    for (let request = 0; request < 1000; request++) {
      packets.send(60);
      packets.receive(2700);
    }
    expect(packets.count).to.be.within(2000, 2200);
  });

  it('refuses what is not a strategy, and says what is', () => {
    for (const text of [
      '',
      'every',
      'every:0',
      'every:5-6',
      'random:9-3',
      'often:3',
      'time:-1',
      'once:1.5',
    ]) {
      expect(() => parseStrategy(text), text)
        .to.throw(ClientError)
        .with.property('code', 'bad-strategy');
    }
  });

  it('takes the first rule that names the destination', () => {
    const rules = strategyRules.parse({
      default: 'every:100',
      destinations: [
        { host: 'plain.example', strategy: 'never' },
        { host: '*.example', strategy: 'random:10-50' },
      ],
    });
    expect(strategyFor('plain.example', rules).type).to.equal('never');
    expect(strategyFor('WWW.Example', rules).type).to.equal('random');
    expect(strategyFor('example', rules).type).to.equal('random');
    expect(strategyFor('notexample', rules).type).to.equal('every');
  });
});

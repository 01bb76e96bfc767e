import { expect } from 'chai';
import { minutesText, Pace } from '../../../mininet/experiments/pace.js';

describe('the pace of a run', () => {
  it('tells whether one more repetition of every condition fits, set-up included, and how long the rest takes', () => {
    let now = 0;
    const pace = new Pace(60, 2, () => now);
    now = 20_000;
    expect(pace.textOfLeft(8)).to.equal('');
    expect(pace.hasTime()).to.equal(true);
    for (const seconds of [30, 40]) {
      now = seconds * 1000;
      pace.count();
    }
    // Two turns took twenty seconds.
    expect(pace.hasTime()).to.equal(true);
    expect(pace.textOfLeft(60)).to.equal(' (10 min left)');
    now = 45_000;
    expect(pace.hasTime()).to.equal(false);
    expect(pace.hasTime(1)).to.equal(true);
  });

  it('is told in minutes and hours', () => {
    expect([0.1, 5.4, 89, 90, 600].map(minutesText)).to.deep.equal([
      '1 min',
      '5 min',
      '89 min',
      '1.5 h',
      '10.0 h',
    ]);
  });
});

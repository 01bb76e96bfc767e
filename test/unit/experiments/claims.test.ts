import { expect } from 'chai';
import { type RatioClaim, ratioClaim } from '../../../mininet/experiments/claims.js';
import type { Parameters } from '../../../mininet/experiments/experiment.js';
import { summaryOf } from '../../../mininet/experiments/result.js';

describe('a claim of so many times', () => {
  const parameters: Parameters = {
    axes: { way: ['plain', 'hidden'], bytes: [1, 2000] },
    settings: {},
    repetitions: 1,
  };
  const times: Record<string, number> = {
    'plain 1': 10,
    'hidden 1': 15,
    'plain 2000': 100,
    'hidden 2000': 120,
  };
  const summary = summaryOf(
    parameters,
    Object.entries(times).map(([name, median]) => {
      const [way, bytes] = name.split(' ');
      const measures = { time: { median, min: median, max: median, runs: 1 } };
      return { condition: { way: way!, bytes: Number(bytes) }, measures };
    }),
  );
  const judged = (more: Partial<RatioClaim>) =>
    ratioClaim({
      ...{ section: '1', says: 'it is slower', kind: 'number', measure: 'time' },
      ...{ of: { way: 'hidden', bytes: 1 }, to: { way: 'plain', bytes: 1 } },
      ...more,
    }).judge(summary);

  it('is judged by its bounds, of which one leaves its own value out', () => {
    expect(judged({ most: 1.5 })).to.deep.equal({ found: '1.50 times (15.0 against 10.0)', holds: true });
    expect(judged({ below: 1.5 })!.holds).to.equal(false);
    expect(judged({ least: 1.5 })!.holds).to.equal(true);
    expect(judged({ least: 1.6 })!.holds).to.equal(false);
  });

  it('is judged by the worst value of an axis, and names it', () => {
    const all = { of: { way: 'hidden' }, to: { way: 'plain' }, over: 'bytes' };
    expect(judged({ ...all, most: 1.2 })).to.deep.equal({
      found: '1.50 times at 1 (15.0 against 10.0)',
      holds: false,
    });
    expect(judged({ ...all, least: 1.3 })).to.deep.equal({
      found: '1.20 times at 2,000 (120 against 100)',
      holds: false,
    });
  });

  it('is left open where the run cannot tell', () => {
    expect(judged({ of: { way: 'hidden', bytes: 7 } })).to.equal(undefined);
    expect(judged({ of: () => undefined })).to.equal(undefined);
    expect(judged({ measure: 'memory', over: 'bytes' })).to.equal(undefined);
  });
});

import { expect } from 'chai';
import { areaUnderCurve, largestDistance } from '../../../mininet/report/two-samples.js';

describe('two samples', () => {
  it('are told apart for certain where all of one are larger, and not at all where they are the same', () => {
    expect(areaUnderCurve([3, 4], [1, 2])).to.equal(1);
    expect(areaUnderCurve([1, 2], [3, 4])).to.equal(0);
    expect(areaUnderCurve([1, 2, 2], [2, 1, 2])).to.equal(0.5);
    expect(largestDistance([3, 4], [1, 2])).to.equal(1);
    expect(largestDistance([1, 2, 2], [2, 1, 2])).to.be.closeTo(0, 1e-12);
  });

  it('are told apart in part where they overlap', () => {
    // Of nine pairs, one is 2 against 2, and the first is larger in six.
    expect(areaUnderCurve([2, 3, 5], [1, 2, 4])).to.be.closeTo(6.5 / 9, 1e-12);
    expect(largestDistance([2, 3, 5], [1, 2, 4])).to.be.closeTo(1 / 3, 1e-12);
  });

  it('are nothing where one is empty', () => {
    expect(areaUnderCurve([], [1])).to.be.NaN;
    expect(largestDistance([], [])).to.be.NaN;
  });
});

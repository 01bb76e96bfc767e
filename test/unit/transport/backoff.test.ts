import { expect } from 'chai';
import { Backoff } from '../../../controller/transport/backoff.js';

describe('Backoff', () => {
  it('doubles after every failure up to its bound, and starts over after a success', () => {
    const backoff = new Backoff(100, 1000, () => 0.5);
    const pauses = Array.from({ length: 6 }, () => backoff.failed());
    expect(pauses).to.deep.equal([100, 200, 400, 800, 1000, 1000]);
    backoff.succeeded();
    expect(backoff.failed()).to.equal(100);
  });

  it('spreads its pauses without leaving its bounds', () => {
    for (const random of [0, 0.999]) {
      const backoff = new Backoff(100, 1000, () => random);
      for (let attempt = 0; attempt < 10; attempt++) expect(backoff.failed()).to.be.within(100, 1000);
    }
    const early = new Backoff(100, 1000, () => 0);
    early.failed();
    expect(early.failed()).to.equal(150);
  });
});

import { expect } from 'chai';
import { EmulationError } from '../../../mininet/driver/index.js';
import { parseDelay, parseLoss, parseRate, parseShape } from '../../../mininet/driver/link-values.js';

describe('link values', () => {
  it('are read with their units', () => {
    expect(parseDelay('10ms')).to.equal(10e6);
    expect(parseDelay('1.5us')).to.equal(1500);
    expect(parseRate('100mbit')).to.equal(100e6);
    expect(parseLoss('0.01%')).to.equal(100);
    expect(parseShape({ rate: '80mbit' })).to.deep.equal({
      delayNs: 0,
      rateBps: 80e6,
      lossPpm: 0,
      queueBytes: 500_000,
    });
    expect(parseShape({ queue: '1MiB' }).queueBytes).to.equal(1048576);
  });

  it('without unit, with an unknown one, negative or too large are refused', () => {
    for (const parse of [
      () => parseDelay('10'),
      () => parseDelay('-1ms'),
      () => parseDelay('61s'),
      () => parseDelay('1e3ms'),
      () => parseRate('10mb'),
      () => parseRate('1constructor'),
      () => parseLoss('101%'),
      () => parseLoss('NaN%'),
    ]) {
      expect(parse).to.throw(EmulationError).with.property('code', 'bad-link-value');
    }
  });
});

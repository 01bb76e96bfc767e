import { expect } from 'chai';
import { ClientLabels } from '../../../../apps/mimiq/exit/client-labels.js';

const at = (number: number) => ({ host: `192.0.2.${100 + number}`, port: 4433 });

describe('what quiche is told of where a client is', () => {
  it('one label for an address, four for all, of which the one in use is never given away', () => {
    const labels = new ClientLabels(at(0));
    const first = labels.labelOf(at(0));
    const seen = new Set<number>();
    for (let number = 1; number < 20; number++) {
      const label = labels.labelOf(at(number));
      expect(label).to.not.deep.equal(first);
      expect(labels.labelOf(at(number))).to.deep.equal(label);
      seen.add(label.port);
    }
    expect(seen.size).to.equal(3);
    expect(labels.labelOf(at(0))).to.deep.equal(first);
  });

  it('an address that the client tries gets what is for it; what is for one that it left goes to the one in use', () => {
    const labels = new ClientLabels(at(0));
    const left = labels.labelOf(at(0));
    const tried = labels.labelOf(at(1));
    expect(labels.realOf(left)).to.deep.equal(at(0));
    expect(labels.realOf(tried)).to.deep.equal(at(1));
    expect(labels.left).to.deep.equal([]);
    expect([labels.isCurrent(left), labels.isCurrent(tried)]).to.deep.equal([true, false]);
    labels.moved(tried);
    expect(labels.left).to.deep.equal([left]);
    expect([labels.isCurrent(left), labels.isCurrent(tried)]).to.deep.equal([false, true]);
    expect(labels.realOf(tried)).to.deep.equal(at(1));
    expect(labels.realOf(left)).to.deep.equal(at(1));
    // And back again.
    labels.moved(labels.labelOf(at(0)));
    expect(labels.realOf(tried)).to.deep.equal(at(0));
  });

  it('a label that was used before is the next address’s own', () => {
    const labels = new ClientLabels(at(0));
    for (let number = 1; number <= 4; number++) labels.moved(labels.labelOf(at(number)));
    const again = labels.labelOf(at(5));
    expect(again).to.deep.equal(labels.labelOf(at(5)));
    expect(labels.realOf(again)).to.deep.equal(at(5));
  });
});

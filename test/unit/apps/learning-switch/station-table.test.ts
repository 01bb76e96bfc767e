import { expect } from 'chai';
import fc from 'fast-check';
import { StationTable } from '../../../../apps/learning-switch/station-table.js';

describe('the station table', () => {
  it('agrees with a plain map, whatever happens to it', () => {
    const vlan = fc.constantFrom(-1, 5, 4095);
    const mac = fc.constantFrom(1, 2, 2 ** 47, 2 ** 48 - 1);
    const port = fc.integer({ min: 1, max: 3 });
    const event = fc.oneof(
      fc.record({ kind: fc.constant('learn' as const), vlan, mac, port }),
      fc.record({ kind: fc.constant('forget' as const), vlan, mac, port }),
      fc.record({ kind: fc.constant('expire' as const), vlan, mac, port }),
    );
    fc.assert(
      fc.property(fc.array(event, { maxLength: 60 }), events => {
        const table = new StationTable(1000);
        const model = new Map<string, { port: number; seenAt: number }>();
        for (const [now, step] of events.entries()) {
          const key = `${step.vlan}/${step.mac}`;
          if (step.kind === 'learn') {
            const old = model.get(key);
            const expected = old === undefined ? 'new' : old.port === step.port ? 'known' : 'moved';
            expect(table.learn(step.vlan, step.mac, step.port, now)).to.equal(expected);
            model.set(key, { port: step.port, seenAt: now });
          } else if (step.kind === 'forget') {
            table.forgetPort(step.port);
            for (const [other, station] of model) if (station.port === step.port) model.delete(other);
          } else {
            table.expire(now - 5);
            for (const [other, station] of model) if (station.seenAt < now - 5) model.delete(other);
          }
          expect(table.size).to.equal(model.size);
          expect(table.find(step.vlan, step.mac)).to.equal(model.get(key)?.port);
        }
      }),
    );
  });

  it('takes no more than its limit, and still follows those that it has', () => {
    const table = new StationTable(2);
    expect(table.learn(-1, 1, 1, 0)).to.equal('new');
    expect(table.learn(7, 1, 1, 0)).to.equal('new');
    expect(table.learn(-1, 2, 1, 0)).to.equal('full');
    expect(table.learn(-1, 1, 2, 0)).to.equal('moved');
    expect(table.size).to.equal(2);
  });
});

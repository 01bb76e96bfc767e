import { expect } from 'chai';
import type { Decoys, DecoysOptions } from '../../../apps/popsicl/decoy/decoys.js';
import { FirstQuestions } from '../../../apps/popsicl/decoy/first-questions.js';
import type { CloudAuthority } from '../../../apps/popsicl/pki/cloud-authority.js';
import { until } from '../../../mininet/driver/until.js';
import { ManualClock } from '../../simulator/manual-clock.js';
import { decoysWith, drawName, oldAuthority } from './decoys-under-test.js';

const LEAST = 20;
/** A random half of the time comes on top, and something for the clock. */
const MOST = 1.5 * LEAST + 1;

describe('the first answer to a source about a name', () => {
  let authority: CloudAuthority;
  let clock: ManualClock;
  let publishing = 0;

  before(async () => {
    authority = await oldAuthority();
  });
  beforeEach(() => {
    clock = new ManualClock();
    publishing = 0;
  });

  const start = (options: Partial<DecoysOptions> = {}) =>
    decoysWith({
      authority,
      clock,
      firstAnswer: LEAST,
      server: { publish: async () => clock.advance(publishing), withdraw: async () => {} },
      ...options,
    });

  /** Milliseconds of the clock until an answer may be given; 0 for one at once. */
  async function timeOf(decoys: Decoys, source: string, name: string, isPseudonym: boolean): Promise<number> {
    const began = clock.now();
    const answer = decoys.answer(source, name, isPseudonym);
    if (answer.isRefused) throw new Error('refused');
    let isReady = answer.ready === undefined;
    void answer.ready?.then(() => {
      isReady = true;
    });
    await until('the decoy', () => isPseudonym || decoys.counts.made > 0);
    while (!isReady) {
      clock.advance(0.25);
      for (let turn = 0; turn < 4; turn++) await new Promise(resolve => setImmediate(resolve));
    }
    return clock.now() - began;
  }

  for (const isPseudonym of [true, false]) {
    const what = isPseudonym ? 'a pseudonym' : 'a name that is none';
    it(`takes its time for ${what}, and later ones take none`, async () => {
      const decoys = start();
      const name = drawName();
      expect(await timeOf(decoys, 'alice', name, isPseudonym)).to.be.within(LEAST, MOST);
      expect(await timeOf(decoys, 'alice', name, isPseudonym)).to.equal(0);
      expect(await timeOf(decoys, 'bob', name, isPseudonym)).to.be.within(LEAST, MOST);
    });
  }

  for (const isPseudonym of [true, false]) {
    const what = isPseudonym ? 'a pseudonym' : 'a name that is none';
    it(`is waited for by who asks again before it has come, for ${what}`, async () => {
      const decoys = start();
      const name = drawName();
      const ready = [1, 2].map(() => {
        const answer = decoys.answer('alice', name, isPseudonym);
        return answer.isRefused ? 'refused' : answer.ready;
      });
      const order: number[] = [];
      const both = Promise.all(
        ready.map(async (one, index) => {
          await one;
          order.push(index);
        }),
      );
      await until('the decoy', () => isPseudonym || decoys.counts.made > 0);
      for (let turn = 0; turn < 4; turn++) await new Promise(resolve => setImmediate(resolve));
      expect(order).to.deep.equal([]);
      clock.advance(MOST);
      await both;
      expect(order).to.deep.equal([0, 1]);
      expect(await timeOf(decoys, 'alice', name, isPseudonym)).to.equal(0);
    });
  }

  it('finds a name served once somebody else has waited for it, and not before', async () => {
    let serve: (() => void) | undefined;
    const server = {
      publish: () =>
        new Promise<void>(resolve => {
          serve = resolve;
        }),
      withdraw: async () => {},
    };
    const decoys = start({ server });
    const name = drawName();
    const first = decoys.prepare(name);
    await until('the publication', () => serve !== undefined);
    expect(decoys.prepare(name)).to.equal(first);
    serve!();
    await first;
    await until('the end', () => !decoys.isBusy);
    expect(decoys.prepare(name)).to.equal(undefined);
  });

  it('takes longer for pseudonyms as well once decoys take longer', async () => {
    const decoys = start();
    publishing = 2 * LEAST;
    await timeOf(decoys, 'alice', drawName(), false);
    expect(decoys.late).to.equal(1);
    expect(await timeOf(decoys, 'alice', drawName(), true)).to.be.at.least(publishing);
  });

  it('fails at once where no decoy can be made', async () => {
    const server = { publish: () => Promise.reject(new Error('away')), withdraw: async () => {} };
    const answer = start({ server }).answer('alice', drawName(), false);
    const outcome = await Promise.allSettled([answer.isRefused ? undefined : answer.ready]);
    expect(outcome[0]!.status).to.equal('rejected');
  });

  it('is refused, whosever the name is, after so many names, of whichever kind they were', async () => {
    for (const kinds of [
      [true, true],
      [true, false],
      [false, true],
    ]) {
      const decoys = start({ perSource: 2 });
      const names = kinds.map(kind => ({ name: drawName(), kind }));
      for (const { name, kind } of names)
        expect(decoys.answer('alice', name, kind).isRefused).to.equal(false);
      const again = names[0]!;
      expect(decoys.answer('alice', again.name, again.kind).isRefused).to.equal(true);
      expect(decoys.answer('alice', drawName(), true).isRefused).to.equal(true);
      // Two sources share a limit by a chance of 1 in 65,536.
      const others = ['bob', 'carol', 'dave'].map(
        source => decoys.answer(source, drawName(), true).isRefused,
      );
      expect(others).to.include(false);
      clock.advance(30_000);
      expect(decoys.answer('alice', again.name, again.kind).isRefused).to.equal(false);
    }
  });

  it('finds a name that was a pseudonym until now served already, as far as there is room for such', async () => {
    const decoys = start({ capacity: 4 });
    const names = [drawName(), drawName(), drawName()];
    for (const name of [...names, 'portal.popsicls.test']) decoys.foresee(name);
    await until('the decoys', () => decoys.counts.made === 2);
    expect(names.map(name => decoys.knows(name))).to.deep.equal([true, true, false]);
    expect(decoys.prepare(names[0]!)).to.equal(undefined);
    decoys.foresee(names[2]!);
    expect(
      await until('one more', () => decoys.knows(names[2]!)).then(() => decoys.counts.declined),
    ).to.equal(0);
  });
});

describe('first questions', () => {
  it('are told from later ones by source and name, as far as memory goes: the one asked longest ago is forgotten', () => {
    const questions = new FirstQuestions({ capacity: 2, perMinute: 100, clock: new ManualClock() });
    const ask = (...pairs: string[]) => pairs.map(([source, name]) => questions.ask(source!, name!));
    expect(ask('a1', 'a2', 'b1')).to.deep.equal(['first', 'first', 'first']);
    expect(ask('a2', 'b1', 'a2')).to.deep.equal(['again', 'again', 'again']);
    expect(ask('a1', 'a2', 'b1')).to.deep.equal(['first', 'again', 'first']);
  });
});

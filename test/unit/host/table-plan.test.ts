import { expect } from 'chai';
import { findConflicts } from '../../../controller/host/conflicts.js';
import { type PlannedApp, planTables } from '../../../controller/host/table-plan.js';
import { ownerNumber } from '../../../controller/switch/index.js';

const app = (instance: string, misses: ('next' | 'own')[], endsPipeline = false): PlannedApp => ({
  instance,
  tables: misses.map((miss, index) => ({ name: `t${index}`, miss })),
  endsPipeline,
});

describe('the table plan', () => {
  it('numbers the tables of apps in their order, from 0', () => {
    const plan = planTables([app('a', ['next', 'own']), app('b', ['next']), app('c', ['own'], true)]);
    expect(plan.count).to.equal(4);
    expect([...plan.tables].map(([name, tables]) => [name, [...tables.values()]])).to.deep.equal([
      ['a', [0, 1]],
      ['b', [2]],
      ['c', [3]],
    ]);
  });

  it('sends misses of `next` tables to the first table of the next app', () => {
    const plan = planTables([
      app('a', ['next', 'own', 'next']),
      app('b', ['next', 'next']),
      app('c', ['own'], true),
    ]);
    expect(plan.misses).to.deep.equal([
      { table: 0, next: 3 },
      { table: 2, next: 3 },
      { table: 3, next: 5 },
      { table: 4, next: 5 },
    ]);
    expect(plan.next.get('a')).to.equal(3);
    expect(plan.next.has('c')).to.equal(false);
  });

  it('passes over apps without tables', () => {
    const plan = planTables([app('a', ['next']), app('observer', []), app('b', ['own'])]);
    expect(plan.next.get('a')).to.equal(1);
    expect(plan.next.get('observer')).to.equal(1);
    expect(plan.misses).to.deep.equal([{ table: 0, next: 1 }]);
  });

  it('leaves the misses of the last app to the switch, which drops', () => {
    expect(planTables([app('a', ['next'])]).misses).to.deep.equal([]);
  });
});

describe('apps that cannot live together', () => {
  const conflictOf = (...apps: PlannedApp[]) =>
    findConflicts(apps).map(({ index, message }) => [index, message]);

  it('are two that end the pipeline', () => {
    expect(conflictOf(app('a', ['own'], true), app('b', ['own'], true))).to.deep.equal([
      [1, '"a" and "b" both end the pipeline'],
    ]);
  });

  it('are one that ends the pipeline and any after it', () => {
    expect(conflictOf(app('a', ['own'], true), app('b', ['next']))).to.deep.equal([
      [1, '"a" ends the pipeline, so no packet would reach "b"'],
    ]);
  });

  it('are two of one name', () => {
    expect(conflictOf(app('a', ['next']), app('a', ['next']))).to.deep.equal([
      [1, 'two apps have the instance name "a"'],
    ]);
  });

  it('are two whose names give the same cookie', () => {
    const [one, other] = namesWithOneCookie();
    expect(conflictOf(app(one, ['next']), app(other, ['next']))).to.deep.equal([
      [1, `the names "${one}" and "${other}" give the same cookie`],
    ]);
  });

  it('are more than there are tables for', () => {
    const many = new Array<'next'>(200).fill('next');
    expect(conflictOf(app('a', many), app('b', many))).to.deep.equal([
      [1, 'the apps up to "b" need 400 tables, a switch has 254'],
    ]);
  });

  it('are none when each can do its part', () => {
    expect(conflictOf(app('a', ['next']), app('b', []), app('c', ['own'], true))).to.deep.equal([]);
  });
});

/** Sixteen bits: a few hundred names are enough to find two. */
function namesWithOneCookie(): [string, string] {
  const seen = new Map<number, string>();
  for (let index = 0; ; index++) {
    const name = `app-${index}`;
    const owner = ownerNumber(name);
    const other = seen.get(owner);
    if (other !== undefined) return [other, name];
    seen.set(owner, name);
  }
}

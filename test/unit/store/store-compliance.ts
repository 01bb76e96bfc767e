import { expect } from 'chai';
import { type Migration, type Store, StoreError } from '../../../controller/store/index.js';

export const ACCOUNTS: readonly Migration[] = [
  'CREATE TABLE account (name TEXT PRIMARY KEY, money INTEGER NOT NULL CHECK (money >= 0), note BLOB) STRICT',
];

export async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
  } catch (error) {
    expect(error).to.be.instanceOf(StoreError);
    return (error as StoreError).code;
  }
  return 'no error';
}

const insert = (name: string, money: number) => ({
  sql: 'INSERT INTO account (name, money) VALUES (?, ?)',
  parameters: [name, money],
});
const add = (name: string, money: number) => ({
  sql: 'UPDATE account SET money = money + ? WHERE name = ?',
  parameters: [money, name],
  changes: 1,
});
const names = async (store: Store) =>
  (await store.read<{ name: string }>('SELECT name FROM account ORDER BY name')).map(row => row.name);

/** What every store must do. `open` gives one with the tables of ACCOUNTS, empty the first time. */
export function storeCompliance(what: string, open: () => Promise<Store>): void {
  describe(`${what}, as every store`, () => {
    let store: Store;
    beforeEach(async () => {
      store = await open();
    });
    afterEach(() => store.close());

    it('runs any number of different statements, and each again after it was refused', async () => {
      const update = (number: number) => ({
        sql: `UPDATE account SET money = ${number} WHERE name = 'a'`,
        changes: 1,
      });
      await store.write([insert('a', 0)]);
      for (const round of [1, 2]) {
        for (let number = 0; number < 150; number++) await store.write([update(number)]);
        expect(await codeOf(store.write([insert('a', round)]))).to.equal('not-applied');
        expect(await codeOf(store.write([insert('a', -1)]))).to.equal('not-applied');
        await store.write([insert(`b${round}`, round)]);
      }
      expect(await names(store)).to.deep.equal(['a', 'b1', 'b2']);
    });

    it('gives back what was written, in its types', async () => {
      const note = Uint8Array.of(0, 255, 10);
      await store.write([
        {
          sql: 'INSERT INTO account VALUES (?, ?, ?), (?, ?, ?)',
          parameters: ["O'Hara \u{1f366}", 2 ** 53 - 1, note, '', 0, null],
        },
      ]);
      expect(await store.read('SELECT * FROM account ORDER BY money')).to.deep.equal([
        { name: '', money: 0, note: null },
        { name: "O'Hara \u{1f366}", money: 2 ** 53 - 1, note },
      ]);
    });

    it('writes all statements of a call or none', async () => {
      await store.write([insert('a', 10), insert('b', 0)]);
      expect(await codeOf(store.write([add('b', 20), add('a', -20)]))).to.equal('not-applied');
      expect(await codeOf(store.write([add('b', 20), add('nobody', -20)]))).to.equal('not-applied');
      expect(await codeOf(store.write([insert('c', 1), { sql: 'INSERT INTO nowhere VALUES (1)' }]))).to.equal(
        'bad-statement',
      );
      expect(await store.write([add('b', 7), add('a', -7)])).to.deep.equal([1, 1]);
      expect(await store.read('SELECT name, money FROM account ORDER BY name')).to.deep.equal([
        { name: 'a', money: 3 },
        { name: 'b', money: 7 },
      ]);
    });

    it('keeps the order of calls, and refuses one without touching those beside it', async () => {
      const results = await Promise.all([
        codeOf(store.write([insert('a', 0)])),
        codeOf(store.write([insert('a', 1)])),
        codeOf(store.write([add('a', 5)])),
        codeOf(store.write([add('a', -6)])),
        codeOf(store.write([add('a', -5), insert('b', 0)])),
      ]);
      expect(results).to.deep.equal(['no error', 'not-applied', 'no error', 'not-applied', 'no error']);
      expect(await names(store)).to.deep.equal(['a', 'b']);
    });

    it('shows a read what was acknowledged before it', async () => {
      for (let money = 0; money < 20; money++) {
        await store.write([
          { sql: 'INSERT OR REPLACE INTO account (name, money) VALUES (?, ?)', parameters: ['a', money] },
        ]);
        expect(await store.read('SELECT money FROM account')).to.deep.equal([{ money }]);
      }
    });

    it('refuses what is no SQL', async () => {
      expect(await codeOf(store.read('SELEKT 1'))).to.equal('bad-statement');
      expect(await codeOf(store.write([{ sql: 'SELEKT 1' }]))).to.equal('bad-statement');
      expect(await names(store)).to.deep.equal([]);
    });

    it('finishes what was asked for before it closes, and refuses what comes later', async () => {
      const written = store.write([insert('a', 1)]);
      const closed = store.close();
      expect(await written).to.deep.equal([1]);
      expect(await codeOf(store.write([insert('b', 1)]))).to.equal('store-closed');
      await closed;
      expect(await codeOf(store.read('SELECT 1'))).to.equal('store-closed');
      await store.close();
    });
  });
}

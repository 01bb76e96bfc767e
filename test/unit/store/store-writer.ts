/** Writes to the store at argv[2] until it is killed, and tells on standard output what was acknowledged. */
import { openStore } from '../../../controller/store/index.js';
import { ACCOUNTS } from './store-compliance.js';

const [path, label] = process.argv.slice(2);
const limit = Number(process.argv[4] ?? Number.POSITIVE_INFINITY);
const store = await openStore(path!, ACCOUNTS);
for (let number = 0; number < limit; number++) {
  const name = `${label}-${number}`;
  await store.write([{ sql: 'INSERT INTO account (name, money) VALUES (?, 0)', parameters: [name] }]);
  process.stdout.write(`${name}\n`);
}
await store.close();

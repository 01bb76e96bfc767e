import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { openMemoryStore, openStore, type Store } from '../../../controller/store/index.js';
import { ACCOUNTS, codeOf, storeCompliance } from './store-compliance.js';

const WRITER = fileURLToPath(new URL('./store-writer.js', import.meta.url));

describe('SQLite store', () => {
  let folder: string;
  let count = 0;
  const open: Store[] = [];

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cloakflow-store-'));
  });
  afterEach(async () => {
    for (const store of open.splice(0)) await store.close();
  });
  after(() => rm(folder, { recursive: true, force: true }));

  async function opened(path: string, migrations = ACCOUNTS): Promise<Store> {
    const store = await openStore(path, migrations);
    open.push(store);
    return store;
  }

  storeCompliance('in a file', () => openStore(join(folder, `compliance-${count++}.db`), ACCOUNTS));
  storeCompliance('in memory', () => openMemoryStore(ACCOUNTS));

  it('keeps what was written when it is opened again', async () => {
    const path = join(folder, 'again.db');
    const first = await openStore(path, ACCOUNTS);
    await first.write([{ sql: "INSERT INTO account (name, money) VALUES ('a', 1)" }]);
    await first.close();
    expect(await (await opened(path)).read('SELECT name FROM account')).to.deep.equal([{ name: 'a' }]);
  });

  it('is readable by its owner only, file, log and folder', async () => {
    const path = join(folder, 'new', 'private.db');
    const before = process.umask(0);
    try {
      await opened(path);
    } finally {
      process.umask(before);
    }
    const modes = await Promise.all(
      [join(folder, 'new'), path, `${path}-wal`].map(async each =>
        ((await stat(each)).mode & 0o777).toString(8),
      ),
    );
    expect(modes).to.deep.equal(['700', '600', '600']);
  });

  it('belongs to one owner at a time', async () => {
    const path = join(folder, 'owned.db');
    const first = await openStore(path, ACCOUNTS);
    expect(await codeOf(openStore(path, ACCOUNTS))).to.equal('store-in-use');
    await first.close();
    await opened(path);
  });

  it('applies migrations once each, in their order, and none of a later version', async () => {
    const path = join(folder, 'migrated.db');
    const first = await openStore(path, ACCOUNTS);
    await first.write([{ sql: "INSERT INTO account (name, money) VALUES ('a', 1)" }]);
    await first.close();
    const more = [...ACCOUNTS, "ALTER TABLE account ADD COLUMN colour TEXT NOT NULL DEFAULT 'red'"];
    const second = await openStore(path, more);
    expect(await second.read('SELECT name, colour FROM account')).to.deep.equal([
      { name: 'a', colour: 'red' },
    ]);
    await second.close();
    expect(await codeOf(openStore(path, ACCOUNTS))).to.equal('store-unusable');
    await opened(path, more);
  });

  it('is not opened with half a migration', async () => {
    const path = join(folder, 'half.db');
    const broken = [...ACCOUNTS, 'CREATE TABLE extra (x) STRICT'];
    expect(await codeOf(openStore(path, broken))).to.equal('store-unusable');
    expect(await (await opened(path)).read('SELECT * FROM account')).to.deep.equal([]);
  });

  it('refuses files that are no database', async () => {
    const path = join(folder, 'letter.txt');
    await writeFile(path, 'Dear database, '.repeat(1000));
    expect(await codeOf(openStore(path, ACCOUNTS))).to.equal('store-unusable');
    await mkdir(join(folder, 'folder.db'));
    const failure = await openStore(join(folder, 'folder.db'), ACCOUNTS).catch(
      (error: NodeJS.ErrnoException) => error,
    );
    expect(failure).to.have.property('code', 'EISDIR');
  });

  it('has everything that it acknowledged when its process is killed in the middle of writing', async () => {
    const path = join(folder, 'killed.db');
    for (let round = 0; round < 3; round++) {
      const child = spawn(process.execPath, [WRITER, path, String(round)], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const acknowledged: string[] = [];
      for await (const line of createInterface({ input: child.stdout })) {
        acknowledged.push(line);
        if (acknowledged.length === 30) child.kill('SIGKILL');
      }
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
      expect(child.signalCode).to.equal('SIGKILL');
      const store = await openStore(path, ACCOUNTS);
      const rows = await store.read<{ name: string }>('SELECT name FROM account');
      await store.close();
      const found = new Set(rows.map(row => row.name));
      for (const name of acknowledged) expect(found.has(name), name).to.equal(true);
    }
    expect((await readdir(folder)).filter(name => name === 'killed.db.lock')).to.deep.equal([]);
  });
});

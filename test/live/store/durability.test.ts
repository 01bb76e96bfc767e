import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { openStore } from '../../../controller/store/index.js';
import { ACCOUNTS } from '../../unit/store/store-compliance.js';

const WRITER = fileURLToPath(new URL('../../unit/store/store-writer.js', import.meta.url));

describe('ownership of the store', () => {
  it('holds across network namespaces, and ends with its process', async function () {
    if (process.getuid?.() !== 0) return this.skip();
    const folder = await mkdtemp(join(tmpdir(), 'cloakflow-owner-'));
    const path = join(folder, 'a'.repeat(120));
    const elsewhere = (...args: string[]) =>
      spawn('unshare', ['-n', process.execPath, WRITER, path, ...args], {
        stdio: ['ignore', 'pipe', 'pipe'],
      });
    const holder = elsewhere('holder');
    try {
      holder.stderr.resume();
      await once(holder.stdout, 'data');
      holder.stdout.resume();
      const failure = await openStore(path, ACCOUNTS).catch((error: unknown) => error);
      expect(failure).to.have.property('code', 'store-in-use');
      const other = elsewhere('other', '1');
      let complaint = '';
      other.stderr.on('data', chunk => {
        complaint += chunk;
      });
      other.stdout.resume();
      await once(other, 'close');
      expect(complaint).to.contain('store-in-use');
      const ended = once(holder, 'exit');
      holder.kill('SIGKILL');
      await ended;
      const store = await openStore(path, ACCOUNTS);
      expect(await store.read('SELECT * FROM account WHERE name = ?', ['holder-0'])).to.have.length(1);
      await store.close();
    } finally {
      holder.kill('SIGKILL');
      await rm(folder, { recursive: true, force: true });
    }
  });
});

describe('durability of the store, as strace sees it', () => {
  it('fsync follows the frame that commits, and the acknowledgement follows fsync', async function () {
    const folder = await mkdtemp(join(tmpdir(), 'cloakflow-fsync-'));
    try {
      const trace = join(folder, 'trace');
      const child = spawn(
        'strace',
        [
          '-f',
          '-y',
          '-o',
          trace,
          '-e',
          'trace=fsync,fdatasync,write,pwrite64',
          process.execPath,
          WRITER,
          join(folder, 'a.db'),
          'row',
          '5',
        ],
        { stdio: ['ignore', 'pipe', 'ignore'] },
      );
      let isMissing = false;
      child.on('error', () => {
        isMissing = true;
      });
      child.stdout?.resume();
      await once(child, 'close');
      if (isMissing) return this.skip();
      const events = (await readFile(trace, 'utf8')).split('\n').flatMap(line => {
        if (/p?write(64)?\(\d+<[^>]*a\.db-wal>/.test(line)) return ['log'];
        // A call may be in two lines when threads interleave; its end is what counts, and its beginning names the file.
        if (/f(data)?sync\(\d+<[^>]*a\.db-wal>/.test(line)) return ['fsync'];
        const acknowledged = /write\(1<[^>]*>, "(row-\d)/.exec(line);
        return acknowledged === null ? [] : [acknowledged[1]!];
      });
      for (let number = 0; number < 5; number++) {
        const at = events.indexOf(`row-${number}`);
        expect(at, `row-${number}`).to.be.greaterThan(0);
        const since = events.slice(number === 0 ? 0 : events.indexOf(`row-${number - 1}`) + 1, at);
        // SQLite repeats the frame that commits up to the end of its disk sector, syncs, and completes that copy.
        expect(since.indexOf('log')).to.be.within(0, since.indexOf('fsync') - 1);
        expect(since.length - 1 - since.lastIndexOf('fsync')).to.be.at.most(1);
      }
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});

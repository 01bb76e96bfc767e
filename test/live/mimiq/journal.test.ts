import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';

const PROGRAM = fileURLToPath(new URL('../../unit/mimiq/allocating-program.js', import.meta.url));

describe('durability of leases, as strace sees it', () => {
  it('a client is told after a write that waits for the disk, to the journal or to the database', async function () {
    const folder = await mkdtemp(join(tmpdir(), 'cloakflow-journal-'));
    const trace = join(folder, 'trace');
    const argv = ['-f', '-y', '-s', '64', '-o', trace, '-e', 'trace=openat,write,pwrite64,fsync,fdatasync'];
    const program = spawn('strace', [...argv, process.execPath, PROGRAM, join(folder, 'l.db'), '0', '1'], {
      stdio: ['ignore', 'pipe', 'ignore'],
      detached: true,
    });
    const closed = once(program, 'close').catch(() => undefined);
    try {
      let isMissing = false;
      program.on('error', () => {
        isMissing = true;
      });
      let told = 0;
      for await (const _ of createInterface({ input: program.stdout })) if (++told === 50) break;
      if (isMissing) return this.skip();
      // With all that it started.
      process.kill(-program.pid!, 'SIGKILL');
      await closed;
      let through = '';
      const events = (await readFile(trace, 'utf8')).split('\n').flatMap(line => {
        through = /openat\(.*l\.db-recent".*O_DSYNC.*= (\d+)</.exec(line)?.[1] ?? through;
        const journal = /pwrite64\((\d+)<[^>]*l\.db-recent>/.exec(line)?.[1];
        if (journal !== undefined) return journal === through ? ['durable'] : [];
        if (/f(data)?sync\(\d+<[^>]*l\.db-wal>/.test(line)) return ['durable'];
        return /write\(1<[^>]*>, "198|write\(1<[^>]*>, "10\./.test(line) ? ['told'] : [];
      });
      expect(through, 'the journal is written through').to.not.equal('');
      const first = events.indexOf('told');
      expect(first).to.be.greaterThan(0);
      for (let at = first; at < events.length; at++) {
        if (events[at] === 'told') expect(events[at - 1], `event ${at}`).to.equal('durable');
      }
    } finally {
      program.stdout.destroy();
      await rm(folder, { recursive: true, force: true });
    }
  });
});

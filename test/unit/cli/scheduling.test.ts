import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { MAIN } from './spawned.js';

/** sched(7), as /proc has it. */
const BATCH = '3';
const IDLE = '5';

describe('cloakflow run and the scheduler', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cloakflow-run-'));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  /** Policies of all threads of a controller that is ready, started by these words before its own. */
  async function policies(...words: readonly string[]): Promise<Set<string>> {
    const argv = [...words, process.execPath, MAIN, 'run', '--listen', 'ptcp:0:127.0.0.1'];
    const admin = join(folder, `${words[1]}.sock`);
    const [program, ...rest] = [...argv, '--admin', admin, '--log-level', 'silent'];
    const child = spawn(program!, rest, { stdio: ['ignore', 'pipe', 'inherit'] });
    try {
      const [line] = await once(child.stdout, 'data');
      expect(String(line)).to.match(/^ready: /);
      const threads = readdirSync(`/proc/${child.pid}/task`);
      return new Set(
        threads.map(thread => {
          const stat = readFileSync(`/proc/${child.pid}/task/${thread}/stat`, 'utf8');
          return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[38]!;
        }),
      );
    } finally {
      child.kill();
      await once(child, 'close');
    }
  }

  it('leaves the processor to the switch that wakes it, with all its threads', async () => {
    expect(await policies('chrt', '-o', '0')).to.deep.equal(new Set([BATCH]));
  });

  it('keeps a policy that somebody has chosen for it', async () => {
    expect(await policies('chrt', '-i', '0')).to.deep.equal(new Set([IDLE]));
  });
});

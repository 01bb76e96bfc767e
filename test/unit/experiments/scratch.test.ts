import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { expect } from 'chai';
import { makeScratch, removeAbandonedScratch, removeScratch } from '../../../mininet/experiments/scratch.js';

describe('the folder of a run', () => {
  const own: string[] = [];
  afterEach(() => {
    for (const folder of own.splice(0)) rmSync(folder, { recursive: true, force: true });
  });

  it('is removed by a later run when its process has ended, and only then', async () => {
    const mine = makeScratch();
    const start = /^cloakflow-experiment-\d+\.(\d+)-/.exec(basename(mine))![1]!;
    const { pid } = spawnSync('true');
    // The second has the process id of one that runs, and another start.
    const ended = [`${pid}.${start}`, `${process.pid}.1`].map(name =>
      join(tmpdir(), `cloakflow-experiment-${name}-test`),
    );
    own.push(mine, ...ended);
    for (const folder of ended) {
      mkdirSync(join(folder, 'in'), { recursive: true });
      writeFileSync(join(folder, 'in/file'), 'text');
    }
    expect(await removeAbandonedScratch()).to.be.at.least(2);
    expect(own.map(existsSync)).to.deep.equal([true, false, false]);
    await removeScratch(mine);
    expect(existsSync(mine)).to.equal(false);
  });
});

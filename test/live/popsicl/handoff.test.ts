import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import type { RedirectionName, StrategyName } from '../../../apps/popsicl/model.js';
import { Cloud, hasProgram, PAGE } from './cloud.js';

const MIB = 1 << 20;

const CASES: readonly { strategy: StrategyName; redirection: RedirectionName; family: 4 | 6 }[] = [
  { strategy: 'cookie', redirection: 'conntrack', family: 4 },
  { strategy: 'cookie', redirection: 'conntrack', family: 6 },
  { strategy: 'address', redirection: 'conntrack', family: 6 },
  { strategy: 'cookie', redirection: 'flows', family: 4 },
  { strategy: 'cookie', redirection: 'flows', family: 6 },
  { strategy: 'address', redirection: 'flows', family: 6 },
];

for (const { strategy, redirection, family } of CASES) {
  describe(`a handoff by ${strategy} and ${redirection} on IPv${family}`, () => {
    let cloud: Cloud;
    before(async function () {
      if (strategy === 'cookie' && !hasProgram()) this.skip();
      cloud = await Cloud.start({ strategy: { [`ipv${family}`]: strategy }, redirection });
    });
    after(() => cloud?.stop());

    const handoffs = async () => {
      const text = await cloud.controller.metricsText();
      return Number(/^cloakflow_popsicl_handoffs_total\{.*\} (\d+)$/m.exec(text)?.[1]);
    };

    it('opens the page of an unmodified nginx', async () => {
      const before = await handoffs();
      const { stdout, stderr } = await cloud.fetch(family);
      expect(stderr).to.equal('');
      expect(stdout).to.equal(PAGE);
      expect(await handoffs()).to.equal(before + 1);
    });

    it('carries 64 MiB down and up with equal checksums', async function () {
      this.timeout(60_000);
      const data = randomBytes(64 * MIB);
      await writeFile(join(cloud.folder, 'down.bin'), data);
      const received = join(cloud.folder, 'received.bin');
      const down = await cloud.fetch(family, '/down.bin', ['-o', received]);
      expect(down.stderr).to.equal('');
      expect((await readFile(received)).equals(data)).to.equal(true);
      const up = await cloud.fetch(family, '/upload/up.bin', ['-T', join(cloud.folder, 'down.bin')]);
      expect(up.stderr).to.equal('');
      expect((await readFile(join(cloud.folder, 'upload/up.bin'))).equals(data)).to.equal(true);
    });
  });
}

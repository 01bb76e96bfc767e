import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { writeReport } from '../../../mininet/experiments/report/write-report.js';

const PAGES = fileURLToPath(new URL('../../../../docs/results', import.meta.url));

describe('the pages of results', () => {
  it('say what their JSON says: `cloakflow experiment report` writes them again as they are', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'cloakflow-test-'));
    try {
      const files = readdirSync(PAGES);
      for (const file of files.filter(name => name.endsWith('.json')))
        copyFileSync(join(PAGES, file), join(folder, file));
      await writeReport([], folder);
      expect(readdirSync(folder)).to.have.members(files);
      for (const file of files)
        expect(
          readFileSync(join(folder, file), 'utf8') === readFileSync(join(PAGES, file), 'utf8'),
          file,
        ).to.equal(true);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

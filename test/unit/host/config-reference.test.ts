import { readFile, writeFile } from 'node:fs/promises';
import { expect } from 'chai';
import { configReference } from '../../../controller/host/config/reference.js';

const PAGE = new URL('../../../../docs/reference/configuration.md', import.meta.url);

describe('the reference page of the configuration', () => {
  it('says of every key what it means', () => {
    const rows = configReference()
      .split('\n')
      .filter(line => line.startsWith('| `'));
    expect(rows).to.have.length.greaterThan(8);
    for (const row of rows) expect(row).to.match(/^\| `[a-zA-Z.]+` \| .*\| [A-Z].*\. \|$/);
  });

  it('is up to date', async () => {
    const page = configReference();
    if (process.env.UPDATE_REFERENCE !== undefined) await writeFile(PAGE, page);
    expect(await readFile(PAGE, 'utf8'), 'stale: run the unit tests with UPDATE_REFERENCE=1').to.equal(page);
  });
});

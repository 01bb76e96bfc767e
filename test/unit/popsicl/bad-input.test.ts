import { existsSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import { TARGETS } from '../../fuzz/targets/index.js';

const ROOT = new URL('../../../../', import.meta.url);

describe('bad input of popsicl', () => {
  const page = readFileSync(new URL('apps/popsicl/bad-input.md', ROOT), 'utf8');
  const rows = page.split('\n').filter(line => /^\| (?!input|---)/.test(line));

  it('has for each kind an answer, and a test that is there', () => {
    expect(rows.length).to.be.at.least(12);
    for (const row of rows) {
      const [, input, answer, tests] = row.split('|').map(cell => cell.trim());
      expect(answer, input).not.to.equal('');
      const files = [...tests!.matchAll(/`([^`]+)`/g)].map(match => match[1]!);
      expect(files, input).not.to.have.length(0);
      for (const file of files) expect(existsSync(new URL(`test/${file}`, ROOT)), file).to.equal(true);
    }
  });

  it('is looked for by fuzzers that there are', () => {
    const names = TARGETS.map(({ name }) => name);
    const [sentence = ''] = /^`npm run fuzz.*$/m.exec(page) ?? [];
    const told = [...sentence.matchAll(/`(?:npm run fuzz -- )?([a-z-]+)`/g)].map(match => match[1]);
    expect(told.length).to.be.above(3);
    expect(names).to.include.members(told);
  });
});

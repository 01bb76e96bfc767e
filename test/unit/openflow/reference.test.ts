import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { Model } from '../../../controller/openflow/generator/model.js';
import { emitReference } from '../../../controller/openflow/generator/reference.js';
import { specification } from '../../../controller/openflow/spec/index.js';

const page = readFileSync(new URL('../../../../docs/reference/openflow.md', import.meta.url), 'utf8');

describe('docs/reference/openflow.md', () => {
  it('is what the generator makes of the specification', () => {
    const stale = 'stale: npm run generate && node dist/controller/openflow/generator/main.js --reference';
    expect(page === emitReference(new Model(specification)), stale).to.equal(true);
  });

  it('has an anchor for every link', () => {
    const anchors = new Set(
      [...page.matchAll(/^#+ (.*)$/gm)].map(([, heading]) => heading!.toLowerCase().replaceAll(' ', '-')),
    );
    const links = new Set([...page.matchAll(/\]\(#([^)]+)\)/g)].map(([, target]) => target!));
    expect([...links].filter(target => !anchors.has(target))).to.deep.equal([]);
  });

  it('cites a source for everything', () => {
    const { structures, unions, enumerations, flagSets, oxmFields, constants } = specification;
    const all = [...structures, ...unions, ...unions.flatMap(({ variants }) => variants)];
    for (const { section } of [...all, ...enumerations, ...flagSets, ...oxmFields, ...constants]) {
      expect(section).to.not.equal('');
    }
  });
});

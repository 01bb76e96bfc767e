import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { referenceOfThisVersion, referencePath } from '../../../controller/cli/reference-page.js';

describe('reference of the command line', () => {
  it('is the one that the commands describe (else run `node dist/controller/cli/write-reference.js`)', () => {
    expect(readFileSync(referencePath, 'utf8')).to.equal(referenceOfThisVersion());
  });
});

import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { builtInApps } from '../../../apps/index.js';
import { parseConfig } from '../../../controller/host/index.js';

const PAGE = new URL('../../../../docs/how-to/run-mimiq.md', import.meta.url);

describe('the how-to of networks with MIMIQ', () => {
  it('shows configurations that are taken as they stand', async () => {
    const examples = [...readFileSync(PAGE, 'utf8').matchAll(/```yaml\n([\s\S]*?)```/g)].map(
      ([, text]) => text!,
    );
    expect(examples).to.have.length(1);
    for (const text of examples) {
      const { apps } = await parseConfig(text, { builtIn: builtInApps });
      expect(apps).to.have.length(1);
    }
  });
});

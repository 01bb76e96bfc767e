import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { parseAgentConfig } from '../../../../apps/popsicl/tenant/agent/config.js';

const PAGE = new URL('../../../../../docs/how-to/run-a-tenant.md', import.meta.url);

describe('the configuration of the agent', () => {
  it('is what every example of its how-to shows', () => {
    const examples = [...readFileSync(PAGE, 'utf8').matchAll(/```yaml\n([\s\S]*?)```/g)].map(
      ([, text]) => text!,
    );
    expect(examples.length).to.be.at.least(2);
    for (const example of examples) expect(parseAgentConfig(example).port).to.equal(443);
  });

  it('is refused with the place of the fault', () => {
    for (const [text, place] of [
      ['', 'the file'],
      ['a: [', 'no YAML'],
      ['controller: { host: x }', 'credentials'],
      ['interface: "eth0; reboot"', 'controller'],
    ] as const)
      expect(() => parseAgentConfig(text))
        .to.throw(place)
        .with.property('code', 'bad-configuration');
  });
});

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { type LinkShapeText, parseShape } from '../../../mininet/driver/link-values.js';

const PYTHON = '/usr/bin/python3';
const RUNNER = fileURLToPath(new URL('../../../../mininet/runner', import.meta.url));

function netem(text: LinkShapeText): string {
  const script = `import json, shaping; print(*shaping.netem_words(json.loads(input()), 1500))`;
  const { stdout, stderr } = spawnSync(PYTHON, ['-B', '-c', script], {
    cwd: RUNNER,
    input: JSON.stringify(parseShape(text)),
    encoding: 'utf8',
  });
  expect(stderr).to.equal('');
  return stdout.trim();
}

describe("the kernel's netem", () => {
  before(function () {
    if (!existsSync(PYTHON)) this.skip();
  });

  it('is asked for the delay, loss and rate of the link', () => {
    expect(netem({ delay: '10ms' })).to.equal('netem limit 100000 delay 10000us');
    expect(netem({ delay: '1500ns', loss: '0.01%' })).to.equal('netem limit 100000 delay 1.5us loss 0.01%');
    expect(netem({ loss: '100%' })).to.equal('netem limit 100000 loss 100%');
    expect(netem({})).to.equal('netem limit 100000');
  });

  it('holds the queue and what is on its way where the rate is bounded', () => {
    expect(netem({ rate: '100mbit', queue: '150000B' })).to.equal('netem limit 100 rate 100000000bit');
    expect(netem({ rate: '100mbit', queue: '150000B', delay: '12ms' })).to.equal(
      'netem limit 200 delay 12000us rate 100000000bit',
    );
    expect(netem({ rate: '64kbit', queue: '0B' })).to.equal('netem limit 20 rate 64000bit');
  });
});

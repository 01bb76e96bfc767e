import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';

interface QuietServices {
  holdServices(policy: string): () => void;
}

const MODULE = new URL('../../../../quiet-services.mjs', import.meta.url);
const FORBIDDEN = 101;

describe('installing packages of servers', () => {
  let folder: string;
  let policy: string;
  let hold: () => () => void;
  before(async () => {
    const { holdServices } = (await import(MODULE.href)) as QuietServices;
    hold = () => holdServices(policy);
  });
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'cloakflow-policy-'));
    policy = join(folder, 'policy-rc.d');
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const asked = (...words: string[]) => spawnSync(policy, words).status;

  it('starts none of those that tests start themselves, and leaves no trace', () => {
    const release = hold();
    expect(asked('nginx', 'start')).to.equal(FORBIDDEN);
    expect(asked('--quiet', 'named.service', 'start', '2')).to.equal(FORBIDDEN);
    expect(asked('nginx', '(start)')).to.equal(FORBIDDEN);
    expect(asked('openvswitch-switch', 'start')).to.equal(0);
    expect(asked('openvswitch-switch', '(start)')).to.equal(0);
    expect(asked('ssh', 'start')).to.equal(0);
    // One that the machine has already may be renewed.
    expect(asked('nginx', 'restart')).to.equal(0);
    release();
    expect(existsSync(policy)).to.equal(false);
  });

  it('asks the machine’s own policy about all else, and gives it back as it was', () => {
    const own = '#!/bin/sh\nexit 104\n';
    writeFileSync(policy, own);
    chmodSync(policy, 0o751);
    const release = hold();
    expect(asked('nginx', 'start')).to.equal(FORBIDDEN);
    expect(asked('ssh', 'start')).to.equal(104);
    release();
    expect(readFileSync(policy, 'utf8')).to.equal(own);
    expect(statSync(policy).mode & 0o777).to.equal(0o751);
    release();
    expect(readFileSync(policy, 'utf8')).to.equal(own);
  });

  it('puts right what a killed run has left, with and without a policy of the machine', () => {
    for (const own of [undefined, '#!/bin/sh\nexit 0\n']) {
      if (own !== undefined) writeFileSync(policy, own);
      hold();
      const release = hold();
      expect(asked('nginx', 'start')).to.equal(FORBIDDEN);
      release();
      expect(existsSync(policy) ? readFileSync(policy, 'utf8') : undefined).to.equal(own);
    }
  });
});

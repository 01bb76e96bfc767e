import { chmodSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { claimFolder } from '../../../../apps/mimiq/agent/agent-folder.js';
import { IpBatch } from '../../../../apps/mimiq/agent/interface-addresses.js';

describe('an agent, before it gives up its rights,', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'cloakflow-agent-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  const own = { uid: process.getuid!(), gid: process.getgid!() };

  it('makes a folder of its own, and takes nobody else’s', () => {
    const { uid } = statSync(folder);
    const other = { uid: uid + 1, gid: own.gid };
    expect(() => claimFolder(folder, other))
      .to.throw()
      .with.property('code', 'bad-option');
    expect(statSync(folder).uid).to.equal(uid);
    for (let time = 0; time < 2; time++) claimFolder(join(folder, 'deep', 'own'), own);
    expect(statSync(join(folder, 'deep', 'own')).uid).to.equal(own.uid);
  });

  it('says that it needs root where it may not make its folder', () => {
    chmodSync(folder, 0o500);
    if (own.uid === 0) process.seteuid!(65_534);
    try {
      expect(() => claimFolder(join(folder, 'agent'), undefined))
        .to.throw()
        .that.includes({ code: 'no-rights', mend: 'start the agent as root; it goes on as --user' });
    } finally {
      if (own.uid === 0) process.seteuid!(0);
    }
  });

  it('looks whether its interface is there', () => {
    for (const name of ['no-such-if0', 'lo; true']) {
      expect(() => new IpBatch(name, undefined, () => undefined))
        .to.throw()
        .with.property('code', 'bad-option');
    }
  });
});

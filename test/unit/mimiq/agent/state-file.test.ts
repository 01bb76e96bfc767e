import { appendFileSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { StateFile } from '../../../../apps/mimiq/agent/state-file.js';

describe("the agent's state file", () => {
  let folder: string;
  let path: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'cloakflow-state-'));
    path = join(folder, 'state');
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const address = (text: string, holder?: string) => ({
    ...{ address: text, family: 6 as const, gateway: 'fe80::1', endsAt: 1000, holder, user: undefined },
  });

  it('tells a restarted agent what was said last, in times that outlive its clock', () => {
    const file = new StateFile(path);
    file.save([address('fd00::1')], 5);
    file.save([address('fd00::1', 'a'), address('fd00::2')], 5);
    expect(new StateFile(path).load()).to.deep.equal([
      { address: 'fd00::1', gateway: 'fe80::1', endsAt: 1005, holder: 'a' },
      { address: 'fd00::2', gateway: 'fe80::1', endsAt: 1005 },
    ]);
    file.close();
  });

  it('goes back to the line before one that was cut off, and to nothing where nothing can be read', () => {
    const file = new StateFile(path);
    file.save([address('fd00::1')], 0);
    file.close();
    appendFileSync(path, '{"addresses":[{"address":"fd');
    expect(new StateFile(path).load().map(saved => saved.address)).to.deep.equal(['fd00::1']);
    writeFileSync(path, 'nonsense');
    expect(new StateFile(path).load()).to.deep.equal([]);
    expect(new StateFile(join(folder, 'none')).load()).to.deep.equal([]);
  });

  it('goes on with a fresh file after one that could not be written', () => {
    const file = new StateFile(path);
    mkdirSync(`${path}.new`);
    expect(() => file.save([address('fd00::1')], 0)).to.throw();
    rmSync(`${path}.new`, { recursive: true });
    file.save([address('fd00::2')], 0);
    expect(new StateFile(path).load().map(saved => saved.address)).to.deep.equal(['fd00::2']);
    file.close();
  });

  it('does not grow without end', () => {
    const file = new StateFile(path);
    const many = Array.from({ length: 100 }, (_, index) =>
      address(`fd00::${index.toString(16)}`, 'x'.repeat(32)),
    );
    for (let index = 0; index < 200; index++) file.save(many, 0);
    expect(statSync(path).size).to.be.below(1.2e6);
    expect(new StateFile(path).load()).to.have.length(100);
    file.close();
  });
});

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { captured } from './captured.js';

describe('`check`', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cloakflow-check-'));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  async function check(text: string, ...args: string[]) {
    const file = join(folder, 'cloakflow.yaml');
    await writeFile(file, text);
    const { code, stdout, stderr } = await captured(['check', file, ...args]);
    expect(stderr).to.equal('');
    return { code, text: stdout.toString().replaceAll(file, 'FILE') };
  }

  it('shows which tables the apps get', async () => {
    const { code, text } = await check('apps:\n  - normal\n');
    expect(code).to.equal(0);
    expect(text).to.match(
      /^FILE: ok\ntable +app +name +what matches nothing\n +0 +normal +\S+ +by the app\n$/,
    );
  });

  it('checks the default configuration without a file', async () => {
    const { code, stdout } = await captured(['check', '--json']);
    expect(code).to.equal(0);
    const report = JSON.parse(stdout.toString());
    expect(report).to.include({ ok: true, file: null });
    expect(report.listen).to.deep.equal(['ptcp:6653:127.0.0.1']);
    expect(report.tables[0]).to.include({ app: 'learning-switch', number: 0, miss: 'own' });
  });

  it('tells every fault with line, column and path, and ends with 1', async () => {
    const { code, text } = await check('listen: [nowhere]\napps: []\nlog: { level: loud }\n');
    expect(code).to.equal(1);
    expect(text.trimEnd().split('\n')).to.have.length(2);
    expect(text)
      .to.match(/^error: FILE:1:10: listen\[0\]: /m)
      .and.match(/^error: FILE:3:\d+: log\.level: /m);
  });

  it('tells faults of apps beside those of the rest, in the order of the file', async () => {
    const { text } = await check(
      'apps:\n  - learning-swich\n  - normal: { x: 1 }\nlisten: [nowhere]\nextra: 1\n',
    );
    expect(text.match(/FILE:\d+/g)).to.deep.equal(['FILE:2', 'FILE:3', 'FILE:4', 'FILE:5']);
  });

  it('writes names in faults as they are written', async () => {
    const { text } = await check("listen: ['pssl:6653:0.0.0.0']\napps: [normal]\n");
    expect(text).to.include(' TLS needs the files');
  });

  it('tells the faults as JSON where asked', async () => {
    const { code, text } = await check('apps: [learning-switch, normal]\n', '--json');
    expect(code).to.equal(1);
    const report = JSON.parse(text);
    expect(report.ok).to.equal(false);
    expect(report.problems.length).to.be.greaterThan(0);
    expect(report.problems[0]).to.include({ code: 'app-conflict', line: 1 });
  });

  it('says of a file that is not there that it is not there', async () => {
    const { code, stdout } = await captured(['check', join(folder, 'none.yaml')]);
    expect(code).to.equal(1);
    expect(stdout.toString()).to.include('none.yaml: there is no such file');
  });
});

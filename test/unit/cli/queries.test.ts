import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { type AdminServer, startAdminServer } from '../../../controller/api/admin-server.js';
import { exampleBackend, exampleFlow, examplePort, exampleSwitch } from '../api/example-backend.js';
import { captured } from './captured.js';

describe('commands that ask a running controller', () => {
  let folder: string;
  let server: AdminServer;
  let env: NodeJS.ProcessEnv;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cloakflow-query-'));
    const path = join(folder, 'control', 'admin.sock');
    server = await startAdminServer(path, exampleBackend());
    env = { CLOAKFLOW_ADMIN: path };
  });

  after(async () => {
    await server.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function text(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await captured(args, [], env);
    expect(stderr).to.equal('');
    expect(code).to.equal(0);
    return stdout.toString();
  }

  it('`switches` names each switch with its software', async () => {
    const [title, row, end] = (await text('switches')).split('\n');
    expect(title).to.match(/^datapath id +name +peer +ports +tables +software$/);
    expect(row).to.match(/^0000000000000001 +br0 +tcp:127.0.0.1:50000 +1 +254 +Open vSwitch 3.1.0$/);
    expect(end).to.equal('');
  });

  it('`ports` shows what a switch says without letting it write to the terminal', async () => {
    const output = await text('ports', 'br0');
    expect(output).to.match(/br0 +1 +eth1\\x1b\[31m +02:00:00:00:00:01 +link-down +10000 +1 +2 +- +0\n$/);
    expect(output).not.to.include('\x1b');
  });

  it('`flows` names the owner, the match and the actions in words', async () => {
    expect(await text('flows', 'br0')).to.match(
      /\n +0 +10 +learning-switch +5 +500 +3 s +idle 60 s +in_port=1,eth_dst=02:00:00:00:00:02 +output:2\n$/,
    );
  });

  it('`flows` selects by app and by table', async () => {
    expect(JSON.parse(await text('flows', '--json', '--app', 'none'))).to.deep.equal([]);
    expect(JSON.parse(await text('flows', '--json', '--table', '1'))).to.deep.equal([]);
    expect(
      JSON.parse(await text('flows', '--json', '--table', '0', '--app', 'learning-switch')),
    ).to.have.length(1);
  });

  it('`flows` knows the apps of the controller, and says which there are', async () => {
    expect(JSON.parse(await text('flows', '--json', '--app', 'host'))).to.deep.equal([]);
    const { code, stdout, stderr } = await captured(['flows', '--app', 'learning'], [], env);
    expect({ code, printed: stdout.length }).to.deep.equal({ code: 1, printed: 0 });
    expect(stderr).to.match(/named "learning" \[unknown-app\]\n {2}.*learning-switch, host, none\.\n$/);
  });

  it('`flows` unseals when it is asked to', async () => {
    const addresses = async (...words: string[]) =>
      JSON.parse(await text('flows', '--json', ...words)).map(
        (flow: typeof exampleFlow) => flow.match.ethDst,
      );
    expect(await addresses('--unseal')).to.deep.equal([exampleFlow.match.ethDst, '02:00:00:00:00:03']);
    expect(await addresses()).to.deep.equal([exampleFlow.match.ethDst]);
  });

  it('prints with --json what the controller told, with the datapath id', async () => {
    expect(JSON.parse(await text('switches', '--json'))).to.deep.equal([exampleSwitch]);
    expect(JSON.parse(await text('ports', '--json'))).to.deep.equal([
      { switch: exampleSwitch.id, ...examplePort },
    ]);
    expect(JSON.parse(await text('flows', '--json'))).to.deep.equal([
      { switch: exampleSwitch.id, ...exampleFlow },
    ]);
  });

  for (const name of ['br0', '1', '0x1', '0000000000000001', '01']) {
    it(`finds the switch by \`${name}\``, async () => {
      expect(JSON.parse(await text('ports', name, '--json'))).to.have.length(1);
    });
  }

  it('ends with 1 and a mend when no such switch is connected', async () => {
    const { code, stderr } = await captured(['flows', 'br7'], [], env);
    expect(code).to.equal(1);
    expect(stderr).to.equal(
      'error: no switch "br7" is connected [unknown-switch]\n' +
        '  See `cloakflow switches` for those that are; a switch goes by its name or its datapath id.\n',
    );
  });

  it('ends with 3 when no controller runs, as JSON where asked', async () => {
    const nowhere = { CLOAKFLOW_ADMIN: join(folder, 'none.sock') };
    for (const command of ['switches', 'ports', 'flows']) {
      const { code, stdout, stderr } = await captured([command, '--json'], [], nowhere);
      expect(code).to.equal(3);
      expect(stdout.length).to.equal(0);
      expect(JSON.parse(stderr).error.code).to.equal('no-controller');
    }
  });

  it('takes the socket from --admin before the environment', async () => {
    const { code } = await captured(['switches', '--admin', env.CLOAKFLOW_ADMIN!], [], {
      CLOAKFLOW_ADMIN: '/none',
    });
    expect(code).to.equal(0);
  });
});

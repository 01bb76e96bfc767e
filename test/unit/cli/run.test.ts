import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { captured } from './captured.js';
import { cloakflow, type Spawned } from './spawned.js';

describe('`run`', () => {
  let folder: string;
  let admin: string;
  const running: Spawned[] = [];

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cloakflow-run-'));
    admin = join(folder, 'admin.sock');
  });
  afterEach(async () => {
    for (const process of running.splice(0)) await process[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  function run(...args: string[]): Spawned {
    const process = cloakflow('run', '--admin', admin, ...args);
    running.push(process);
    return process;
  }

  async function ready(process: Spawned) {
    return JSON.parse(await process.firstLine()) as {
      ready: boolean;
      listen: string[];
      apps: string[];
      admin: string;
    };
  }

  it('says where it listens once it is ready, answers on its admin socket, and ends in good order', async () => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      const process = run('--listen', 'ptcp:0:127.0.0.1', '--json');
      const line = await ready(process);
      expect(line).to.deep.include({ ready: true, apps: ['learning-switch'], admin });
      expect(line.listen[0]).to.match(/^ptcp:[1-9]\d*:127\.0\.0\.1$/);
      const port = Number(line.listen[0]!.split(':')[1]);
      const socket = connect(port, '127.0.0.1').resume();
      await once(socket, 'connect');
      const { code, stdout } = await captured(['apps', '--json'], [], { CLOAKFLOW_ADMIN: admin });
      expect(code).to.equal(0);
      expect(JSON.parse(stdout.toString())[0]).to.include({ name: 'learning-switch', state: 'running' });
      process.child.kill(signal);
      expect(await process.ended).to.include({ code: 0, signal: null });
      expect(existsSync(admin)).to.equal(false);
      socket.destroy();
    }
  });

  it('logs JSON lines without colours where standard error is no terminal', async () => {
    const process = run('--listen', 'ptcp:0:127.0.0.1');
    expect(await process.firstLine()).to.match(
      /^ready: listening on ptcp:\d+:127\.0\.0\.1, apps learning-switch, /,
    );
    process.child.kill('SIGTERM');
    const { stderr } = await process.ended;
    const ids = stderr
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line).id);
    expect(ids).to.include.members(['controller-started', 'controller-stopped']);
  });

  it('takes apps and endpoints of the command line in the place of those of the file', async () => {
    const file = join(folder, 'cloakflow.yaml');
    await writeFile(file, 'listen: ["ptcp:1:127.0.0.1"]\napps: [learning-switch]\nlog: { level: silent }\n');
    const process = run('--json', '--listen', `punix:${folder}/of.sock`, '--app', 'normal', file);
    const line = await ready(process);
    expect(line).to.deep.include({ apps: ['normal'], listen: [`punix:${folder}/of.sock`] });
    process.child.kill('SIGTERM');
    expect(await process.ended).to.include({ code: 0, stderr: '' });
  });

  it('goes on when nobody reads its output any more', async () => {
    const process = run('--listen', 'ptcp:0:127.0.0.1', '--json');
    await ready(process);
    process.child.stdout.destroy();
    process.child.stderr.destroy();
    for (const action of ['stop', 'start', 'stop', 'start']) {
      const { code } = await captured(['apps', action, 'learning-switch', '--admin', admin]);
      expect(code).to.equal(0);
    }
    process.child.kill('SIGTERM');
    expect((await process.ended).code).to.equal(0);
  });

  it('ends with 1 and says where a configuration is faulty', async () => {
    const file = join(folder, 'cloakflow.yaml');
    await writeFile(file, 'apps: [learning-swich]\n');
    const faulty = await run(file).ended;
    expect(faulty.code).to.equal(1);
    expect(faulty.stderr)
      .to.include('cloakflow.yaml:1:')
      .and.include('learning-switch')
      .and.include('[app-unknown]');
  });

  it('ends with 1 and says which port is in use', async () => {
    const first = run('--listen', 'ptcp:0:127.0.0.1', '--json', '--log-level', 'silent');
    const endpoint = (await ready(first)).listen[0]!;
    const other = ['--admin', join(folder, 'other.sock'), '--json', '--log-level', 'silent'];
    const second = run('--listen', endpoint, ...other);
    const { code, stderr } = await second.ended;
    expect(code).to.equal(1);
    expect(JSON.parse(stderr.trimEnd().split('\n').at(-1)!).error.message).to.include(endpoint.split(':')[1]);
  });

  it('ends with 1 and leaves the admin socket to the controller that has it', async () => {
    await ready(run('--listen', 'ptcp:0:127.0.0.1', '--json', '--log-level', 'silent'));
    const { code, stderr } = await run('--listen', 'ptcp:0:127.0.0.1', '--log-level', 'silent').ended;
    expect(code).to.equal(1);
    expect(stderr).to.include('[admin-in-use]');
    expect((await captured(['apps', '--admin', admin])).code).to.equal(0);
  });

  it('replaces the admin socket of a controller that was killed', async () => {
    const killed = run('--listen', 'ptcp:0:127.0.0.1', '--json');
    await ready(killed);
    killed.child.kill('SIGKILL');
    await killed.ended;
    expect(existsSync(admin)).to.equal(true);
    await ready(run('--listen', 'ptcp:0:127.0.0.1', '--json'));
    expect((await captured(['apps', '--admin', admin])).code).to.equal(0);
  });
});

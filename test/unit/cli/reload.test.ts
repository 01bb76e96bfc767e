import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { until } from '../../../mininet/driver/index.js';
import { captured } from './captured.js';
import { Spawned } from './spawned.js';

const NOTHING = {
  started: [],
  stopped: [],
  restarted: [],
  opened: [],
  closed: [],
  settings: [],
  atNextStart: [],
};

describe('`diff` and `reload`', () => {
  let folder: string;
  let file: string;
  let controller: Spawned;
  let log = '';

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cloakflow-reload-'));
    file = join(folder, 'cloakflow.yaml');
    await configure(`listen: ['punix:${folder}/a.sock']\napps: [learning-switch]\n`);
    log = '';
    controller = new Spawned(['run', file, '--admin', join(folder, 'admin.sock')]);
    controller.child.stderr.on('data', chunk => {
      log += chunk;
    });
    await controller.firstLine();
  });
  afterEach(async () => {
    await controller[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  const configure = (text: string) => writeFile(file, text);
  const ask = async (...args: string[]) => {
    const { code, stdout, stderr } = await captured(args, [], {
      CLOAKFLOW_ADMIN: join(folder, 'admin.sock'),
    });
    return { code, text: stdout.toString(), error: stderr };
  };
  async function accepts(name: string): Promise<boolean> {
    const socket = connect(join(folder, name));
    try {
      await once(socket, 'connect');
      return true;
    } catch {
      return false;
    } finally {
      socket.destroy();
    }
  }

  it('have nothing to do when nothing changed', async () => {
    expect(await ask('diff')).to.include({ code: 0, text: 'nothing to change\n' });
    const { text } = await ask('reload', '--json');
    expect(JSON.parse(text)).to.deep.equal({ ...NOTHING, unchanged: ['learning-switch'] });
  });

  it('say and do what changed of apps, endpoints and settings', async () => {
    await configure(
      `listen: ['punix:${folder}/b.sock']\napps: [{learning-switch: {idleTimeout: 9}}]\nlog: {level: debug}\n`,
    );
    const wanted = {
      ...NOTHING,
      restarted: ['learning-switch'],
      unchanged: [],
      opened: [`punix:${folder}/b.sock`],
      closed: [`punix:${folder}/a.sock`],
      atNextStart: ['log'],
    };
    const preview = await ask('diff', '--json');
    expect(JSON.parse(preview.text)).to.deep.equal(wanted);
    expect(preview.code).to.equal(1);
    expect(await accepts('a.sock')).to.equal(true);
    const { code, text } = await ask('reload', '--json');
    expect(JSON.parse(text)).to.deep.equal(wanted);
    expect(code).to.equal(0);
    expect([await accepts('a.sock'), await accepts('b.sock')]).to.deep.equal([false, true]);
  });

  it('keep the last good configuration when the file is bad', async () => {
    for (const bad of [
      'apps: [no-such-app]\n',
      'apps: [',
      `listen: ['punix:${folder}/no/such/folder']\napps: []\n`,
    ]) {
      await configure(bad);
      const { code, error } = await ask('reload');
      expect(code, bad).not.to.equal(0);
      expect(error).not.to.equal('');
      expect(await accepts('a.sock')).to.equal(true);
      const apps = JSON.parse((await ask('apps', '--json')).text);
      expect(apps).to.have.length(1);
      expect(apps[0]).to.include({ name: 'learning-switch', state: 'running' });
    }
  });

  it('are what SIGHUP does, too', async () => {
    await configure(`listen: ['punix:${folder}/a.sock', 'punix:${folder}/b.sock']\napps: [normal]\n`);
    controller.child.kill('SIGHUP');
    await until('the reload', () => log.includes('"config-reloaded"'));
    expect(await accepts('b.sock')).to.equal(true);
    expect(JSON.parse((await ask('apps', '--json')).text)[0]).to.include({ name: 'normal' });
  });
});

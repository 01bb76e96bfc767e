import { once } from 'node:events';
import { chmod, link, lstat, mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { AdminBackend } from '../../../controller/api/admin-backend.js';
import { AdminClient } from '../../../controller/api/admin-client.js';
import { AdminError } from '../../../controller/api/admin-error.js';
import { defaultAdminPath } from '../../../controller/api/admin-path.js';
import { type AdminServer, startAdminServer } from '../../../controller/api/admin-server.js';
import { exampleBackend, exampleFlow, examplePort, exampleSwitch } from './example-backend.js';

async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
  } catch (error) {
    expect(error).to.be.instanceOf(AdminError);
    return (error as AdminError).code;
  }
  return 'no error';
}

describe('admin socket', () => {
  let folder: string;
  let path: string;
  const servers: AdminServer[] = [];
  const strangers: Server[] = [];

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cloakflow-admin-'));
    path = join(folder, 'control', 'admin.sock');
  });

  afterEach(async () => {
    for (const server of servers.splice(0)) await server.close();
    for (const stranger of strangers.splice(0)) stranger.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function start(backend: AdminBackend = exampleBackend(), at = path): Promise<AdminServer> {
    const server = await startAdminServer(at, backend);
    servers.push(server);
    return server;
  }

  /** Something else that accepts connections at the path and answers `text` to whatever comes. */
  async function stranger(text: string | undefined): Promise<void> {
    const server = createServer(socket => {
      socket.on('error', () => {});
      if (text !== undefined) socket.once('data', () => socket.end(text));
    });
    strangers.push(server);
    path = join(folder, 'stranger.sock');
    server.listen(path);
    await once(server, 'listening');
  }

  it('gives its client what the controller tells', async () => {
    await start();
    const client = new AdminClient(path);
    expect(await client.switches()).to.deep.equal([exampleSwitch]);
    expect(await client.ports(exampleSwitch.id)).to.deep.equal([examplePort]);
    expect(await client.flows(exampleSwitch.id)).to.deep.equal([exampleFlow]);
    expect((await client.apps()).map(app => app.state)).to.deep.equal(['running']);
    await client.stopApp('learning-switch');
    expect((await client.apps()).map(app => app.state)).to.deep.equal(['stopped']);
    await client.startApp('learning-switch');
    expect((await client.apps()).map(app => app.state)).to.deep.equal(['running']);
    expect(await client.callApp('learning-switch', 'echo', { a: [1] })).to.deep.equal({
      name: 'learning-switch',
      parameters: { a: [1] },
    });
    expect(await client.metrics()).to.match(/^# HELP/);
  });

  it('is open to its owner only, and so is the folder that it makes', async () => {
    const before = process.umask(0);
    try {
      await start();
    } finally {
      process.umask(before);
    }
    expect(((await lstat(path)).mode & 0o777).toString(8)).to.equal('600');
    expect(((await stat(join(folder, 'control'))).mode & 0o777).toString(8)).to.equal('700');
  });

  it('leaves nothing behind when it is closed', async () => {
    await (await start()).close();
    expect(await readdir(join(folder, 'control'))).to.deep.equal([]);
  });

  it('replaces the socket of a controller that died', async () => {
    await stranger('');
    const dead = strangers.pop()!;
    // What a killed process leaves: the name without a listener.
    const kept = join(folder, 'kept.sock');
    await link(path, kept);
    await new Promise(resolve => dead.close(resolve));
    await start(exampleBackend(), kept);
    expect(await new AdminClient(kept).switches()).to.have.length(1);
  });

  it('refuses a path where another controller answers', async () => {
    await start();
    expect(await codeOf(start())).to.equal('admin-in-use');
    expect(await new AdminClient(path).switches()).to.have.length(1);
  });

  it('leaves a file alone that is no socket', async () => {
    const file = join(folder, 'notes');
    await writeFile(file, 'keep me');
    expect(await codeOf(start(exampleBackend(), file))).to.equal('admin-path');
    expect((await stat(file)).size).to.equal(7);
  });

  it('refuses a folder that others can write to', async () => {
    await mkdir(join(folder, 'open'));
    await chmod(join(folder, 'open'), 0o777);
    expect(await codeOf(start(exampleBackend(), join(folder, 'open', 'admin.sock')))).to.equal('admin-path');
  });

  it('refuses a path that is too long for a unix socket', async () => {
    expect(await codeOf(start(exampleBackend(), join(folder, 'x'.repeat(100))))).to.equal('admin-path');
  });

  it('passes on the errors of the controller with code and mend', async () => {
    await start();
    const client = new AdminClient(path);
    expect(await codeOf(client.flows('00000000000000ff'))).to.equal('unknown-switch');
    expect(await codeOf(client.flows('../switches'))).to.equal('bad-request');
    expect(await codeOf(client.startApp('nothing'))).to.equal('unknown-app');
    expect(await codeOf(client.callApp('learning-switch', '../start'))).to.equal('unknown-call');
    expect(await codeOf(client.callApp('learning-switch', 'echo', 'x'.repeat(1 << 20)))).to.equal(
      'bad-request',
    );
  });

  it('hides what broke inside the controller behind the code `internal`', async () => {
    await start({
      ...exampleBackend(),
      apps() {
        throw new TypeError('boom');
      },
    });
    expect(await codeOf(new AdminClient(path).apps())).to.equal('internal');
    expect(await new AdminClient(path).switches()).to.have.length(1);
  });

  it('tells a client that no controller runs', async () => {
    expect(await codeOf(new AdminClient(join(folder, 'none.sock')).switches())).to.equal('no-controller');
  });

  for (const [what, text] of [
    ['garbage', 'SSH-2.0-OpenSSH_9.2\r\n'],
    ['nothing', ''],
    ['a page', 'HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello'],
    ['JSON of another kind', 'HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nnull'],
    ['an error of another kind', 'HTTP/1.1 500 No\r\ncontent-length: 13\r\n\r\n{"error": {}}'],
    ['half an answer', 'HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\n[]'],
  ] as const) {
    it(`tells a client that something else answers when it hears ${what}`, async () => {
      await stranger(text);
      expect(await codeOf(new AdminClient(path).switches())).to.equal('admin-bad-answer');
    });
  }

  it('tells a client that the other side never answers', async () => {
    await stranger(undefined);
    expect(await codeOf(new AdminClient(path, { timeout: 50 }).switches())).to.equal('admin-timeout');
  });

  it('goes on after requests that are no HTTP', async () => {
    await start();
    const socket = connect(path);
    socket.on('error', () => {});
    socket.end('\0\xff\r\n\r\n');
    await once(socket.resume(), 'close');
    expect(await new AdminClient(path).switches()).to.have.length(1);
  });

  it('has one place for root and one for each other user', () => {
    expect(defaultAdminPath({ XDG_RUNTIME_DIR: '/run/user/0' }, 0)).to.equal('/run/cloakflow/admin.sock');
    expect(defaultAdminPath({ XDG_RUNTIME_DIR: '/run/user/7' }, 7)).to.equal(
      '/run/user/7/cloakflow/admin.sock',
    );
    expect(defaultAdminPath({}, 7)).to.equal(join(tmpdir(), 'cloakflow-7', 'admin.sock'));
    expect(defaultAdminPath({ CLOAKFLOW_ADMIN: '/x/y' }, 0)).to.equal('/x/y');
  });
});

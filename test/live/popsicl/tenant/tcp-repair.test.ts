import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { chmod, chown, rm } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import type { RestoredConnection } from '../../../../apps/popsicl/tenant/repair/restored-connection.js';
import { Restorer } from '../../../../apps/popsicl/tenant/repair/restorer.js';
import { type RunningCommand, until } from '../../../../mininet/driver/index.js';
import { hasNginx } from './nginx-process.js';
import { temporaryFolder, write } from './pseudonym-kit.js';
import { HandedOffClient, type HandoffOptions } from './raw-client.js';
import { TenantLink } from './tenant-link.js';

const BUILD = fileURLToPath(new URL('../../../../../native/build/', import.meta.url));
const ECHO = fileURLToPath(new URL('./node-echo-program.js', import.meta.url));
/** The user of the helper and of the agent in these tests: nobody. */
const USER = 65534;
const KEY = new Uint8Array(16);

describe('a connection restored by the repair helper', () => {
  let folder: string;
  let link: TenantLink;
  let helper: RunningCommand;
  let restorer: Restorer;
  let nextPort = 30_000;

  before(async function () {
    if (!existsSync(join(BUILD, 'tcp-repair'))) this.skip();
    folder = temporaryFolder();
    await chmod(folder, 0o755);
    await chown(folder, USER, USER);
    link = await TenantLink.create();
    const privileges = ['--reuid=65534', '--regid=65534', '--clear-groups', '--no-new-privs'];
    const kept = '+net_admin,+net_bind_service';
    const capabilities = [
      `--inh-caps=-all,${kept}`,
      `--ambient-caps=-all,${kept}`,
      `--bounding-set=-all,${kept}`,
    ];
    helper = await link.tenant.spawn([
      'setpriv',
      ...[...privileges, ...capabilities],
      join(BUILD, 'tcp-repair'),
      ...[join(folder, 'repair.sock'), join(folder, 'web.sock'), String(USER), '443'],
    ]);
    await helper.printed(/ready/);
    restorer = new Restorer(join(folder, 'repair.sock'));
  });
  after(async () => {
    restorer?.close();
    await link?.[Symbol.asyncDispose]();
    if (folder) await rm(folder, { recursive: true, force: true });
  });

  it('comes from a process that has two capabilities and cannot gain any', async () => {
    const { stdout } = await link.tenant.run(['cat', `/proc/${helper.pid}/status`]);
    const net = ((1n << 12n) | (1n << 10n)).toString(16).padStart(16, '0');
    expect(stdout).to.include(`CapEff:\t${net}`).and.include(`CapPrm:\t${net}`);
    expect(stdout)
      .to.match(/^NoNewPrivs:\s1$/m)
      .and.match(/^Uid:\s65534\s65534/m);
  });

  it('is out of reach for other users, who could fill its queue', async () => {
    const script = `require('net').connect('${folder}/repair.sock').on('error', e => console.log(e.code)).on('connect',
      () => process.exit(3))`;
    const words = [
      'setpriv',
      '--reuid=12345',
      '--regid=12345',
      '--clear-groups',
      process.execPath,
      '-e',
      script,
    ];
    expect((await link.tenant.run(words)).stdout).to.equal('EACCES\n');
  });

  type Family = keyof TenantLink['ports'];
  const client = (family: Family, options: Partial<HandoffOptions> = {}) =>
    new HandedOffClient(link.ports[family], { key: KEY, port: nextPort++, ...options });

  /** What the controller says of a client's connection. */
  function connectionOf(one: HandedOffClient, family: Family): RestoredConnection {
    return {
      family: family === 'IPv4' ? 4 : 6,
      tenant: { address: one.raw.place.tenant, port: 443 },
      client: { address: one.raw.place.client, port: one.port },
      sendSequence: (one.cookie.sequence + 1) >>> 0,
      receiveSequence: (one.clientIsn + 1) >>> 0,
      tsval: one.timestamps ? one.cookie.tsval + 2 : undefined,
      sackPermitted: one.syn.sackPermitted,
      windowScale: one.syn.windowScale === undefined ? undefined : { client: one.syn.windowScale, tenant: 7 },
      mss: 1400,
      clientWindow: 502 << (one.syn.windowScale ?? 0),
      offeredWindow: 16_384,
    };
  }

  const socketOf = async (one: HandedOffClient) =>
    (await link.tenant.run(['ss', '-Htinon', 'state', 'established', `dport = :${one.port}`])).stdout;

  describe('for a Node server', () => {
    let server: RunningCommand;
    before(async () => {
      const words = [
        process.execPath,
        ECHO,
        join(BUILD, 'handle-relay'),
        join(folder, 'web.sock'),
        String(USER),
      ];
      server = await link.tenant.spawn(words);
      await server.printed(/ready/);
    });
    after(() => server?.stop());

    for (const family of ['IPv4', 'IPv6'] as const) {
      it(`goes on at the right numbers, with the client's address, over ${family}`, async () => {
        const one = client(family);
        await restorer.restore(connectionOf(one, family));
        one.send('hello');
        const segments = await one.echoed(`${one.raw.place.client} said hello`);
        expect(segments.at(-1)!.acknowledgement).to.equal((one.clientIsn + 6) >>> 0);
        expect(one.resets()).to.deep.equal([]);
      });

      it(`never makes the whole server wait for one client, over ${family}`, async () => {
        const one = client(family);
        await restorer.restore(connectionOf(one, family));
        one.send('hello');
        await one.echoed(`${one.raw.place.client} said hello`);
        const inode = /\bino:(\d+)/.exec(
          (await link.tenant.run(['ss', '-Htine', 'state', 'established', `dport = :${one.port}`])).stdout,
        )![1];
        const flags = readdirSync(`/proc/${server.pid}/fd`).flatMap(number => {
          try {
            const isIt = readlinkSync(`/proc/${server.pid}/fd/${number}`) === `socket:[${inode}]`;
            return isIt ? [readFileSync(`/proc/${server.pid}/fdinfo/${number}`, 'utf8')] : [];
          } catch {
            return []; // closed meanwhile
          }
        });
        // O_NONBLOCK
        expect(
          flags.map(text => Number.parseInt(/^flags:\s+(\d+)$/m.exec(text)![1]!, 8) & 0o4000),
        ).to.deep.equal([0o4000]);
      });

      it(`has the options that were agreed on, each only then, over ${family}`, async () => {
        const all = client(family, { windowScale: 9 });
        const none = client(family, { timestamps: false, sack: false, windowScale: undefined });
        for (const one of [all, none]) {
          await restorer.restore(connectionOf(one, family));
          one.send('hello');
          await one.echoed(`${one.raw.place.client} said hello`);
        }
        // Linux keeps room for timestamps in both.
        expect(await socketOf(all)).to.match(/\bts sack .*\bwscale:9,7\b.*\bmss:1388\b/);
        expect(await socketOf(none))
          .to.match(/\bmss:1388\b/)
          .and.not.match(/\bts\b|\bsack\b|\bwscale\b/);
      });
    }

    it('is refused when there is one between the same ends already', async () => {
      const one = client('IPv4');
      await restorer.restore(connectionOf(one, 'IPv4'));
      expect(await codeOf(restorer.restore(connectionOf(one, 'IPv4')))).to.equal('restore-failed');
      one.send('x');
      await one.echoed('10.9.0.1 said x');
    });

    it('is refused for another port than the one that the helper is for', async () => {
      const one = client('IPv4');
      const other = { ...connectionOf(one, 'IPv4'), tenant: { address: '10.9.0.2', port: 22 } };
      expect(await codeOf(restorer.restore(other))).to.equal('restore-failed');
    });

    it('does not keep a later listener from the port', async () => {
      const one = client('IPv4');
      await restorer.restore(connectionOf(one, 'IPv4'));
      const script = "require('net').createServer().listen(443, '10.9.0.2', () => process.exit(7))";
      await server.stop();
      expect(
        (await link.tenant.run([process.execPath, '-e', script], { timeout: 60_000 })).exitCode,
      ).to.equal(7);
    });
  });

  it('is forgotten without a word to the client when no web server takes it', async () => {
    await rm(join(folder, 'web.sock'), { force: true });
    const one = client('IPv4');
    expect(await codeOf(restorer.restore(connectionOf(one, 'IPv4')))).to.equal('restore-failed');
    expect(await socketOf(one)).to.equal('');
    expect(one.raw.to(one.port)).to.deep.equal([]);
  });

  it('ends the conversation with an agent that talks nonsense, and serves the next', async () => {
    for (const nonsense of [Buffer.alloc(72), Buffer.from('GET / HTTP/1.1\r\n\r\n'.repeat(10))]) {
      await new Promise<void>(resolve => {
        const socket = createConnection(join(folder, 'repair.sock'), () => socket.write(nonsense));
        socket.on('error', () => {});
        socket.on('close', () => resolve());
      });
    }
    expect(await codeOf(restorer.restore(connectionOf(client('IPv4'), 'IPv4')))).to.equal('restore-failed');
  });

  describe('for an unmodified nginx behind the accept shim', () => {
    let nginx: RunningCommand;
    before(async function () {
      if (!hasNginx()) this.skip();
      const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
        .map(kind => `${kind}_temp_path ${folder}/${kind};`)
        .join(' ');
      const socket = join(folder, 'nginx.sock');
      const config = write(
        folder,
        'nginx.conf',
        `daemon off; worker_processes 1; user root; pid ${folder}/nginx.pid; error_log ${folder}/error.log info;
         env CLOAKFLOW_HANDOFF_SOCKET; env CLOAKFLOW_HANDOFF_USER;
         events {} http { access_log off; ${temporary} default_type text/plain;
         server { listen unix:${socket}; listen 443; location / { return 200 "$remote_addr"; } } }`,
      );
      const environment = [
        `LD_PRELOAD=${join(BUILD, 'accept-shim.so')}`,
        `CLOAKFLOW_HANDOFF_SOCKET=${socket}`,
        `CLOAKFLOW_HANDOFF_USER=${USER}`,
      ];
      nginx = await link.tenant.spawn(['env', ...environment, 'nginx', '-c', config, '-p', folder]);
      await until('nginx listens', () => existsSync(socket));
      await link.tenant.run(['ln', '-sf', socket, join(folder, 'web.sock')]);
    });
    after(() => nginx?.stop());

    for (const family of ['IPv4', 'IPv6'] as const) {
      it(`is answered as any other, with the client's address, over ${family}`, async () => {
        const one = client(family);
        await restorer.restore(connectionOf(one, family));
        one.send('GET / HTTP/1.0\r\n\r\n');
        await until('the answer', () => one.stream().endsWith(`\r\n\r\n${one.raw.place.client}`));
        expect(one.stream()).to.match(/^HTTP\/1.1 200 OK/);
      });
    }

    it('leaves connections that nginx accepts itself as they are', async () => {
      const { stdout } = await link.outside.run(['curl', '-s', '--max-time', '60', 'http://10.9.0.2:443/']);
      expect(stdout).to.equal('10.9.0.9');
    });

    it('cannot be forged by other users, nor by bytes without a descriptor', async () => {
      const path = join(folder, 'nginx.sock');
      const script = `const s = require('net').connect('${path}'); s.on('close', () => process.exit(3));
        s.on('error', () => {}); s.resume(); s.write('GET / HTTP/1.0\\r\\n\\r\\n')`;
      for (const user of ['65533', String(USER)]) {
        const words = ['setpriv', `--reuid=${user}`, '--clear-groups', process.execPath, '-e', script];
        expect((await link.tenant.run(words, { timeout: 60_000 })).stdout).to.equal('');
      }
      const { stdout } = await link.outside.run(['curl', '-s', '--max-time', '60', 'http://10.9.0.2:443/']);
      expect(stdout).to.equal('10.9.0.9');
    });
  });
});

async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
    return 'none';
  } catch (error) {
    return (error as { code: string }).code;
  }
}

import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { drawCapability } from '../../../../apps/popsicl/capability.js';
import { HandoffProgram } from '../../../../apps/popsicl/tenant/kernel/handoff-program.js';
import { type RunningCommand, until } from '../../../../mininet/driver/index.js';
import { hasNginx, selfSigned } from './nginx-process.js';
import { CLOUD, type Kit, KitMaker, temporaryFolder, write } from './pseudonym-kit.js';
import { HandedOffClient } from './raw-client.js';
import { TenantLink } from './tenant-link.js';

const ROOT = new URL('../../../../../', import.meta.url);
const BUILD = fileURLToPath(new URL('native/build/', ROOT));
const CLI = fileURLToPath(new URL('dist/controller/cli/main.js', ROOT));
const CHANNEL = fileURLToPath(new URL('./channel-program.js', import.meta.url));
const DOMAIN = 'shop.example';
const CAPABILITY = drawCapability();
const KEY = randomBytes(16);
const NOBODY = 65534;

describe('the agent of a tenant', () => {
  let folder: string;
  let link: TenantLink;
  let channel: RunningCommand;
  let nginx: RunningCommand;
  let agent: RunningCommand;
  let config: string;
  let p: Kit;
  let maker: KitMaker;
  let orders = 0;

  before(async function () {
    const needed = ['handoff.bpf.o', 'tcp-repair', 'accept-shim.so', 'ngx_http_popsicl_module.so'];
    if (!hasNginx() || needed.some(file => !existsSync(join(BUILD, file)))) this.skip();
    folder = temporaryFolder();
    await chmod(folder, 0o755);
    maker = await KitMaker.create();
    p = await maker.make('p1');
    link = await TenantLink.create();
    await link.tenant.run(
      [
        process.execPath,
        CLI,
        'tenant',
        'enrol',
        DOMAIN,
        '--control',
        `${folder}/control`,
        '--out',
        `${folder}/agent`,
      ],
      { check: true },
    );
    await startChannel();
    await startNginx();
    config = write(
      folder,
      'tenant.yaml',
      `controller: { host: 10.9.0.9, port: 6655 }
credentials:
  certificate: ${folder}/agent/agent.pem
  key: ${folder}/agent/agent.key
  authority: ${folder}/agent/authority.pem
interface: t0
user: nobody
runFolder: ${folder}/run
handoffSocket: ${folder}/nginx.sock
webServer: { kind: folder, folder: ${folder}/store }
`,
    );
    agent = await startAgent();
    await channel.printed(/"connected"/);
    await order({ keys: [{ epoch: 3, key: KEY.toString('hex'), tenantWindowScale: 7 }] });
  });
  after(async () => {
    // A master that is killed leaves its workers.
    await nginx?.stop();
    await agent?.stop();
    await link?.[Symbol.asyncDispose]();
    if (!folder) return;
    await HandoffProgram.unmount(join(folder, 'run'));
    await rm(folder, { recursive: true, force: true });
  });

  async function startChannel(): Promise<void> {
    const words = [CHANNEL, join(folder, 'control'), '10.9.0.9', '6655', DOMAIN];
    channel = await link.outside.spawn([process.execPath, ...words]);
    await channel.printed(/listening/);
  }

  async function startAgent(): Promise<RunningCommand> {
    const command = await link.tenant.spawn([process.execPath, CLI, 'tenant', 'agent', '--config', config]);
    await command.printed(/^ready: /m, 60_000);
    return command;
  }

  async function startNginx(): Promise<void> {
    const decoy = selfSigned(folder, 'decoy');
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
      .map(kind => `${kind}_temp_path ${folder}/${kind};`)
      .join(' ');
    const file = write(
      folder,
      'nginx.conf',
      `load_module ${BUILD}ngx_http_popsicl_module.so;
       daemon off; worker_processes 1; user root; pid ${folder}/nginx.pid; error_log ${folder}/error.log info;
       env CLOAKFLOW_HANDOFF_SOCKET; env CLOAKFLOW_HANDOFF_USER;
       events {} http { access_log off; ${temporary} default_type text/plain;
       server { listen unix:${folder}/nginx.sock ssl; listen 443 ssl; listen [::]:443 ssl; server_name *.${CLOUD}; ssl_protocols TLSv1.2 TLSv1.3;
         ssl_certificate ${decoy.cert}; ssl_certificate_key ${decoy.key}; popsicl_store ${folder}/store;
         location / { return 200 "pseudonym $popsicl_name\\n"; } } }`,
    );
    const environment = [
      `LD_PRELOAD=${join(BUILD, 'accept-shim.so')}`,
      `CLOAKFLOW_HANDOFF_SOCKET=${folder}/nginx.sock`,
      `CLOAKFLOW_HANDOFF_USER=${NOBODY}`,
    ];
    nginx = await link.tenant.spawn(['env', ...environment, 'nginx', '-c', file, '-p', folder]);
    await until('nginx listens', () => existsSync(`${folder}/nginx.sock`) && nginx.exit === undefined);
  }

  /** Gives the channel an order and waits for the answer. */
  async function order(what: Record<string, unknown>): Promise<string> {
    const id = ++orders;
    channel.stdin!.write(`${JSON.stringify({ id, ...what })}\n`);
    const [, answer] = await channel.printed(new RegExp(`^(done|failed) ${id}\\b`, 'm'));
    return answer!;
  }
  const publish = (kit: Kit) =>
    order({
      call: 'publish',
      arguments: [{ name: kit.name, tenant: DOMAIN, capability: CAPABILITY }, kit.material],
    });

  /** What curl says of the page, with the certificate of `kit`. */
  async function curl(kit: Kit): Promise<{ exitCode: number; stdout: string }> {
    const files = {
      ca: write(folder, 'ca.pem', maker.authority.rootPem),
      cert: write(folder, `${kit.name}.crt`, kit.client.cert),
      key: write(folder, `${kit.name}.key`, kit.client.key),
    };
    const words = ['--cacert', files.ca, '--cert', files.cert, '--key', files.key];
    const place = ['--resolve', `${kit.name}:443:10.9.0.2`, `https://${kit.name}/`];
    return link.outside.run(['curl', '-s', '--max-time', '60', ...words, ...place]);
  }

  it('runs without any right, and its helper with two', async () => {
    const status = async (pid: number) => (await link.tenant.run(['cat', `/proc/${pid}/status`])).stdout;
    const own = await status(agent.pid);
    expect(own)
      .to.match(/^Uid:\s65534\s65534\s65534\s65534$/m)
      .and.match(/^Gid:\s65534/m);
    expect(own)
      .to.match(/^CapEff:\s0+$/m)
      .and.match(/^CapPrm:\s0+$/m)
      .and.match(/^CapAmb:\s0+$/m);
    const children = (await link.tenant.run(['pgrep', '-P', String(agent.pid)])).stdout.trim().split('\n');
    const helpers = await Promise.all(children.map(pid => status(Number(pid))));
    const helper = helpers.find(text => text.startsWith('Name:\ttcp-repair'));
    expect(helper)
      .to.match(/^CapEff:\s0{12}1400$/m)
      .and.match(/^CapBnd:\s0{12}1400$/m)
      .and.match(/^Uid:\s65534/m);
  });

  it('does not start with capabilities that it could not give up', async () => {
    const sets = ['--inh-caps', '--ambient-caps'].map(set => `${set}=+net_admin,+sys_admin`);
    const confined = ['setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups', ...sets];
    const words = [process.execPath, CLI, 'tenant', 'agent', '--config', config];
    const { exitCode, stderr, stdout } = await link.tenant.run([...confined, ...words]);
    expect(exitCode).to.be.above(0);
    expect(stderr).to.include('capabilities that it could not give up');
    expect(stdout).to.equal('');
  });

  it('owns nothing where it acts as root when it starts', async () => {
    const run = join(folder, 'run');
    for (const place of [run, join(run, 'bpf'), join(run, 'handoff-t0.json')]) {
      const { uid, mode } = await stat(place);
      expect([uid, mode & 0o022], place).to.deep.equal([0, 0]);
    }
    expect((await stat(join(run, 'repair'))).uid).to.equal(NOBODY);
  });

  it('tells the controller what this machine can do', async () => {
    const [connected] = await channel.printed(/^\{"type":"connected".*$/m);
    expect(JSON.parse(connected!)).to.deep.include({ strategies: ['cookie', 'repair'], hindrances: [] });
  });

  it('has a pseudonym served when publishing is done, and refused when withdrawing is', async () => {
    expect(await publish(p)).to.equal('done');
    expect((await curl(p)).stdout).to.equal(`pseudonym ${p.name}\n`);
    expect(await order({ call: 'withdraw', arguments: [p.name, DOMAIN] })).to.equal('done');
    expect((await curl(p)).exitCode).to.not.equal(0);
  });

  it('refuses material that is none, and names that are paths', async () => {
    const other = await maker.make('other');
    for (const material of [
      { ...p.material, keyPem: other.material.keyPem },
      { ...p.material, anchorPem: other.material.anchorPem },
      { ...p.material, name: other.name },
      { ...p.material, name: '../../etc/passwd' },
      { ...p.material, certificatePem: `ssl off;\n${p.material.certificatePem}` },
    ]) {
      expect(
        await order({
          call: 'publish',
          arguments: [{ name: material.name, tenant: DOMAIN, capability: CAPABILITY }, material],
        }),
      ).to.equal('failed');
    }
    expect(await order({ call: 'withdraw', arguments: ['../store/x', DOMAIN] })).to.equal('failed');
  });

  for (const family of ['IPv4', 'IPv6'] as const) {
    it(`lets the kernel take over what bears a cookie of the controller's key, over ${family}`, async () => {
      const one = new HandedOffClient(link.ports[family], { key: KEY, port: 40_001 });
      one.send('GET / HTTP/1.0\r\n\r\n');
      await until('the answer of nginx', () =>
        one.stream().includes('400 The plain HTTP request was sent to HTTPS port'),
      );
    });

    it(`restores a connection for the controller, over ${family}`, async () => {
      const one = new HandedOffClient(link.ports[family], { key: KEY, port: 40_002 });
      const { place } = one.raw;
      const connection = {
        family: family === 'IPv4' ? 4 : 6,
        tenant: { address: place.tenant, port: 443 },
        client: { address: place.client, port: one.port },
        sendSequence: (one.cookie.sequence + 1) >>> 0,
        receiveSequence: (one.clientIsn + 1) >>> 0,
        tsval: one.cookie.tsval + 2,
        sackPermitted: true,
        windowScale: { client: 7, tenant: 7 },
        mss: 1400,
        clientWindow: 64_256,
        offeredWindow: 16_384,
      };
      expect(await order({ call: 'restore', arguments: [DOMAIN, connection] })).to.equal('done');
      one.send('GET / HTTP/1.0\r\n\r\n');
      await until('the answer of nginx', () =>
        one.stream().includes('400 The plain HTTP request was sent to HTTPS port'),
      );
    });
  }

  it('comes back after a restart, with its keys, and is told what was revoked meanwhile', async () => {
    const [kept, revoked] = await Promise.all([maker.make('kept'), maker.make('gone')]);
    for (const kit of [kept, revoked]) expect(await publish(kit)).to.equal('done');
    await agent.stop();
    const one = new HandedOffClient(link.ports.IPv4, { key: KEY, port: 40_003 });
    one.send('GET / HTTP/1.0\r\n\r\n');
    await until('the kernel goes on without the agent', () => one.stream().includes('400 Bad Request'));
    await order({ active: [kept.name] });
    agent = await startAgent();
    await until('the revocation', async () => (await curl(revoked)).exitCode !== 0);
    expect((await curl(kept)).exitCode).to.equal(0);
  });

  it('comes back in another mount namespace, as a service does', async () => {
    await agent.stop();
    await HandoffProgram.unmount(join(folder, 'run'));
    agent = await startAgent();
    expect(agent.stdout).to.match(/^ready: cookie repair$/m);
  });

  it('connects again after the controller was killed', async () => {
    await channel.stop('SIGKILL');
    await startChannel();
    await channel.printed(/"connected"/, 60_000);
  });

  it('ends when a helper is gone that it cannot start again, and says so', async () => {
    const { stdout } = await link.tenant.run(['pgrep', '-P', String(agent.pid)], { check: true });
    for (const pid of stdout.trim().split('\n')) process.kill(Number(pid), 'SIGKILL');
    await until('the end of the agent', () => agent.exit !== undefined);
    expect(agent.exit!.exitCode).to.be.above(0);
    expect(agent.stderr)
      .to.match(/a helper of the agent .* has ended/)
      .and.include('Start the agent again');
    agent = await startAgent();
    await order({ active: [] });
  });

  it('offers repair alone where the kernel cannot do cookie, and says why', async () => {
    await agent.stop();
    await link.tenant.script(['sysctl -qw net.ipv4.tcp_syncookies=0']);
    agent = await startAgent();
    expect(agent.stdout).to.match(/^ready: repair$/m);
    expect(agent.stderr).to.include('syncookies-off').and.include('net.ipv4.tcp_syncookies is 0');
  });

  it('writes no pseudonym, client or key into its log', () => {
    for (const text of [agent.stdout + agent.stderr]) {
      expect(text)
        .not.to.match(new RegExp(CLOUD))
        .and.not.include('10.9.0.1')
        .and.not.include(KEY.toString('hex'));
    }
  });
});

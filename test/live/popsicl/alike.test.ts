import { X509Certificate } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { pino } from 'pino';
import { normal } from '../../../apps/normal/app.js';
import { popsiclWith } from '../../../apps/popsicl/app.js';
import { CookieKeys } from '../../../apps/popsicl/cookie/cookie-keys.js';
import { Decoys } from '../../../apps/popsicl/decoy/decoys.js';
import { drawLabel } from '../../../apps/popsicl/pseudonym/label.js';
import { HandoffProgram } from '../../../apps/popsicl/tenant/kernel/handoff-program.js';
import { PseudonymFolder } from '../../../apps/popsicl/tenant/web-server/pseudonym-folder.js';
import { Controller, parseConfig, systemClock } from '../../../controller/host/index.js';
import { OvsSandbox, type RunningCommand, type SandboxHost, until } from '../../../mininet/driver/index.js';
import { FixedDirectory } from '../../simulator/fixed-directory.js';
import { hasProgram, PROGRAM, PSEUDO4, PSEUDO6 } from './cloud.js';
import { hasNginx, selfSigned } from './tenant/nginx-process.js';
import { CLOUD, type Kit, KitMaker, write } from './tenant/pseudonym-kit.js';

const MODULE = fileURLToPath(new URL('../../../../native/build/ngx_http_popsicl_module.so', import.meta.url));
const TENANT = { domain: 'tenant-a.example', ipv4: '10.0.0.2', ipv6: 'fd00::2' };
const DECOY = { domain: 'decoy.example', ipv4: '10.0.0.3', ipv6: 'fd00::3' };
const YEAR = 365 * 24 * 3_600_000;
/** Signatures of ECDSA and the integers in them vary by some bytes from one handshake to the next. */
const VARIES = 8;

/** What a client sees of a handshake: messages and alerts of the server in their order, and how it ends. */
interface Seen {
  steps: string[];
  lengths: number[];
  end: string;
}

describe('a probe for pseudonyms', () => {
  let folder: string;
  let sandbox: OvsSandbox;
  let prober: SandboxHost;
  let controller: Controller;
  let decoys: Decoys;
  let maker: KitMaker;
  const directory = new FixedDirectory();
  const keys = new CookieKeys();
  const servers: RunningCommand[] = [];
  const stores = {} as Record<'tenant' | 'decoy', PseudonymFolder>;
  const unknown = `${drawLabel()}.${CLOUD}`;
  let known: Kit;
  let other: Kit;
  let revoked: Kit;
  let own: Kit;

  before(async function () {
    if (!hasProgram() || !hasNginx() || !existsSync(MODULE)) this.skip();
    folder = await mkdtemp(join(tmpdir(), 'cloakflow-alike-'));
    await chmod(folder, 0o755);
    sandbox = await OvsSandbox.start();
    await sandbox.addBridge('br0', { controllers: [sandbox.controllerSocket('br0')] });
    prober = await sandbox.addHost('br0', { addresses: ['10.0.0.1/24', 'fd00::1/64'] });
    await prober.namespace.script([
      'ip route add 198.51.100.0/24 via 10.0.0.254',
      'ip -6 route add 2001:db8:1::/64 via fd00::fe',
    ]);
    maker = await KitMaker.create();
    await startServer('tenant', [`${TENANT.ipv4}/24`, `${TENANT.ipv6}/64`]);
    await startServer('decoy', [`${DECOY.ipv4}/24`, `${DECOY.ipv6}/64`]);
    [known, other, revoked, own] = (await Promise.all([1, 2, 3, 4].map(() => maker.make(drawLabel())))) as [
      Kit,
      Kit,
      Kit,
      Kit,
    ];
    for (const { name, material } of [known, other, revoked, own]) {
      await stores.tenant.put(material);
      directory.add(name, { ...TENANT, port: 443 });
    }
    directory.remove(revoked.name);
    await stores.tenant.remove(revoked.name);
    await startController();
  });
  after(async () => {
    await controller?.stop();
    // In good order: a master that is killed leaves its workers.
    for (const server of servers) await server.stop();
    await sandbox?.stop();
    if (folder === undefined) return;
    for (const name of ['tenant', 'decoy']) await HandoffProgram.unmount(join(folder, name));
    await rm(folder, { recursive: true, force: true });
  });

  /** Tenant and decoy run the same: nginx with the module, and the BPF program. */
  async function startServer(name: 'tenant' | 'decoy', addresses: string[]): Promise<void> {
    const host = await sandbox.addHost('br0', { addresses });
    const at = join(folder, name);
    stores[name] = new PseudonymFolder(join(at, 'store'));
    await stores[name].put((await maker.make('first')).material);
    const nobody = selfSigned(folder, name);
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
      .map(kind => `${kind}_temp_path ${at}/${kind};`)
      .join(' ');
    const config = write(
      at,
      'nginx.conf',
      `load_module ${MODULE}; daemon off; worker_processes 1; user root; pid ${at}/nginx.pid; error_log ${at}/error.log;
       events {} http { access_log off; ${temporary}
       server { listen 443 ssl; listen [::]:443 ssl; server_name *.${CLOUD}; ssl_protocols TLSv1.2 TLSv1.3;
         ssl_certificate ${nobody.cert}; ssl_certificate_key ${nobody.key}; popsicl_store ${at}/store;
         location / { return 200 "pseudonym $popsicl_name"; } } }`,
    );
    await host.namespace.script(['sysctl -qw net.ipv4.tcp_syncookies=1']);
    servers.push(await host.spawn(['nginx', '-c', config, '-p', at]));
    await until('nginx', async () => (await host.run(['ss', '-tln'])).stdout.includes(':443'));
    const program = await HandoffProgram.load({
      interface: 'eth0',
      object: PROGRAM,
      runFolder: at,
      run: async (argv, input = '') => (await host.run(argv, { check: true, input })).stdout,
    });
    for (const key of keys.all) await program.setKey({ ...key, tenantWindowScale: 7 });
  }

  async function startController(): Promise<void> {
    decoys = new Decoys({
      domain: CLOUD,
      authority: maker.authority,
      keyType: 'ecdsa-p256',
      lifetime: YEAR,
      capacity: 100,
      perMinute: 1000,
      perSource: 1000,
      firstAnswer: 0,
      server: {
        publish: material => stores.decoy.put(material),
        withdraw: name => stores.decoy.remove(name),
      },
      keeper: { keep: async () => {}, forget: async () => {} },
      known: [],
      clock: systemClock,
      wallClock: Date.now,
      failed: () => {},
    });
    const app = popsiclWith(() => ({ directory, keys, decoys }));
    const settings = {
      domain: CLOUD,
      blocks: { ipv4: ['198.51.100.0/24'], ipv6: ['2001:db8:1::/64'] },
      gateway: { ipv4: '10.0.0.254', ipv6: 'fd00::fe' },
      tenants: [{ ...TENANT, strategy: { ipv6: 'cookie' } }],
      decoy: { ...DECOY, perSource: 100 },
      registration: { folder: '/nowhere' },
      tenantChannel: { host: '127.0.0.1', control: '/nowhere' },
    };
    const text = JSON.stringify({
      listen: [`p${sandbox.controllerSocket('br0')}`],
      discovery: { enabled: false },
      apps: [{ popsicl: settings }, 'normal'],
    });
    const builtIn = [app, normal];
    const config = await parseConfig(text, { builtIn });
    controller = await sandbox.meet([sandbox.controllerSocket('br0')], () =>
      Controller.start({ config, builtIn, logger: pino({ enabled: false }) }),
    );
    await until('the MAC addresses of tenant and decoy', async () => {
      const flows = await sandbox.ofctl(['dump-flows', 'br0']);
      return new Set(flows.match(/[0-9a-f:]{17}->eth_dst/g)).size === 2;
    });
  }

  async function probe(name: string, family: 4 | 6, version: string, as?: Kit): Promise<Seen> {
    const address = family === 4 ? PSEUDO4 : `[${PSEUDO6}]`;
    const certificate =
      as === undefined
        ? []
        : ['-cert', write(folder, 'c.crt', as.client.cert), '-key', write(folder, 'c.key', as.client.key)];
    const words = ['-connect', `${address}:443`, '-servername', name, `-${version}`, '-msg', '-ign_eof'];
    const { stdout, stderr, exitCode } = await prober.run(['openssl', 's_client', ...words, ...certificate], {
      input: 'GET / HTTP/1.0\r\n\r\n',
      timeout: 60_000,
    });
    const text = stdout + stderr;
    const steps: string[] = [];
    const lengths: number[] = [];
    for (const [, step, length, what] of text.matchAll(
      /^<<< .*, (\w+)[^[\n]*\[length ([0-9a-f]{4})\](?:, (.*))?$/gm,
    )) {
      if (step === 'RecordHeader') continue;
      steps.push(`${step} ${what ?? ''}`);
      lengths.push(Number.parseInt(length!, 16));
    }
    const reason = /alert [a-z ]+/.exec(text)?.[0] ?? (text.includes('errno') ? 'closed' : 'none');
    return { steps, lengths, end: `${reason}, ${exitCode}` };
  }

  for (const version of ['tls1_3', 'tls1_2']) {
    for (const family of [4, 6] as const) {
      it(`cannot tell a known, an unknown, a revoked and a foreign one apart: ${version}, IPv${family}`, async () => {
        for (const as of [undefined, own]) {
          const reference = await probe(known.name, family, version, as);
          expect(reference.steps.join()).to.match(
            /ServerHello.*Certificate.*CertificateRequest|CertificateRequest.*Certificate/,
          );
          expect(reference.end).to.match(/^alert (certificate required|handshake failure|unknown ca)/);
          for (const name of [other.name, revoked.name, unknown, `${drawLabel()}.${CLOUD}`]) {
            const seen = await probe(name, family, version, as);
            expect(seen.steps).to.deep.equal(reference.steps);
            expect(seen.end).to.equal(reference.end);
            for (const [index, length] of seen.lengths.entries()) {
              expect(length, seen.steps[index]).to.be.closeTo(reference.lengths[index]!, VARIES);
            }
          }
        }
      });
    }
  }

  it('meets an RST for names that cannot be pseudonyms, whoever has them', async () => {
    for (const name of [TENANT.domain, `www.${CLOUD}`, `portal.${CLOUD}`, `a.${known.name}`, CLOUD]) {
      expect(await probe(name, 4, 'tls1_3')).to.deep.equal({ steps: [], lengths: [], end: 'closed, 1' });
    }
    expect(decoys.knows(`www.${CLOUD}`)).to.equal(false);
  });

  it('is shown the same certificate of an unknown name each time, from the cloud’s authority, and older than the question', async () => {
    const shown = async () => {
      const { stdout } = await prober.run(
        ['openssl', 's_client', '-connect', `${PSEUDO4}:443`, '-servername', unknown, '-showcerts'],
        { input: '', timeout: 60_000 },
      );
      return new X509Certificate(/-----BEGIN[^-]*-----[^-]*-----END[^-]*-----/.exec(stdout)![0]);
    };
    const certificate = await shown();
    expect((await shown()).raw.equals(certificate.raw)).to.equal(true);
    expect(certificate.checkHost(unknown)).to.equal(unknown);
    const root = new X509Certificate(maker.authority.rootPem);
    expect(certificate.verify(root.publicKey)).to.equal(true);
    expect(Date.parse(certificate.validFrom))
      .to.be.below(Date.now())
      .and.at.least(Date.parse(root.validFrom));
  });
});

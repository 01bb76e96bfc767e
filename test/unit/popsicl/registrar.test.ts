import { createPrivateKey, type webcrypto, X509Certificate } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { request as httpsRequest } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, createSecureContext, createServer, type TLSSocket } from 'node:tls';
import { Utf8String } from 'asn1js';
import { expect } from 'chai';
import dnsPacket from 'dns-packet';
import { pino } from 'pino';
import { AttributeTypeAndValue, CertificationRequest } from 'pkijs';
import { registerAtPortal } from '../../../apps/popsicl/portal/portal-client.js';
import { type Registrar, startRegistrar } from '../../../apps/popsicl/registrar.js';
import { registrarSchema } from '../../../apps/popsicl/registrar-config.js';
import { REGISTRAR_MESSAGES } from '../../../apps/popsicl/registry/messages.js';
import { type AdminServer, startAdminServer } from '../../../controller/api/admin-server.js';
import { systemClock } from '../../../controller/host/index.js';
import { messageLog } from '../../../controller/host/messages/log.js';
import { Metrics } from '../../../controller/host/metrics.js';
import type { Json } from '../../../controller/openflow/index.js';
import { exampleBackend } from '../api/example-backend.js';
import { captured } from '../cli/captured.js';
import { Party } from './registry-world.js';

const CLOUD = 'popsicls.test';
const TENANT = 'secret-shop.example';
const PORTAL = 'localhost.popsicls.test';
const HERE = { ipv4: ['127.0.0.1'] };

describe('registrar of a cloud', () => {
  let folder: string;
  let registrar: Registrar | undefined;
  let admin: AdminServer | undefined;
  let tenant: Party;
  let log: string[];
  let metrics: Metrics;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cloakflow-registrar-'));
    tenant = new Party('tenant');
    log = [];
  });
  afterEach(async () => {
    await admin?.close();
    await registrar?.close();
    [admin, registrar] = [undefined, undefined];
    await rm(folder, { recursive: true, force: true });
  });

  async function start(config: Record<string, unknown> = {}): Promise<Registrar> {
    metrics = new Metrics();
    registrar = await startRegistrar({
      config: registrarSchema.parse({
        folder: join(folder, 'state'),
        dns: { listen: [{ address: '127.0.0.1', port: 0 }], records: { portal: HERE, linker: HERE } },
        portal: { listen: { address: '127.0.0.1', port: 0 }, names: [PORTAL, `portal.${CLOUD}`] },
        linker: { listen: { address: '127.0.0.1', port: 0 } },
        ...config,
      }),
      domain: CLOUD,
      tenants: [{ domain: TENANT, ipv4: '10.9.8.7', port: 443 }],
      blocks: { ipv4: ['198.51.100.0/24'], ipv6: ['2001:db8::/64'] },
      parties: [tenant],
      clock: systemClock,
      log: messageLog(
        pino({ level: 'debug' }, { write: (line: string) => void log.push(line) }),
        REGISTRAR_MESSAGES,
      ),
      metrics: metrics.app('popsicl', 'popsicl'),
    });
    await writeFile(join(folder, 'ca.pem'), registrar.authorityPem);
    return registrar;
  }

  /** One request to the portal; `host` replaces the name that its certificate is checked for. */
  function request(path: string, options: { method?: string; body?: string | Buffer; type?: string } = {}) {
    const { method = 'POST', body = '', type = 'application/json' } = options;
    return new Promise<{ status: number; headers: NodeJS.Dict<string | string[]>; body: string }>(
      (resolve, reject) => {
        const sent = httpsRequest({
          host: '127.0.0.1',
          port: registrar!.portal!.port,
          servername: PORTAL,
          ca: registrar!.authorityPem,
          agent: false,
          path,
          method,
          headers: { 'content-type': type },
        });
        sent.on('error', reject);
        sent.on('response', async response => {
          const chunks: Buffer[] = [];
          for await (const chunk of response) chunks.push(chunk);
          resolve({
            status: response.statusCode!,
            headers: response.headers,
            body: Buffer.concat(chunks).toString(),
          });
        });
        sent.end(body);
      },
    );
  }

  const codeOf = (answer: { body: string }) =>
    (JSON.parse(answer.body) as { error: { code: string } }).error.code;

  async function addressesOf(name: string, type: 'A' | 'AAAA'): Promise<string[]> {
    const socket = createSocket('udp4');
    try {
      const answer = once(socket, 'message', { signal: AbortSignal.timeout(60_000) });
      socket.send(
        dnsPacket.encode({ type: 'query', id: 1, questions: [{ type, name }] }),
        registrar!.dns!.listening[0]!.port,
        '127.0.0.1',
      );
      const decoded = dnsPacket.decode(((await answer) as [Buffer])[0]);
      return decoded.answers!.map(record => (record as { data: string }).data);
    } finally {
      socket.close();
    }
  }

  it('registers over HTTPS: DNS knows the pseudonym, and TLS completes with the client of it alone', async () => {
    const { directory } = await start();
    const register = async () => {
      const answer = await request('/registrations', { body: JSON.stringify({ domain: TENANT }) });
      expect(answer.status, answer.body).to.equal(201);
      expect(answer.headers).to.include({ 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' });
      return JSON.parse(answer.body) as {
        name: string;
        pkcs12: { modern: string; old: string; password: string };
      };
    };
    const [p, q] = [await register(), await register()];
    const entry = directory.entry(p.name)!;
    expect(await addressesOf(p.name, 'A')).to.deep.equal(entry.addresses.ipv4);
    expect(await addressesOf(p.name, 'AAAA')).to.deep.equal(entry.addresses.ipv6);

    const { material } = tenant.known.get(p.name)!;
    const server = createServer({
      cert: material.certificatePem,
      key: material.keyPem,
      ca: material.anchorPem,
      requestCert: true,
      rejectUnauthorized: true,
    });
    let completed = 0;
    server.on('secureConnection', (socket: TLSSocket) => {
      completed++;
      socket.on('error', () => {});
      socket.end('welcome');
    });
    server.on('tlsClientError', () => {});
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const visit = async (client: object): Promise<string> => {
      const { port } = server.address() as AddressInfo;
      const socket = connect({
        port,
        host: '127.0.0.1',
        servername: p.name,
        ca: registrar!.authorityPem,
        ...client,
      });
      let text = '';
      try {
        for await (const chunk of socket) text += chunk;
        return text;
      } catch (error) {
        return (error as { code: string }).code;
      } finally {
        socket.destroy();
      }
    };
    const bundle = (file: string, passphrase: string) => ({ pfx: Buffer.from(file, 'base64'), passphrase });
    try {
      for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
        const only = { minVersion: version, maxVersion: version };
        expect(await visit({ ...only, ...bundle(p.pkcs12.modern, p.pkcs12.password) })).to.equal('welcome');
        const before = completed;
        expect(await visit({ ...only, ...bundle(q.pkcs12.modern, q.pkcs12.password) })).to.match(
          /^(ERR_SSL_|ECONNRESET|EPROTO|$)/,
        );
        expect(await visit(only)).to.match(/^(ERR_SSL_|ECONNRESET|EPROTO|$)/);
        expect(completed).to.equal(before);
      }
    } finally {
      server.close();
    }
  });

  it('says what is wrong with a request, in JSON and without repeating it', async () => {
    await start({ perSource: 1000 });
    for (const [body, type, status, code] of [
      ['', 'application/json', 400, 'bad-request'],
      ['{', 'application/json', 400, 'bad-request'],
      ['[]', 'application/json', 400, 'bad-request'],
      ['{"domain": 5}', 'application/json', 400, 'bad-request'],
      ['{"domain": ""}', 'application/json', 400, 'bad-request'],
      [`{"domain": "${TENANT}", "canary-member": 1}`, 'application/json', 400, 'bad-request'],
      [`{"domain": "${TENANT}", "form": "canary"}`, 'application/json', 400, 'bad-request'],
      [`{"domain": "${TENANT}", "csr": "canary"}`, 'application/json', 400, 'bad-request-certificate'],
      [`{"domain": "${TENANT}", "csr": "${'c'.repeat(9000)}"}`, 'application/json', 400, 'bad-request'],
      ['{"domain": "canary.example"}', 'application/json; charset=utf-8', 404, 'declined'],
      [`{"domain": "${TENANT}"}`, 'text/plain', 415, 'unsupported-media-type'],
      [`{"domain": "${TENANT}"}`, '', 415, 'unsupported-media-type'],
      ['x'.repeat(20_000), 'application/json', 413, 'too-large'],
    ] as const) {
      const answer = await request('/registrations', { body, type });
      expect([answer.status, codeOf(answer)], body.slice(0, 50)).to.deep.equal([status, code]);
      expect(answer.body).to.not.contain('canary').and.to.not.contain(TENANT);
      expect(answer.headers).to.include({ 'x-content-type-options': 'nosniff', 'cache-control': 'no-store' });
    }
    for (const [path, method] of [
      ['/registrations', 'GET'],
      ['/registrations/canary', 'POST'],
      ['/../../etc/passwd', 'GET'],
    ] as const) {
      expect(codeOf(await request(path, { method })), path).to.equal('not-found');
    }
    const ca = await request('/ca.pem', { method: 'GET' });
    expect([ca.status, ca.body]).to.deep.equal([200, registrar!.authorityPem]);
    expect(registrar!.service.size).to.equal(0);
  });

  it('limits what a source may register, and says when to come again', async () => {
    await start({ perSource: 2 });
    const answers = [];
    for (let count = 0; count < 3; count++) {
      answers.push(await request('/registrations', { body: '{"domain": "nobody.example"}' }));
    }
    expect(answers.map(answer => answer.status)).to.deep.equal([404, 404, 429]);
    expect(answers[2]!.headers).to.have.property('retry-after', '60');
  });

  it('hides errors of its own from clients and tells the operator', async () => {
    await start();
    tenant.trouble = () => {
      throw new Error('never reaches anybody');
    };
    const failed = await request('/registrations', { body: `{"domain": "${TENANT}"}` });
    expect([failed.status, codeOf(failed)]).to.deep.equal([503, 'distribution-failed']);
    tenant.trouble = (_call, act) => act();
    (registrar!.service as unknown as { register: () => never }).register = () => {
      throw new TypeError('broken inside');
    };
    const broken = await request('/registrations', { body: `{"domain": "${TENANT}"}` });
    expect([broken.status, codeOf(broken)]).to.deep.equal([500, 'internal']);
    expect(broken.body).to.not.contain('broken inside');
    expect(log.join()).to.contain('popsicl-portal-failed').and.to.contain('broken inside');
  });

  it('is trusted by its own CA only, and under its own names', async () => {
    await start();
    const url = (host: string) => `https://${host}:${registrar!.portal!.port}`;
    const failure = async (host: string, authorityPem: string | undefined) =>
      registerAtPortal({ url: url(host), authorityPem }, { domain: TENANT }).then(
        () => 'registered',
        (error: { code: string }) => error.code,
      );
    expect(await failure('127.0.0.1', undefined)).to.equal('portal-untrusted');
    expect(await failure('127.0.0.1', registrar!.authorityPem)).to.equal('portal-untrusted');
    expect(
      await registerAtPortal({ url: 'http://127.0.0.1' }, { domain: TENANT }).catch(
        (error: { code: string }) => error.code,
      ),
    ).to.equal('bad-request');
  });

  it('is used from the command line: register, list, renew, revoke, expire', async () => {
    await start();
    const path = join(folder, 'admin', 'admin.sock');
    admin = await startAdminServer(path, {
      ...exampleBackend(),
      callApp: (_app, call, parameters: Json) => registrar!.call(call, parameters),
    });
    const run = (...args: string[]) => captured(['popsicl', ...args, '--admin', path]);
    const out = join(folder, 'keys');
    const registered = await run('register', TENANT, '--out', out, '--json');
    expect(registered.code, registered.stderr).to.equal(0);
    const { name, url, files, password } = JSON.parse(registered.stdout.toString());
    expect(url).to.contain(`https://${name}/?c=`);
    for (const file of await readdir(out))
      expect((await stat(join(out, file))).mode & 0o077, file).to.equal(0);
    const pfx = await readFile(files.pkcs12.modern);
    expect(() => createSecureContext({ pfx, passphrase: password })).to.not.throw();
    expect(() => createSecureContext({ pfx, passphrase: 'wrong' })).to.throw();
    expect(await readFile(files.authority, 'utf8')).to.equal(registrar!.authorityPem);

    const text = (await run('register', TENANT, '--out', out)).stdout.toString();
    expect(text)
      .to.match(/password {3}([a-z2-7]{5}-){3}/)
      .and.to.contain('curl --cacert');

    const linked = (await run('register', TENANT, '--out', out, '--linker')).stdout.toString();
    const code = /code {7}([a-z2-7-]{31}) /.exec(linked)![1]!;
    expect(linked).to.match(/linker {5}\S+-linker\.p12/);
    const second = await run('register', TENANT, '--out', out, '--linker', code, '--json');
    expect(JSON.parse(second.stdout.toString())).to.not.have.property('code');
    expect((await run('register', TENANT, '--out', out, '--linker', 'new')).stderr).to.contain(
      '[unknown-code]',
    );

    const listed = (await run('list')).stdout.toString();
    expect(listed).to.contain(name).and.to.not.contain(TENANT);
    expect((await run('list', '--unseal')).stdout.toString()).to.contain(TENANT);
    expect((await run('renew', name)).stdout.toString()).to.match(/^renewed until 20/);
    expect((await run('revoke', name.toUpperCase())).stdout.toString()).to.equal('revoked\n');
    expect((await run('revoke', name)).stderr).to.contain('[not-active]');
    expect((await run('renew', 'nobody')).code).to.equal(1);
    expect((await run('expire')).stdout.toString()).to.equal('0 expired\n');
    expect((await run('register', 'nobody.example', '--out', out)).stderr).to.contain('[declined]');
    expect((await run('register', TENANT, '--csr', join(folder, 'missing'))).code).to.equal(1);
    expect((await run('register', TENANT, '--form', 'other')).code).to.equal(2);
  });

  it('writes nothing when a request brings its own key, but the certificate', async () => {
    await start();
    const keys = (await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, [
      'sign',
      'verify',
    ])) as webcrypto.CryptoKeyPair;
    const csr = new CertificationRequest();
    csr.subject.typesAndValues.push(
      new AttributeTypeAndValue({ type: '2.5.4.3', value: new Utf8String({ value: 'x' }) }),
    );
    await csr.subjectPublicKeyInfo.importKey(keys.publicKey as never);
    await csr.sign(keys.privateKey as never, 'SHA-256');
    const pem = `-----BEGIN CERTIFICATE REQUEST-----\n${Buffer.from(csr.toSchema().toBER()).toString('base64')}\n-----END CERTIFICATE REQUEST-----\n`;
    const answer = await request('/registrations', { body: JSON.stringify({ domain: TENANT, csr: pem }) });
    expect(answer.status, answer.body).to.equal(201);
    const body = JSON.parse(answer.body);
    expect(body).to.have.keys(['name', 'url', 'expires', 'certificate', 'authority']);
    const own = createPrivateKey({
      key: Buffer.from(await crypto.subtle.exportKey('pkcs8', keys.privateKey)),
      format: 'der',
      type: 'pkcs8',
    });
    expect(new X509Certificate(body.certificate).checkPrivateKey(own)).to.equal(true);
  });

  it('tells nobody whose pseudonyms there are: neither log nor metrics nor errors', async () => {
    await start();
    const { name } = await registrar!.service.register({ domain: TENANT, source: '203.0.113.99' });
    await addressesOf(name, 'A');
    const { addresses } = registrar!.directory.entry(name)!;
    tenant.trouble = () => {
      throw Object.assign(new Error(`cannot reach ${TENANT} for ${name}`), { code: 'tenant-away' });
    };
    const errors: unknown[] = [];
    await registrar!.service
      .register({ domain: TENANT, source: '203.0.113.99' })
      .catch(error => errors.push(error));
    await registrar!.service.revoke(name);
    await registrar!.service.revoke(name).catch(error => errors.push(error));
    await registrar!.service
      .register({ domain: 'x', source: '203.0.113.99' })
      .catch(error => errors.push(error));
    expect(errors).to.have.length(3);
    const shown = [
      ...log,
      await metrics.text(),
      ...errors.map(error => `${(error as Error).message} ${(error as { mend: string }).mend}`),
    ].join('\n');
    expect(shown).to.contain('popsicl-withdrawal-pending').and.to.contain('cloakflow_popsicl_pseudonyms');
    for (const canary of [
      TENANT,
      name,
      name.split('.')[0]!,
      '203.0.113.99',
      '10.9.8.7',
      ...addresses.ipv4,
      ...addresses.ipv6,
    ]) {
      expect(shown).to.not.contain(canary);
    }
  });

  it('has the same authority, pseudonyms and answers after a restart', async () => {
    await start();
    const { name } = await registrar!.service.register({ domain: TENANT, source: 'x', form: 'stateless' });
    const before = await addressesOf(name, 'A');
    const root = registrar!.authorityPem;
    await registrar!.close();
    await start();
    expect(registrar!.authorityPem).to.equal(root);
    expect(await addressesOf(name, 'A')).to.deep.equal(before);
    expect(registrar!.directory.tenantOfName(name)?.domain).to.equal(TENANT);
  });

  it('is told when its zone lacks the linker', () => {
    const listen = { address: '127.0.0.1', port: 53 };
    const config = (records: object) => ({
      folder: '/x',
      linker: { listen },
      dns: { listen: [listen], records },
    });
    expect(registrarSchema.safeParse(config({})).error!.issues[0]!.path).to.deep.equal([
      'dns',
      'records',
      'linker',
    ]);
    expect(registrarSchema.safeParse(config({ linker: HERE })).success).to.equal(true);
  });

  it('is not started twice on one folder, and leaves no socket open when it cannot start', async () => {
    await start();
    const first = registrar!;
    const failure = await start().catch((error: { code: string }) => error);
    expect(failure).to.have.property('code', 'store-in-use');
    registrar = first;
    const { port } = first.dns!.listening[0]!;
    const taken = await start({
      folder: join(folder, 'other'),
      dns: { listen: [{ address: '127.0.0.1', port }], records: { linker: HERE } },
    }).catch((error: { code: string }) => error);
    expect(taken).to.have.property('code', 'dns-listen');
    registrar = first;
  });
});

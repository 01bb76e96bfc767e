import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { PseudonymFolder } from '../../../../apps/popsicl/tenant/web-server/pseudonym-folder.js';
import { until } from '../../../../mininet/driver/index.js';
import { freePort } from '../../../simulator/free-port.js';
import { hasNginx, NginxProcess, selfSigned } from './nginx-process.js';
import { CLOUD, type Kit, KitMaker, temporaryFolder, write } from './pseudonym-kit.js';
import { itRefusesEverybodyElse } from './refusals.js';
import { itNamesOneIssuer, sClient, type Visit, visit } from './tls-client.js';

const MODULE = fileURLToPath(
  new URL('../../../../../native/build/ngx_http_popsicl_module.so', import.meta.url),
);

describe('nginx with one block for every pseudonym', () => {
  let folder: string;
  let nginx: NginxProcess;
  /** Of another address, with the certificate and the cache of the ordinary server. */
  let elsewhere: number;
  let store: PseudonymFolder;
  let maker: KitMaker;
  let p: Kit;
  let q: Kit;

  before(async function () {
    if (!hasNginx() || !existsSync(MODULE)) this.skip();
    maker = await KitMaker.create();
    [p, q] = await Promise.all([maker.make('p1'), maker.make('q1')]);
    folder = temporaryFolder();
    store = new PseudonymFolder(join(folder, 'store'));
    const decoy = selfSigned(folder, 'decoy');
    const ordinary = selfSigned(folder, 'www.tenant.example');
    elsewhere = await freePort();
    nginx = await NginxProcess.start(
      port => `
        server {
          listen 127.0.0.1:${elsewhere} ssl;
          ssl_certificate ${ordinary.cert}; ssl_certificate_key ${ordinary.key};
          ssl_session_cache shared:ordinary:1m; ssl_session_tickets off;
          location / { return 200 "elsewhere"; }
        }
        server {
          listen 127.0.0.1:${port} ssl default_server; server_name www.tenant.example;
          ssl_certificate ${ordinary.cert}; ssl_certificate_key ${ordinary.key};
          ssl_session_cache shared:ordinary:1m; ssl_session_tickets on;
          location / { return 200 "ordinary"; }
        }
        server {
          listen 127.0.0.1:${port} ssl; server_name *.${CLOUD};
          ssl_certificate ${decoy.cert}; ssl_certificate_key ${decoy.key};
          popsicl_store ${folder}/store; popsicl_cache 10;
          location / { return 200 "pseudonym $popsicl_name"; }
        }`,
      { main: `load_module ${MODULE};`, folder },
    );
  });
  after(async () => {
    await nginx?.[Symbol.asyncDispose]();
    if (folder) await rm(folder, { recursive: true, force: true });
  });
  beforeEach(async () => {
    await store.put(p.material);
    await store.put(q.material);
  });

  const go = (what: Omit<Visit, 'port'>) => visit({ port: nginx.port, ...what });

  for (const version of ['TLSv1.3', 'TLSv1.2'] as const) {
    describe(`in ${version}`, () => {
      itRefusesEverybodyElse(version, () => ({
        ...{ port: nginx.port, store, maker, p, q, ordinary: ['www.tenant.example'] },
        withoutCertificate: { 'TLSv1.2': 'handshake failure', 'TLSv1.3': 'certificate required' },
        wrongCertificate: /^(unknown ca|unsupported certificate|bad certificate)$/,
      }));

      it('refuses certificates of others by the alert for an unknown authority', async () => {
        expect((await go({ name: p.name, client: q.client, version })).refusal).to.equal('unknown ca');
      });

      // And for a decoy one that looks the same.
      itNamesOneIssuer(version, () => ({ port: nginx.port, names: [`unknown.${CLOUD}`] }));

      it('resumes no session of another address that shares certificate and cache', async () => {
        const one = await visit({ port: elsewhere, name: 'www.tenant.example', version });
        expect(one.sessions).to.not.deep.equal([]);
        for (const session of one.sessions) {
          const again = await visit({ port: elsewhere, name: 'www.tenant.example', version, session });
          expect(again.resumed).to.equal(true);
          const outcome = await go({ name: p.name, version, session: again.sessions.at(-1) ?? session });
          expect(outcome).to.include({ resumed: false, status: undefined });
          expect(outcome.refusal).to.match(/^(certificate required|handshake failure)$/);
        }
      });

      it('offers no session', async () => {
        const visits = [
          await go({ name: p.name, client: p.client, version }),
          await go({ name: 'www.tenant.example' }),
        ];
        for (const { status, sessions } of visits) {
          expect(status).to.equal(200);
          if (version === 'TLSv1.3') expect(sessions).to.deep.equal([]);
        }
      });
    });
  }

  it('refuses a revoked pseudonym from the next handshake on, also when it was in memory', async () => {
    expect((await go({ name: p.name, client: p.client })).status).to.equal(200);
    await store.remove(p.name);
    expect((await go({ name: p.name, client: p.client })).refusal).to.equal('unknown ca');
  });

  it('serves renewed material from the next handshake on', async () => {
    const old = await go({ name: p.name, client: p.client });
    const renewed = await maker.make('p1');
    await store.put(renewed.material);
    const outcome = await go({ name: p.name, client: renewed.client });
    expect(outcome.status).to.equal(200);
    expect(outcome.certificate!.equals(old.certificate!)).to.equal(false);
    expect((await go({ name: p.name, client: p.client })).status).to.equal(undefined);
  });

  it('serves RSA and ECDSA pseudonyms beside a decoy of another kind', async () => {
    const rsa = await maker.make('rsa', 'rsa-2048');
    await store.put(rsa.material);
    expect((await go({ name: rsa.name, client: rsa.client })).status).to.equal(200);
    expect((await go({ name: rsa.name.toUpperCase(), client: rsa.client, host: rsa.name })).status).to.equal(
      200,
    );
  });

  it('does not renegotiate', async () => {
    const [crt, key] = [write(folder, 'c.crt', p.client.cert), write(folder, 'c.key', p.client.key)];
    const said = await sClient(nginx.port, p.name, ['-tls1_2', '-cert', crt, '-key', key], 'R\n');
    expect(said).to.match(/RENEGOTIATING(.|\n)*no renegotiation/);
  });

  it('closes the connections of a revoked pseudonym at their next request', async () => {
    const socket = connect({
      host: '127.0.0.1',
      port: nginx.port,
      servername: p.name,
      rejectUnauthorized: false,
      ...p.client,
    });
    const request = `GET / HTTP/1.1\r\nHost: ${p.name}\r\n\r\n`;
    socket.write(request);
    const [first] = await once(socket, 'data');
    expect(String(first)).to.match(/^HTTP\/1.1 200/);
    await store.remove(p.name);
    socket.write(request);
    let more = '';
    socket.on('data', chunk => {
      more += chunk;
    });
    await once(socket, 'close');
    expect(more).to.equal('');
  });

  it('answers 421 to requests for another host than the connection has proven', async () => {
    expect((await go({ name: p.name, client: p.client, host: q.name })).status).to.equal(421);
    expect((await go({ name: 'www.tenant.example', host: p.name })).status).to.equal(421);
    expect((await go({ name: 'www.tenant.example', host: `unknown.${CLOUD}` })).status).to.equal(421);
    expect((await go({ name: p.name, client: p.client, host: `${p.name}:${nginx.port}` })).status).to.equal(
      200,
    );
  });

  it('answers 421 where target and Host differ', async () => {
    const ask = (target: string, host: string) => {
      const files = [write(folder, 'h.crt', p.client.cert), write(folder, 'h.key', p.client.key)];
      const words = ['-quiet', '-cert', files[0]!, '-key', files[1]!];
      return sClient(
        nginx.port,
        p.name,
        words,
        `GET ${target} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`,
      );
    };
    expect(await ask(`https://${p.name}/`, q.name)).to.include('HTTP/1.1 421');
    expect(await ask(`https://${q.name}/`, p.name)).to.include('HTTP/1.1 421');
    expect(await ask(`https://${p.name}/`, `${p.name.toUpperCase()}.:443`)).to.include('HTTP/1.1 200');
  });

  it('keeps no more pseudonyms in memory than it may, and serves all', async () => {
    const labels = Array.from({ length: 25 }, (_, index) => `many${index}`);
    const kits = await Promise.all([...labels, 'l'.repeat(60)].map(label => maker.make(label)));
    for (const kit of kits) await store.put(kit.material);
    for (const kit of [...kits, ...kits.slice(0, 5)])
      expect((await go({ name: kit.name, client: kit.client })).status).to.equal(200);
  });

  it('gives broken files the decoy', async () => {
    for (const [label, content] of [
      ['empty', ''],
      ['noise', 'x'.repeat(100_000)],
      ['half', q.material.keyPem],
      ['swapped', q.material.keyPem + p.material.anchorPem + q.material.certificatePem],
      ['others', q.material.keyPem + q.material.anchorPem + q.material.certificatePem],
    ] as const) {
      await writeFile(join(folder, 'store', `${label}.${CLOUD}.pem`), content);
      expect((await go({ name: `${label}.${CLOUD}`, client: q.client })).refusal, label).to.equal(
        'unknown ca',
      );
    }
    await chmod(join(folder, 'store'), 0o750);
  });
});

describe('nginx whose configuration does without the module again', () => {
  let folder: string;
  let nginx: NginxProcess | undefined;

  before(function () {
    if (!hasNginx() || !existsSync(MODULE)) this.skip();
    folder = temporaryFolder();
  });
  after(async () => {
    await nginx?.[Symbol.asyncDispose]();
    if (folder) await rm(folder, { recursive: true, force: true });
  });

  it('goes on serving, after a reload that takes it out and one that fails with it', async () => {
    const decoy = selfSigned(folder, 'decoy');
    nginx = await NginxProcess.start(
      port => `server {
        listen 127.0.0.1:${port} ssl; ssl_certificate ${decoy.cert}; ssl_certificate_key ${decoy.key};
        location / { return 200 "plain"; }
      }`,
      { folder },
    );
    const { port } = nginx;
    const file = join(folder, 'nginx.conf');
    const plain = await readFile(file, 'utf8');
    const withModule = `load_module ${MODULE};\n${plain.replace('location', `popsicl_store ${folder}; location`)}`;
    const log = () => readFile(join(folder, 'error.log'), 'utf8');
    const reload = async (content: string, isDone: () => Promise<boolean>) => {
      await writeFile(file, content);
      process.kill(nginx!.pid, 'SIGHUP');
      await until('the reload', isDone);
    };
    const ended = async () => (await log()).match(/worker process \d+ exited/g)?.length ?? 0;
    const status = async () => (await visit({ port, name: 'decoy' })).status;

    await reload(withModule, async () => (await ended()) >= 1);
    expect(await status()).to.equal(undefined);
    await reload(plain, async () => (await ended()) >= 2);
    await reload(`${withModule}\nno_such_directive;`, async () =>
      (await log()).includes('no_such_directive'),
    );
    await reload(plain, async () => (await ended()) >= 3);
    for (let visits = 0; visits < 5; visits++) expect(await status()).to.equal(200);
    expect(await log()).to.not.include('exited on signal');
  });
});

import { mkdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { parseAgentConfig } from '../../../../apps/popsicl/tenant/agent/config.js';
import { startAgent } from '../../../../apps/popsicl/tenant/agent/start-agent.js';
import type { TenantError } from '../../../../apps/popsicl/tenant/tenant-error.js';
import { NginxBlocks } from '../../../../apps/popsicl/tenant/web-server/nginx-blocks.js';
import { until } from '../../../../mininet/driver/index.js';
import { hasNginx, NginxProcess, selfSigned } from './nginx-process.js';
import { CLOUD, type Kit, KitMaker, temporaryFolder, write } from './pseudonym-kit.js';
import { itNamesOneIssuer, type Visit, visit } from './tls-client.js';

const WITHOUT_CERTIFICATE = { 'TLSv1.2': 'handshake failure', 'TLSv1.3': 'certificate required' };

describe('nginx with a block for each pseudonym', () => {
  let folder: string;
  let nginx: NginxProcess;
  let blocks: NginxBlocks;
  let maker: KitMaker;
  let p: Kit;
  let q: Kit;
  let reloads = 0;

  before(async function () {
    if (!hasNginx()) this.skip();
    maker = await KitMaker.create();
    [p, q] = await Promise.all([maker.make('p1'), maker.make('q1')]);
    folder = temporaryFolder();
    mkdirSync(join(folder, 'blocks'));
    const ordinary = selfSigned(folder, 'www.tenant.example');
    nginx = await NginxProcess.start(
      port => {
        const site = `listen 127.0.0.1:${port} ssl; location / { return 200 "pseudonym $ssl_server_name"; }`;
        write(folder, 'site.conf', site);
        return `
        server {
          listen 127.0.0.1:${port} ssl default_server; server_name _;
          ssl_certificate ${ordinary.cert}; ssl_certificate_key ${ordinary.key};
          ssl_session_tickets off; ssl_session_cache off; ssl_reject_handshake on;
        }
        include ${folder}/blocks/*.conf;`;
      },
      { folder },
    );
    blocks = new NginxBlocks({
      folder: join(folder, 'blocks'),
      site: join(folder, 'site.conf'),
      host: '127.0.0.1',
      port: nginx.port,
      patience: 60_000,
      reload: async () => {
        reloads++;
        process.kill(nginx.pid, 'SIGHUP');
      },
    });
    await blocks.put(p.material);
    await blocks.put(q.material);
  });
  after(async () => {
    await nginx?.[Symbol.asyncDispose]();
    if (folder) await rm(folder, { recursive: true, force: true });
  });

  const go = (what: Omit<Visit, 'port'>) => visit({ port: nginx.port, ...what });

  for (const version of ['TLSv1.3', 'TLSv1.2'] as const) {
    describe(`in ${version}`, () => {
      it('answers the owner of a pseudonym and nobody else', async () => {
        for (const kit of [p, q])
          expect((await go({ name: kit.name, client: kit.client, version })).body).to.equal(
            `pseudonym ${kit.name}`,
          );
        const chain = { cert: q.client.cert + q.material.certificatePem, key: q.client.key };
        for (const client of [undefined, q.client, chain]) {
          const outcome = await go({ name: p.name, client, version });
          const refusal = client === undefined ? WITHOUT_CERTIFICATE[version] : 'closed';
          expect(outcome).to.include({ status: undefined, body: '', refusal });
        }
      });

      itNamesOneIssuer(version, () => ({ port: nginx.port, names: [p.name, q.name] }));

      it('resumes no session of another pseudonym', async () => {
        const { status, sessions } = await go({ name: q.name, client: q.client, version });
        expect(status).to.equal(200);
        for (const session of sessions) {
          const outcome = await go({ name: p.name, session, version });
          expect(outcome).to.include({ status: undefined, resumed: false });
        }
      });
    });
  }

  it('treats an unknown, a revoked and a foreign name alike', async () => {
    const [revoked, foreign] = await Promise.all([maker.make('revoked'), maker.make('foreign')]);
    await blocks.put(revoked.material);
    await blocks.remove(revoked.name);
    const outcomes = [];
    for (const name of [`unknown.${CLOUD}`, revoked.name, foreign.name])
      outcomes.push(await go({ name, client: revoked.client }));
    expect(outcomes[0]!.status).to.equal(undefined);
    expect(outcomes[1]).to.deep.equal(outcomes[0]);
    expect(outcomes[2]).to.deep.equal(outcomes[0]);
  });

  it('shares reloads among changes at once, and lists what it serves', async () => {
    const before = reloads;
    const kits = await Promise.all(Array.from({ length: 8 }, (_, index) => maker.make(`batch${index}`)));
    await Promise.all(kits.map(kit => blocks.put(kit.material)));
    expect(reloads - before).to.be.below(8);
    for (const kit of kits) expect((await go({ name: kit.name, client: kit.client })).status).to.equal(200);
    expect(await blocks.names()).to.include.members(kits.map(kit => kit.name));
    await Promise.all(kits.map(kit => blocks.remove(kit.name)));
    expect((await blocks.names()).sort()).to.deep.equal([p.name, q.name]);
  });

  it('loses no request while it reloads', async () => {
    let done = false;
    const visits: Promise<number | undefined>[] = [];
    const visitor = (async () => {
      while (!done) {
        const one = go({ name: p.name, client: p.client }).then(({ status }) => status);
        visits.push(one);
        await one;
      }
    })();
    const kit = await maker.make('meanwhile');
    await blocks.put(kit.material);
    await blocks.remove(kit.name);
    done = true;
    await visitor;
    expect(new Set(await Promise.all(visits))).to.deep.equal(new Set([200]));
  });

  it('serves no pseudonym whose files went while the agent was killed, once it is there again', async () => {
    const kit = await maker.make('killed');
    await blocks.put(kit.material);
    for (const suffix of ['.conf', '.pem', '.anchor.pem', '.key'])
      await rm(join(folder, 'blocks', kit.name + suffix));
    expect((await go({ name: kit.name, client: kit.client })).status).to.equal(200);
    const config = parseAgentConfig(`
controller: { host: 127.0.0.1, port: 1 }
credentials: { certificate: ${folder}/some.crt, key: ${folder}/some.key, authority: ${folder}/some.crt }
interface: lo
strategies: []
runFolder: ${folder}/run
webServer:
  kind: nginx-blocks
  folder: ${folder}/blocks
  site: ${folder}/site.conf
  reload: [sh, -c, 'kill -HUP ${nginx.pid}']
`);
    selfSigned(folder, 'some');
    const agent = await startAgent(config, () => {});
    try {
      await until(
        'the revocation',
        async () => (await go({ name: kit.name, client: kit.client })).status !== 200,
      );
    } finally {
      agent.stop();
    }
  });

  const deafBlocks = () =>
    new NginxBlocks({
      folder: join(folder, 'blocks'),
      site: join(folder, 'site.conf'),
      host: '127.0.0.1',
      port: nginx.port,
      patience: 100,
      reload: async () => {},
    });

  it('does not take a pseudonym for revoked because its files have gone, while nginx serves it', async () => {
    const kit = await maker.make('lingering');
    await blocks.put(kit.material);
    const deaf = deafBlocks();
    const again = () =>
      deaf.remove(kit.name).then(
        () => 'removed',
        (error: TenantError) => error.code,
      );
    expect([await again(), await again()]).to.deep.equal(['web-server-failed', 'web-server-failed']);
    expect((await go({ name: kit.name, client: kit.client })).status).to.equal(200);
    await blocks.remove(kit.name);
    expect((await go({ name: kit.name, client: kit.client })).status).to.equal(undefined);
  });

  it('takes back what nginx does not serve', async () => {
    const deaf = deafBlocks();
    const kit = await maker.make('unheard');
    let code = '';
    await deaf.put(kit.material).catch((error: TenantError) => {
      code = error.code;
    });
    expect(code).to.equal('web-server-failed');
    expect(await blocks.names()).not.to.include(kit.name);
  });
});

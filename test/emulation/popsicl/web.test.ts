import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { HandoffProgram } from '../../../apps/popsicl/tenant/kernel/handoff-program.js';
import { observe } from '../../../mininet/demo/eavesdropper.js';
import {
  bothFamilies,
  type CloudDefaults,
  domainOf,
  HANDS_OVER,
  LINKER,
  PORTAL,
} from '../../../mininet/demo/popsicl-cloud.js';
import { CLI } from '../../../mininet/demo/stage.js';
import { type RunningCommand, runCommand, until } from '../../../mininet/driver/index.js';
import { CloudAtWork } from './cloud-at-work.js';

/** What the portal's page gave to a person, in files. */
interface Given {
  name: string;
  url: string;
  own: string;
  linker: string | undefined;
  code: string | undefined;
}

const FORM = ['-H', 'sec-fetch-site: same-origin'];

describe('the web around pseudonyms, in Mininet', () => {
  let cloud: CloudAtWork;
  let agent: RunningCommand | undefined;
  let authority: string;
  let files = 0;

  before(async function () {
    if (!HANDS_OVER) this.skip();
    cloud = await CloudAtWork.start(['tenant-c', 'mallory'], { popsicl: withPrivatePortal });
    authority = join(cloud.folder, 'registry/ca/ca.pem');
    await startPortalAgent();
  });
  after(async () => {
    await agent?.stop();
    if (cloud !== undefined) await HandoffProgram.unmount(join(cloud.folder, 'portal/run'));
    await cloud?.[Symbol.asyncDispose]();
  });

  /** The portal as a tenant beside the others. */
  function withPrivatePortal({ tenants, tenantChannel, registration }: CloudDefaults): object {
    const folder = join(tenantChannel.control, '../portal');
    const decoy = join(folder, 'decoy');
    mkdirSync(folder, { recursive: true });
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
    const written = ['-keyout', `${decoy}.key`, '-out', `${decoy}.pem`];
    execFileSync('openssl', ['req', '-x509', ...key, '-subj', '/CN=server', ...written], { stdio: 'ignore' });
    return {
      tenants: [...tenants, { domain: PORTAL.name, ipv4: PORTAL.ipv4, ipv6: PORTAL.ipv6 }],
      registration: {
        ...registration,
        portal: {
          ...registration.portal,
          pseudonyms: {
            listen: bothFamilies(PORTAL),
            folder: join(folder, 'pseudonyms'),
            decoy: { certificate: `${decoy}.pem`, key: `${decoy}.key` },
          },
        },
      },
    };
  }

  /** On the host of the portal, enrolled by an invitation. */
  async function startPortalAgent(): Promise<void> {
    const folder = join(cloud.folder, 'portal');
    const config = join(folder, 'agent.yaml');
    const credential = (file: string) => join(folder, file);
    await writeFile(
      config,
      JSON.stringify({
        controller: { host: '10.0.0.53' },
        credentials: {
          certificate: credential('agent.pem'),
          key: credential('agent.key'),
          authority: credential('authority.pem'),
        },
        interface: 'eth0',
        runFolder: join(folder, 'run'),
        strategies: ['cookie'],
        webServer: { kind: 'folder', folder: join(folder, 'pseudonyms') },
      }),
    );
    const invited = await cloud.cli('store', ['popsicl', 'invite', PORTAL.name, '--admin', cloud.admin]);
    expect(invited.stderr).to.equal('');
    await runPortalAgent(['--enrol', invited.stdout.trim()]);
  }

  async function runPortalAgent(more: readonly string[] = []): Promise<void> {
    const config = join(cloud.folder, 'portal/agent.yaml');
    const words = ['tenant', 'agent', '--config', config, ...more];
    agent = await cloud.network.host('store').spawn([process.execPath, CLI, ...words]);
    await agent.printed(/^ready/m, 60_000);
    const connected = () => agent!.stderr.includes('tenant-agent-connected');
    await until('the portal’s agent', connected, { timeout: 60_000 });
  }

  async function curl(words: readonly string[], client = 'alice'): Promise<string> {
    const { stdout, stderr, exitCode } = await cloud.network
      .host(client)
      .run(['curl', '-sS', '-m', '60', '--cacert', authority, ...words], { timeout: 60_000 });
    expect(exitCode, stderr).to.equal(0);
    return stdout;
  }

  /** Fills in the form at `place`, and keeps what comes, as a person would. */
  async function register(
    domain: string,
    linker: string,
    place = `https://${PORTAL.name}/`,
    as: string[] = [],
  ) {
    const choice = linker.includes('-') ? ['linker=code', `code=${linker}`] : [`linker=${linker}`];
    const fields = [`domain=${domain}`, ...choice].flatMap(field => ['--data-urlencode', field]);
    const page = await curl([...as, ...FORM, ...fields, place]);
    const text = (id: string) => new RegExp(`id="${id}"[^>]*>([^<]*)<`).exec(page)?.[1];
    const keep = async (id: string) => {
      const [, base64] = new RegExp(`id="${id}" href="data:[^,]*,([^"]*)"`).exec(page) ?? [];
      if (base64 === undefined) return undefined;
      const file = join(cloud.folder, `given-${++files}.p12`);
      await writeFile(file, Buffer.from(base64, 'base64'));
      return `${file}:${text('password')}`;
    };
    const given: Given = {
      name: text('name') ?? '',
      url: text('bookmark') ?? '',
      own: (await keep('p12')) ?? '',
      linker: await keep('linker-p12'),
      code: text('linker-code'),
    };
    expect(given.name, page.slice(0, 3000)).to.match(/^[a-z2-7]{26}\./);
    return given;
  }

  const by = (identity: string) => ['--cert-type', 'P12', '--cert', identity];
  /** Where the linker sends the owner of a certificate. */
  async function linked(person: Given, to: string, from?: Given): Promise<string> {
    const url = new URL(`https://${LINKER.name}/`);
    url.searchParams.set('to', to);
    if (from !== undefined) {
      url.searchParams.set('from', from.name);
      url.searchParams.set('c', new URL(from.url).searchParams.get('c')!);
    }
    return curl([...by(person.linker!), '-o', '/dev/null', '-w', '%{redirect_url}', url.href]);
  }

  it('the portal is reached by a pseudonym for it: who watches sees neither its name nor what is registered', async () => {
    const first = await register(PORTAL.name, 'new');
    await using capture = await cloud.network.link('isp', 'border').capture();
    const page = await curl([...by(first.own), first.url]);
    expect(page).to.contain('id="private"');
    const second = await register(domainOf('tenant-c'), first.code!, first.url, by(first.own));
    expect(await curl([...by(second.own), second.url])).to.equal(cloud.tenant('tenant-c').page);
    const seen = await observe((await capture.stop()).file);
    expect([...seen.serverNames].sort()).to.deep.equal([first.name, second.name].sort());
    for (const secret of [PORTAL.name, domainOf('tenant-c')])
      expect(seen.bytes.includes(secret)).to.equal(false);
    const [pkcs12, password] = first.own.split(':') as [string, string];
    const passwordFile = join(cloud.folder, 'password');
    await writeFile(passwordFile, `${password}\n`);
    const trust = ['--ca', authority, '--pkcs12', pkcs12, '--password-file', passwordFile];
    const words = [
      'register',
      domainOf('tenant-c'),
      '--portal',
      first.url,
      ...trust,
      '--out',
      cloud.folder,
      '--json',
    ];
    const third = await cloud.cli('alice', ['popsicl', ...words]);
    expect(third.stderr).to.equal('');
    expect(JSON.parse(third.stdout).name).to.match(/^[a-z2-7]{26}\./);
    // Without the capability there is nothing, not even for its owner.
    const bare = ['-o', '/dev/null', '-w', '%{http_code}', `https://${first.name}/`];
    expect(await curl([...by(first.own), ...bare])).to.equal('404');
  });

  it('a tenant that lost its files has them again when its agent starts, and those that were revoked are gone', async () => {
    const [kept, revoked] = [await register(PORTAL.name, 'none'), await register(PORTAL.name, 'none')];
    await agent!.stop();
    await rm(join(cloud.folder, 'portal/pseudonyms'), { recursive: true });
    const answer = await cloud.cli('store', ['popsicl', 'revoke', revoked.name, '--admin', cloud.admin]);
    expect(answer.stdout).to.match(/^revoked/);
    await runPortalAgent();
    const folder = join(cloud.folder, 'portal/pseudonyms');
    const files = async () => (await readdir(folder).catch(() => [])).join(' ');
    await until('the files', async () => (await files()).includes(`${kept.name}.pem`), { timeout: 60_000 });
    expect(await files()).to.not.contain(revoked.name);
    expect(await curl([...by(kept.own), kept.url])).to.contain('id="private"');
  });

  it('a link leads through the linker to her own pseudonym, and an outside page’s to the plain name', async () => {
    const c = await register(domainOf('tenant-c'), 'new');
    const evil = await register(domainOf('mallory'), c.code!);
    const plain = `https://${domainOf('tenant-c')}/some/page?x=1`;
    const own = await linked(c, plain, c);
    expect(new URL(own).host).to.equal(c.name);
    expect(await curl([...by(c.own), own])).to.equal(cloud.tenant('tenant-c').page);
    expect(await linked(c, plain)).to.equal(plain);
    expect(await linked(c, plain, evil)).to.equal(plain);
    const other = await register(domainOf('tenant-c'), 'new');
    expect(await linked(other, plain, c)).to.equal(plain);
  });

  it('asks browsers for certificates by the name they come for: the linker for its own alone, the portal for none', async () => {
    const authorities = async (name: string) => {
      const { stdout } = await cloud.network
        .host('alice')
        .run(['openssl', 's_client', '-connect', `${name}:443`, '-servername', name], { timeout: 60_000 });
      const [, list] =
        /Acceptable client certificate CA names\n([\s\S]*?)\n(?:Requested|Shared|Peer)/.exec(stdout) ?? [];
      return list;
    };
    expect(await authorities(LINKER.name)).to.equal(`CN = ${LINKER.name}`);
    expect(await authorities(PORTAL.name)).to.equal(undefined);
    const { name } = await register(domainOf('tenant-c'), 'none');
    expect(await authorities(name)).to.equal(`CN = ${name}`);
  });

  it('both forms of the files are read by OpenSSL with the one password', async () => {
    const { own, linker } = await register(domainOf('tenant-c'), 'new');
    for (const identity of [own, linker!]) {
      const [file, password] = identity.split(':') as [string, string];
      const { stdout } = await runCommand(
        ['openssl', 'pkcs12', '-in', file, '-nokeys', '-passin', `pass:${password}`],
        { check: true },
      );
      expect(stdout).to.contain('BEGIN CERTIFICATE');
    }
  });
});

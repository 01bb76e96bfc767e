import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand, until } from '../../driver/index.js';
import { type BrowserJob, BrowserPages, CHROMIUM, startPageServer } from '../../traffic/browser-pages.js';
import type { PageContent } from '../../traffic/page-content.js';
import { ExperimentError } from '../experiment-error.js';
import { CLOUD_NEEDS } from './accesses.js';
import { Cloud } from './cloud.js';
import { CLOUD_DOMAIN } from './cloud-plan.js';
import type { Target } from './curl.js';
import { RELAYS, SOCKS_PORT, TorNetwork } from './tor-network.js';

const PORTS = { plain: 8001, guarded: 8002, defended: 8003, laddered: 8004 };
const TENANT = 'tenant';
const PATIENCE = 60_000;
const TOR_PATIENCE = 240_000;
const POLICIES = '/etc/chromium/policies/managed';

/**
 * `https`: the site itself. `pseudonym`: by a pseudonym. `defence`: by another, with the traffic-analysis defence. `ladder`:
 * by a third, with its decoys too. `tor`: the site as an onion service of a private Tor network.
 */
const BROWSER_ACCESSES = ['https', 'pseudonym', 'defence', 'ladder', 'tor'] as const;
export type BrowserAccess = (typeof BROWSER_ACCESSES)[number];

export const BROWSER_NEEDS = {
  ...CLOUD_NEEDS,
  tools: {
    ...CLOUD_NEEDS.tools,
    [CHROMIUM]: 'chromium',
    certutil: 'libnss3-tools',
    pk12util: 'libnss3-tools',
  },
  node: ['playwright-core'],
} as const;

export interface BrowserCloudOptions {
  /** Half the round trip between the client and the cloud, and of Tor's relays. */
  delay: string;
  /** With a private Tor network, by which the site is reached too. */
  tor?: boolean;
  /** Factor between the sizes that pages have with decoys. */
  ladder?: number;
  scratch: string;
  signal: AbortSignal;
}

/** A tenant whose site is pages of objects, and Chromium at a client who has three pseudonyms for it. */
export class BrowserCloud {
  readonly cloud: Cloud;
  readonly targets: Readonly<Record<Exclude<BrowserAccess, 'tor'>, Target>>;
  private onion: { name: string; tor: TorNetwork } | undefined;
  private readonly pages: Readonly<Record<string, PageContent>>;
  private readonly browser: BrowserPages;

  private constructor(
    cloud: Cloud,
    targets: BrowserCloud['targets'],
    pages: BrowserCloud['pages'],
    browser: BrowserPages,
  ) {
    this.cloud = cloud;
    this.targets = targets;
    this.pages = pages;
    this.browser = browser;
  }

  static async start(
    pages: Readonly<Record<string, PageContent>>,
    { delay, tor = false, ladder = 1.5, scratch, signal }: BrowserCloudOptions,
  ): Promise<BrowserCloud> {
    const plan = { clients: tor ? 1 + RELAYS : 1, delay, tenants: [{ name: TENANT }] };
    const cloud = await Cloud.start(plan, scratch, signal);
    let site: BrowserCloud | undefined;
    try {
      const targets = {
        https: cloud.site(TENANT),
        pseudonym: await cloud.pseudonym(TENANT),
        defence: await cloud.pseudonym(TENANT),
        ladder: await cloud.pseudonym(TENANT),
      };
      await serve(cloud, targets, pages, ladder);
      const home = join(scratch, 'home');
      await prepareUser(cloud, targets, home);
      const addresses = Object.fromEntries(
        Object.values(targets).map(({ name, address }) => [name, address]),
      );
      const browser = await BrowserPages.start(cloud.client(), { program: CHROMIUM, addresses, home });
      site = new BrowserCloud(cloud, targets, pages, browser);
      if (tor) await site.startTor(scratch, signal);
      return site;
    } catch (error) {
      await (site ?? cloud).close();
      throw error;
    }
  }

  /** Loads a page, `parallel` times at once. @throws ExperimentError `measurement-failed` */
  async visit(access: BrowserAccess, page: string, parallel = 1) {
    const reports = await this.browser.visit(Array.from({ length: parallel }, () => this.job(access, page)));
    const failed = reports.find(({ status }) => status !== 200);
    if (failed !== undefined)
      throw new ExperimentError(
        'measurement-failed',
        `${access}: ${failed.error ?? `status ${failed.status}`}`,
      );
    return reports;
  }

  async close(): Promise<void> {
    await this.browser[Symbol.asyncDispose]();
    await this.onion?.tor.close();
    await this.cloud.close();
  }

  private job(access: BrowserAccess, page: string): BrowserJob {
    const images = Object.keys(this.pages[page]!.objects).filter(file => file.endsWith('.png')).length;
    const load = { images, stay: access === 'ladder', patience: PATIENCE };
    if (access === 'tor') return { ...load, url: `https://${this.onion!.name}/${page}/`, socks: SOCKS_PORT };
    const { name, capability } = this.targets[access];
    return { ...load, url: `https://${name}/${page}/${capability === undefined ? '' : `?c=${capability}`}` };
  }

  /** Resolves when a page came by the onion service, so that circuits are there. */
  private async startTor(scratch: string, signal: AbortSignal): Promise<void> {
    const { tor, onion } = await TorNetwork.beside(this.cloud, TENANT, scratch, signal);
    this.onion = { name: onion, tor };
    const [page] = Object.keys(this.pages);
    const first = async () => {
      tor.check();
      return this.visit('tor', page!).catch(() => signal.throwIfAborted());
    };
    await until('a page by the onion service', first, { timeout: TOR_PATIENCE, interval: 500, signal });
  }
}

/** The application, and nginx in front of it. */
async function serve(
  cloud: Cloud,
  targets: BrowserCloud['targets'],
  pages: Readonly<Record<string, PageContent>>,
  factor: number,
): Promise<void> {
  const tenant = cloud.tenant(TENANT);
  const { pseudonym, defence, ladder } = targets;
  const capabilities = Object.fromEntries(
    [pseudonym, defence, ladder].map(({ name, capability }) => [name, capability!]),
  );
  await startPageServer(tenant.host, {
    ...{ domain: CLOUD_DOMAIN, capabilities, ports: PORTS, pages, ladder: factor },
  });
  const proxy = (port: number | string) =>
    `location / { proxy_pass http://127.0.0.1:${port}; proxy_http_version 1.1; proxy_set_header Connection "";
      proxy_set_header Host $host; }`;
  await tenant.serveWith(
    `map $host $application { default ${PORTS.guarded}; ${defence.name} ${PORTS.defended};
    ${ladder.name} ${PORTS.laddered}; }
  server { ${tenant.listen} server_name *.${CLOUD_DOMAIN}; popsicl_store ${tenant.pseudonyms};
    ssl_certificate ${tenant.site.certificate}; ssl_certificate_key ${tenant.site.key}; ${proxy('$application')} }`,
    proxy(PORTS.plain),
  );
}

/** The client's certificates in the database that Chromium looks into, and the choice between them without a dialogue. */
async function prepareUser(cloud: Cloud, targets: BrowserCloud['targets'], home: string): Promise<void> {
  const database = join(home, '.pki/nssdb');
  await mkdir(database, { recursive: true });
  const run = (argv: readonly string[]) => runCommand(argv, { check: true });
  await run(['certutil', '-d', `sql:${database}`, '-N', '--empty-password']);
  for (const { name, client, authority } of [targets.pseudonym, targets.defence, targets.ladder]) {
    const file = join(home, `${name}.p12`);
    const own = ['-inkey', client!.key, '-in', client!.certificate, '-name', name];
    await run(['openssl', 'pkcs12', '-export', ...own, '-out', file, '-passout', 'pass:p']);
    await run(['pk12util', '-d', `sql:${database}`, '-i', file, '-W', 'p', '-K', '']);
    await run(['certutil', '-d', `sql:${database}`, '-A', '-t', 'C,,', '-n', `ca ${name}`, '-i', authority]);
  }
  // In the client's own view of the file system.
  const policy = {
    AutoSelectCertificateForUrls: [JSON.stringify({ pattern: `https://[*.]${CLOUD_DOMAIN}`, filter: {} })],
  };
  const folder = join(home, 'chromium');
  await run(['cp', '-a', '/etc/chromium', folder]);
  await mkdir(join(folder, 'policies/managed'), { recursive: true });
  await writeFile(join(folder, 'policies/managed/experiment.json'), JSON.stringify(policy));
  const mount = ['sh', '-ec', 'mount --bind "$0" /etc/chromium && ls "$1"', folder, POLICIES];
  await cloud.client().run(mount, { check: true });
}

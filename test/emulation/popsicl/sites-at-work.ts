import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cloudAddressesOf, domainOf, publicAddressOf } from '../../../mininet/demo/popsicl-cloud.js';
import type { RunningCommand } from '../../../mininet/driver/index.js';
import type { BrowserKind, BrowserUser } from './browser-user.js';
import { type Client, CloudAtWork } from './cloud-at-work.js';

/** Who has many pages, another tenant to which these link, and one whom nobody trusts. */
export const SITE = 'tenant-c';
export const OTHER = 'tenant-a';
export const OUTSIDE = 'mallory';
const HOSTS = [SITE, OTHER, OUTSIDE] as const;
const program = (name: string) => fileURLToPath(new URL(`./${name}.js`, import.meta.url));

/** A cloud with a site for people with browsers, and with one that wants to know what they do. */
export class SitesAtWork implements AsyncDisposable {
  readonly cloud: CloudAtWork;
  private site?: RunningCommand;

  private constructor(cloud: CloudAtWork) {
    this.cloud = cloud;
  }

  static async start(): Promise<SitesAtWork> {
    const sites = new SitesAtWork(await CloudAtWork.start(HOSTS));
    try {
      await sites.cloud.tenant(SITE).stopServer();
      await sites.serve('open');
      await sites.cloud.tenant(OUTSIDE).stopServer();
      const words = [program('outsider-program'), sites.folderOf(OUTSIDE), publicAddressOf(OUTSIDE)];
      const outsider = await sites.cloud.network.host(OUTSIDE).spawn([process.execPath, ...words]);
      await outsider.printed(/^ready$/m, 60_000);
    } catch (error) {
      await sites[Symbol.asyncDispose]();
      throw error;
    }
    return sites;
  }

  /** Starts the site's server, again if it runs: without the traffic-analysis defence, or with it. */
  async serve(defence: 'open' | 'defended'): Promise<void> {
    await this.site?.stop();
    const { ipv4, ipv6 } = cloudAddressesOf(SITE);
    const words = [
      program('web-site-program'),
      this.folderOf(SITE),
      publicAddressOf(SITE),
      defence,
      ipv4,
      ipv6,
    ];
    this.site = await this.cloud.network.host(SITE).spawn([process.execPath, ...words]);
    await this.site.printed(/^ready$/m, 60_000);
  }

  /** Someone at a host who can open every site by its own name. */
  visitor(kind: BrowserKind, host: Client): Promise<BrowserUser> {
    const { cloud } = this;
    return kind.start(cloud.network.host(host), join(cloud.folder, `${host}-home`), {
      names: Object.fromEntries(HOSTS.map(tenant => [domainOf(tenant), publicAddressOf(tenant)])),
      authorities: [
        join(cloud.folder, 'registry/ca/ca.pem'),
        ...HOSTS.map(tenant => cloud.tenant(tenant).authority),
      ],
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.cloud[Symbol.asyncDispose]();
  }

  private folderOf(tenant: (typeof HOSTS)[number]): string {
    return dirname(this.cloud.tenant(tenant).pseudonyms);
  }
}

import { readFileSync } from 'node:fs';
import { mkdir, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { HandoffProgram } from '../../../apps/popsicl/tenant/kernel/handoff-program.js';
import { CLI } from '../../demo/stage.js';
import { type EmulatedHost, type RunningCommand, until } from '../../driver/index.js';
import { selfSigned } from '../certificate.js';
import { ExperimentError } from '../experiment-error.js';
import { CLOUD_DOMAIN, domainOf, STORE, type TenantPlan, tenantAddresses } from './cloud-plan.js';

const NATIVE = fileURLToPath(new URL('../../../../native/build/', import.meta.url));
/** Milliseconds; tens of thousands of server blocks take their time: minutes on a busy machine. */
const PATIENCE = 1_200_000;
/** Where the same site wants a client's certificate, without any pseudonym. */
export const CLIENT_CERTIFICATE_PORT = 8443;

/** A certificate with its key, as files. */
export interface Credential {
  certificate: string;
  key: string;
}

/**
 * A tenant's nginx with the module for pseudonyms, and its agent. Its own site is on its public address, on port 8443 for
 * clients with a certificate. No session is resumed anywhere: every access pays for a handshake.
 */
export class WebTenant {
  readonly name: string;
  readonly addresses: ReturnType<typeof tenantAddresses>;
  readonly host: EmulatedHost;
  private readonly folder: string;
  private readonly repairs: boolean;
  private server: RunningCommand | undefined;
  private agent: RunningCommand | undefined;
  /** Of the site, self-signed. */
  site!: Credential;
  /** That the site takes from clients. */
  client!: Credential;

  private constructor(host: EmulatedHost, place: number, cloud: string, repairs: boolean) {
    this.name = host.name;
    this.addresses = tenantAddresses(place);
    this.host = host;
    this.folder = join(cloud, host.name);
    this.repairs = repairs;
  }

  /** `cloud`: folder of the controller. */
  static async start(host: EmulatedHost, plan: TenantPlan, place: number, cloud: string): Promise<WebTenant> {
    const repairs = Object.values(plan.strategy ?? {}).includes('repair');
    const tenant = new WebTenant(host, place, cloud, repairs);
    await mkdir(tenant.pseudonyms, { recursive: true });
    await mkdir(tenant.root);
    tenant.site = await selfSigned(tenant.folder, domainOf(plan.name));
    tenant.client = await selfSigned(tenant.folder, 'client.example');
    await writeFile(join(tenant.folder, 'nginx.conf'), tenant.nginxConfiguration());
    await writeFile(join(tenant.folder, 'agent.yaml'), JSON.stringify(tenant.agentConfiguration()));
    try {
      await tenant.startServer();
      await tenant.startAgent();
    } catch (error) {
      await tenant.stop();
      throw error;
    }
    return tenant;
  }

  get root(): string {
    return join(this.folder, 'www');
  }

  /** Where the agent keeps what the server needs for pseudonyms. */
  get pseudonyms(): string {
    return join(this.folder, 'pseudonyms');
  }

  /** Bytes of nginx, master and workers, shared pages counted once. */
  memory(): number {
    const { pid } = this.server!;
    const workers = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
      .trim()
      .split(' ')
      .filter(Boolean);
    const sizes = [String(pid), ...workers].map(one =>
      Number(/^Pss:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${one}/smaps_rollup`, 'utf8'))![1]),
    );
    return sizes.reduce((sum, one) => sum + one, 0) * 1024;
  }

  /** Starts nginx again with other lines in the place of the server of pseudonyms, and more for its own site. Returns milliseconds until it listens. */
  async serveWith(pseudonyms: string, site = ''): Promise<number> {
    await this.server?.stop('SIGTERM', 60_000);
    await writeFile(join(this.folder, 'nginx.conf'), this.nginxConfiguration(pseudonyms, site));
    const began = performance.now();
    await this.startServer();
    return performance.now() - began;
  }

  /** Where a server of pseudonyms listens. */
  get listen(): string {
    const { inner4, inner6 } = this.addresses;
    const handoff = this.repairs ? ` listen unix:${this.handoffSocket} ssl backlog=4096;` : '';
    return `${listenOn(inner4)} ${listenOn(`[${inner6}]`)}${handoff}`;
  }

  /** An object of so many bytes, named by them. Returns its path in a URL. */
  async object(bytes: number): Promise<string> {
    const file = join(this.root, String(bytes));
    await writeFile(file, '');
    await truncate(file, bytes);
    return `/${bytes}`;
  }

  async stop(): Promise<void> {
    await this.agent?.stop();
    await this.server?.stop();
    await HandoffProgram.unmount(this.runFolder);
  }

  private get runFolder(): string {
    return join(this.folder, 'run');
  }

  private get handoffSocket(): string {
    return join(this.folder, 'handoff.sock');
  }

  private async startServer(): Promise<void> {
    const { folder, repairs, host } = this;
    const env = repairs
      ? {
          LD_PRELOAD: join(NATIVE, 'accept-shim.so'),
          CLOAKFLOW_HANDOFF_SOCKET: this.handoffSocket,
          CLOAKFLOW_HANDOFF_USER: '0',
        }
      : {};
    const words = ['nginx', '-p', folder, '-c', join(folder, 'nginx.conf'), '-e', join(folder, 'error.log')];
    const server = await host.spawn(words, { env });
    this.server = server;
    await until(
      `the web server of ${this.name}`,
      async () => {
        if (server.exit !== undefined)
          throw new ExperimentError('measurement-failed', `nginx of ${this.name} ended: ${server.stderr}`);
        return (await host.run(['ss', '-tlnH'])).stdout.includes(':443 ');
      },
      { timeout: PATIENCE, interval: 50 },
    );
  }

  private async startAgent(): Promise<void> {
    const words = [process.execPath, CLI, 'tenant', 'agent', '--config', join(this.folder, 'agent.yaml')];
    const agent = await this.host.spawn(words);
    this.agent = agent;
    await agent.printed(/^ready/m, PATIENCE);
    await until('the agent to connect', () => agent.stderr.includes('tenant-agent-connected'), {
      timeout: PATIENCE,
    });
  }

  /** The same at another block. */
  get listenAgain(): string {
    return this.listen.replaceAll(' backlog=4096', '');
  }

  private get ownCertificate(): string {
    return `ssl_certificate ${this.site.certificate}; ssl_certificate_key ${this.site.key};`;
  }

  /** One server for all pseudonyms of the folder. */
  private get pseudonymServer(): string {
    return `server { ${this.listen} server_name *.${CLOUD_DOMAIN}; root ${this.root}; ${this.ownCertificate}
    popsicl_store ${this.pseudonyms}; }`;
  }

  private nginxConfiguration(pseudonyms = this.pseudonymServer, site = ''): string {
    const { folder, root, repairs, ownCertificate } = this;
    const { ipv4, ipv6 } = this.addresses;
    return `load_module ${join(NATIVE, 'ngx_http_popsicl_module.so')};
daemon off; user root; worker_processes 1; pid ${folder}/nginx.pid; worker_rlimit_nofile 65536;
${repairs ? 'env CLOAKFLOW_HANDOFF_SOCKET; env CLOAKFLOW_HANDOFF_USER;' : ''}
events { worker_connections 16384; }
http {
  access_log off; default_type application/octet-stream; sendfile on; tcp_nopush on;
  server_names_hash_max_size 524288; server_names_hash_bucket_size 128;
  ssl_session_cache off; ssl_session_tickets off;
  server { ${listenOn(ipv4)} ${listenOn(`[${ipv6}]`)} server_name ${domainOf(this.name)}; root ${root};
    ${ownCertificate} ${site} }
  server { ${listenOn(ipv4, CLIENT_CERTIFICATE_PORT)} server_name ${domainOf(this.name)}; root ${root};
    ${ownCertificate} ssl_verify_client on; ssl_client_certificate ${this.client.certificate}; }
  ${pseudonyms}
}\n`;
  }

  private agentConfiguration(): object {
    const { folder, repairs } = this;
    const credential = (file: string) => join(folder, 'credentials', file);
    return {
      controller: { host: STORE.inner4 },
      credentials: {
        certificate: credential('agent.pem'),
        key: credential('agent.key'),
        authority: credential('authority.pem'),
      },
      interface: 'eth0',
      runFolder: this.runFolder,
      strategies: [repairs ? 'repair' : 'cookie'],
      ...(repairs ? { handoffSocket: this.handoffSocket } : {}),
      webServer: { kind: 'folder', folder: this.pseudonyms },
    };
  }
}

const listenOn = (address: string, port = 443) => `listen ${address}:${port} ssl backlog=4096;`;

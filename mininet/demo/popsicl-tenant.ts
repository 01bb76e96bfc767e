import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { HandoffProgram } from '../../apps/popsicl/tenant/kernel/handoff-program.js';
import {
  type EmulatedHost,
  type EmulatedNetwork,
  type RunningCommand,
  runCommand,
  until,
} from '../driver/index.js';
import {
  CLOUD_DOMAIN,
  cloudAddressesOf,
  domainOf,
  publicAddressOf,
  type TenantHost,
} from './popsicl-cloud.js';
import { CLI } from './stage.js';

const NGINX_MODULE = fileURLToPath(
  new URL('../../../native/build/ngx_http_popsicl_module.so', import.meta.url),
);
const ACCEPT_SHIM = fileURLToPath(new URL('../../../native/build/accept-shim.so', import.meta.url));
const NODE_PROGRAM = fileURLToPath(new URL('./popsicl-node-tenant.js', import.meta.url));

/** Whether this machine could build the module of the form `nginx`. */
export const HAS_NGINX_MODULE = existsSync(NGINX_MODULE);

/** Whether this machine could build what nginx needs to take restored connections. */
export const HAS_ACCEPT_SHIM = existsSync(ACCEPT_SHIM);

/** A web server of a tenant: nginx with one block for all pseudonyms or one for each (5.3), or Node. */
export type TenantForm = 'nginx' | 'nginx-blocks' | 'node';

/**
 * A tenant at work: its own site on its public address, pseudonyms on the addresses in the cloud, and the agent. All of its
 * files are in the folder with its name below the controller's.
 */
export class CloudTenant {
  readonly name: TenantHost;
  readonly form: TenantForm;
  private readonly host: EmulatedHost;
  private readonly folder: string;
  private readonly restores: boolean;
  private server: RunningCommand | undefined;
  private agent: RunningCommand | undefined;

  private constructor(host: EmulatedHost, cloud: string, form: TenantForm, restores: boolean) {
    this.name = host.name as TenantHost;
    this.form = form;
    this.host = host;
    this.folder = join(cloud, host.name);
    this.restores = restores;
  }

  /**
   * `cloud`: folder of the controller. `restores`: nginx also takes connections that the agent restores. Resolves when the controller
   * has the agent.
   */
  static async start(
    network: EmulatedNetwork,
    name: TenantHost,
    cloud: string,
    form: TenantForm,
    restores = false,
  ): Promise<CloudTenant> {
    const tenant = new CloudTenant(network.host(name), cloud, form, restores);
    await mkdir(tenant.pseudonyms, { recursive: true });
    await mkdir(tenant.root);
    await writeFile(join(tenant.root, 'index.html'), tenant.page);
    await tenant.makeCertificate('authority', `authority.${domainOf(name)}`);
    await tenant.makeCertificate('site', domainOf(name), 'authority');
    await tenant.makeCertificate('decoy', 'server');
    await tenant.startServer();
    await tenant.startAgent();
    return tenant;
  }

  /** What its site says, by pseudonym too. */
  get page(): string {
    return `Welcome to ${domainOf(this.name)}.\n`;
  }

  /** The certificate of the tenant's own site. */
  get certificate(): string {
    return join(this.folder, 'site.pem');
  }

  /** Who vouches for the tenant's own site. */
  get authority(): string {
    return join(this.folder, 'authority.pem');
  }

  /** Where the agent puts keys and certificates of pseudonyms. */
  get pseudonyms(): string {
    return join(this.folder, 'pseudonyms');
  }

  /** What the agent has printed since it was last started. */
  get agentOutput(): string {
    return this.agent === undefined ? '' : this.agent.stdout + this.agent.stderr;
  }

  /** What the web server has printed and logged since it was last started. */
  async serverOutput(): Promise<string> {
    const log = this.form === 'node' ? '' : await readFile(join(this.folder, 'error.log'), 'utf8');
    return this.server === undefined ? log : log + this.server.stdout + this.server.stderr;
  }

  /** Certificate, private key and trust anchor of a pseudonym, as PEM, in the order of the form's files. */
  async materialOf(name: string): Promise<string> {
    const suffixes = this.form === 'nginx-blocks' ? ['.key', '.anchor.pem', '.pem'] : ['.pem'];
    const files = suffixes.map(suffix => readFile(join(this.pseudonyms, name + suffix), 'utf8'));
    return (await Promise.all(files)).join('');
  }

  async startAgent(): Promise<void> {
    const config = join(this.folder, 'agent.yaml');
    await writeFile(config, JSON.stringify(this.agentConfiguration()));
    const agent = await this.host.spawn([process.execPath, CLI, 'tenant', 'agent', '--config', config]);
    this.agent = agent;
    await agent.printed(/^ready/m, 30_000);
    await until('the agent to connect', () => agent.stderr.includes('tenant-agent-connected'), {
      timeout: 30_000,
    });
  }

  async stopAgent(signal?: NodeJS.Signals): Promise<void> {
    await this.agent?.stop(signal);
  }

  async stopServer(): Promise<void> {
    await this.server?.stop();
  }

  /** Ends the agent and the server with its workers, and lets go of what outlives the network. */
  async stop(): Promise<void> {
    await this.stopAgent();
    await this.stopServer();
    await HandoffProgram.unmount(this.runFolder);
  }

  async startServer(): Promise<void> {
    if (this.form === 'node') {
      const { ipv4, ipv6 } = cloudAddressesOf(this.name);
      const addresses = [ipv4, ipv6, publicAddressOf(this.name)];
      this.server = await this.host.spawn([process.execPath, NODE_PROGRAM, this.folder, ...addresses]);
    } else {
      await writeFile(join(this.folder, 'site.conf'), `${this.listen(' ssl')} root ${this.root};\n`);
      await writeFile(join(this.folder, 'nginx.conf'), this.nginxConfiguration());
      this.server = await this.host.spawn(this.nginx);
    }
    const { server, name } = this;
    await until(
      `the web server of ${name}`,
      async () => {
        if (server.exit !== undefined) throw new Error(`the web server of ${name} ended: ${server.stderr}`);
        return (await this.host.run(['ss', '-tlnH'])).stdout.includes(':443');
      },
      { timeout: 30_000 },
    );
  }

  private get root(): string {
    return join(this.folder, 'www');
  }

  private get runFolder(): string {
    return join(this.folder, 'run');
  }

  private get nginx(): string[] {
    const { folder } = this;
    const shim = [
      ...['env', `LD_PRELOAD=${ACCEPT_SHIM}`, `CLOAKFLOW_HANDOFF_SOCKET=${this.handoffSocket}`],
      'CLOAKFLOW_HANDOFF_USER=0',
    ];
    return [
      ...(this.restores ? shim : []),
      ...['nginx', '-p', folder, '-c', join(folder, 'nginx.conf'), '-e', join(folder, 'error.log')],
    ];
  }

  private get handoffSocket(): string {
    return join(this.folder, 'handoff.sock');
  }

  /** Where it is reached by the cloud only. */
  private listen(options: string): string {
    const { ipv4, ipv6 } = cloudAddressesOf(this.name);
    const restored = this.restores ? ` listen unix:${this.handoffSocket}${options};` : '';
    return `listen ${ipv4}:443${options}; listen [${ipv6}]:443${options};${restored}`;
  }

  /** Self-signed, or by one that was made before. */
  private async makeCertificate(file: string, name: string, signer?: string): Promise<void> {
    const key = (of: string) => join(this.folder, `${of}.key`);
    const certificate = (of: string) => join(this.folder, `${of}.pem`);
    const signed = ['-addext', 'basicConstraints=critical,CA:FALSE'];
    await runCommand(
      [
        ...['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'],
        ...['-days', '2', '-subj', `/CN=${name}`, '-addext', `subjectAltName=DNS:${name}`],
        ...['-keyout', key(file), '-out', certificate(file)],
        ...(signer === undefined ? [] : ['-CA', certificate(signer), '-CAkey', key(signer), ...signed]),
      ],
      { check: true },
    );
  }

  /** The tenant's own site resumes sessions, as sites do. Below `alert` nginx logs the addresses of clients that it refuses. */
  private nginxConfiguration(): string {
    const { folder } = this;
    const credential = (file: string) =>
      `ssl_certificate ${folder}/${file}.pem; ssl_certificate_key ${folder}/${file}.key;`;
    const pseudonyms =
      this.form === 'nginx'
        ? `server { ${this.listen(' ssl')} server_name *.${CLOUD_DOMAIN}; root ${this.root};
    ${credential('decoy')} popsicl_store ${this.pseudonyms}; }`
        : `server { ${this.listen(' ssl default_server')} ssl_reject_handshake on;
    ssl_session_cache off; ssl_session_tickets off; }
  include ${this.pseudonyms}/*.conf;`;
    return `${this.form === 'nginx' ? `load_module ${NGINX_MODULE};` : ''}
${this.restores ? 'env CLOAKFLOW_HANDOFF_SOCKET; env CLOAKFLOW_HANDOFF_USER;' : ''}
daemon off; user root; worker_processes 1; pid ${folder}/nginx.pid; error_log ${folder}/error.log alert;
events { worker_connections 512; }
http {
  access_log off; default_type text/plain; ssl_protocols TLSv1.2 TLSv1.3;
  server { listen ${publicAddressOf(this.name)}:443 ssl; server_name ${domainOf(this.name)}; root ${this.root};
    ${credential('site')} ssl_session_cache shared:site:1m; ssl_session_tickets on; }
  ${pseudonyms}
}\n`;
  }

  private agentConfiguration(): object {
    const { folder } = this;
    const credential = (file: string) => join(folder, 'credentials', file);
    return {
      controller: { host: '10.0.0.53' },
      credentials: {
        certificate: credential('agent.pem'),
        key: credential('agent.key'),
        authority: credential('authority.pem'),
      },
      interface: 'eth0',
      runFolder: this.runFolder,
      strategies: ['cookie', ...(this.restores ? ['repair'] : [])],
      ...(this.restores ? { handoffSocket: this.handoffSocket } : {}),
      webServer:
        this.form === 'nginx-blocks'
          ? {
              kind: 'nginx-blocks',
              folder: this.pseudonyms,
              site: join(folder, 'site.conf'),
              reload: [...this.nginx, '-s', 'reload'],
              probe: { host: cloudAddressesOf(this.name).ipv4 },
            }
          : { kind: 'folder', folder: this.pseudonyms },
    };
  }
}

import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { enrol } from '../../apps/popsicl/tenant/channel/enrol.js';
import { HandoffProgram } from '../../apps/popsicl/tenant/kernel/handoff-program.js';
import {
  type EmulatedHost,
  type EmulatedNetwork,
  type RunningCommand,
  runCommand,
  until,
} from '../driver/index.js';
import { CLI } from './stage.js';

const PROGRAM = fileURLToPath(new URL('../../../native/build/handoff.bpf.o', import.meta.url));

/** Whether this machine could build what tenants need to take connections over by `cookie`. */
export const HANDS_OVER = existsSync(PROGRAM);
export const CLOUD_DOMAIN = 'popsicls.example';
/** Addresses of the topology. */
export const STORE = { ipv4: '203.0.113.53', ipv6: '2001:db8:2::53' };
const TENANTS = { 'tenant-a': 11, 'tenant-b': 12, 'tenant-c': 13 } as const;
export type TenantHost = keyof typeof TENANTS;

export const domainOf = (host: TenantHost) => `${host}.example`;
/** Where a tenant is reached by its own name. */
export const publicAddressOf = (host: TenantHost) => `203.0.113.${TENANTS[host]}`;

/** Makes the credentials by which the agents of tenants and the controller know each other. */
export async function enrolTenants(folder: string, hosts: readonly TenantHost[]): Promise<void> {
  for (const host of hosts) {
    await enrol(domainOf(host), join(folder, 'control'), join(folder, host, 'credentials'), Date.now());
  }
}

/** Starts the controller on the host `store`; its log goes to `controller.log` in the folder. */
export async function startCloudController(
  network: EmulatedNetwork,
  folder: string,
  socket: string,
): Promise<void> {
  const config = join(folder, 'cloakflow.yaml');
  await writeFile(config, controllerConfig(folder, socket));
  const log = join(folder, 'controller.log');
  const words = [process.execPath, CLI, 'run', config, '--admin', join(folder, 'admin.sock')];
  const controller = await network.host('store').spawn(['sh', '-c', 'exec "$@" 2> "$0"', log, ...words]);
  await controller.printed(/^ready/m, 60_000);
}

/** Configuration of the controller, which runs on the host `store`. */
function controllerConfig(folder: string, socket: string): string {
  return JSON.stringify({
    listen: [`punix:${socket}`],
    discovery: { hold: 0.5, interval: 0.5 },
    apps: [
      {
        popsicl: {
          domain: CLOUD_DOMAIN,
          blocks: { ipv4: ['198.51.100.0/24'], ipv6: ['2001:db8:1::/64'] },
          gateway: { ipv4: '10.0.0.254', ipv6: 'fd00::fe' },
          tenants: Object.entries(TENANTS).map(([name, number]) => ({
            domain: `${name}.example`,
            ipv4: `10.0.0.${number}`,
            ipv6: `fd00::${number}`,
            mac: `02:00:00:00:00:${number}`,
          })),
          tenantChannel: { host: '10.0.0.53', control: join(folder, 'control') },
          registration: {
            folder: join(folder, 'registry'),
            dns: {
              listen: [{ address: STORE.ipv4, port: 53 }],
              records: {
                ns1: { ipv4: [STORE.ipv4], ipv6: [STORE.ipv6] },
                portal: { ipv4: [STORE.ipv4], ipv6: [STORE.ipv6] },
              },
            },
            portal: { listen: { address: STORE.ipv4, port: 443 } },
          },
        },
      },
      'learning-switch',
    ],
  });
}

/** A tenant's unmodified nginx: its own site on its public address, a server block for each pseudonym on the other. */
export class NginxTenant {
  readonly name: TenantHost;
  private readonly host: EmulatedHost;
  private readonly cloud: string;
  private readonly folder: string;
  private nginx: RunningCommand | undefined;
  private agent: RunningCommand | undefined;

  private constructor(host: EmulatedHost, cloud: string) {
    this.name = host.name as TenantHost;
    this.host = host;
    this.cloud = cloud;
    this.folder = join(cloud, host.name);
  }

  /** `cloud`: folder of the controller. */
  static async start(network: EmulatedNetwork, name: TenantHost, cloud: string): Promise<NginxTenant> {
    const tenant = new NginxTenant(network.host(name), cloud);
    await mkdir(join(tenant.folder, 'pseudonyms'), { recursive: true });
    await writeFile(join(tenant.folder, 'index.html'), `Welcome to ${domainOf(name)}.\n`);
    await runCommand(
      [
        ...['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'],
        ...[
          '-days',
          '2',
          '-subj',
          `/CN=${domainOf(name)}`,
          '-addext',
          `subjectAltName=DNS:${domainOf(name)}`,
        ],
        ...['-keyout', join(tenant.folder, 'site.key'), '-out', tenant.certificate],
      ],
      { check: true },
    );
    await writeFile(join(tenant.folder, 'nginx.conf'), tenant.configuration());
    const nginx = await tenant.host.spawn(tenant.command);
    tenant.nginx = nginx;
    await until(`nginx of ${name}`, async () => {
      if (nginx.exit !== undefined) throw new Error(`nginx of ${name} ended: ${nginx.stderr}`);
      return (await tenant.host.run(['ss', '-tlnH'])).stdout.includes(':443');
    });
    await tenant.startAgent();
    return tenant;
  }

  /** The certificate of the tenant's own site. */
  get certificate(): string {
    return join(this.folder, 'site.pem');
  }

  /** Ends the agent and nginx with its workers, and lets go of what outlives the network. */
  async stop(): Promise<void> {
    await this.agent?.stop();
    await this.nginx?.stop();
    await HandoffProgram.unmount(this.runFolder);
  }

  private get command(): string[] {
    return [
      'nginx',
      '-p',
      this.folder,
      '-c',
      join(this.folder, 'nginx.conf'),
      '-e',
      join(this.folder, 'error.log'),
    ];
  }

  /** Where it is reached by the cloud only. */
  private pseudonymAddresses(): string {
    const number = TENANTS[this.name];
    return `listen 10.0.0.${number}:443 ssl; listen [fd00::${number}]:443 ssl;`;
  }

  private configuration(): string {
    const { folder } = this;
    return `daemon off; user root; worker_processes 1; pid ${folder}/nginx.pid;
events { worker_connections 512; }
http {
  access_log off; default_type text/plain;
  ssl_session_cache off; ssl_session_tickets off;
  server { listen ${publicAddressOf(this.name)}:443 ssl; server_name ${domainOf(this.name)}; root ${folder};
    ssl_certificate ${this.certificate}; ssl_certificate_key ${folder}/site.key; }
  server { ${this.pseudonymAddresses().replaceAll(' ssl;', ' ssl default_server;')} ssl_reject_handshake on; }
  include ${folder}/pseudonyms/*.conf;
}\n`;
  }

  /** Connects the tenant to the controller, which tells it keys and pseudonyms. */
  private async startAgent(): Promise<void> {
    const { folder, cloud, name } = this;
    const site = join(folder, 'site.conf');
    await writeFile(site, `${this.pseudonymAddresses()} root ${folder};\n`);
    const config = join(folder, 'agent.yaml');
    const credential = (file: string) => join(folder, 'credentials', file);
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
        runFolder: this.runFolder,
        strategies: ['cookie'],
        webServer: {
          kind: 'nginx-blocks',
          folder: join(folder, 'pseudonyms'),
          site,
          reload: [...this.command, '-s', 'reload'],
          probe: { host: `10.0.0.${TENANTS[name]}` },
        },
      }),
    );
    this.agent = await this.host.spawn([process.execPath, CLI, 'tenant', 'agent', '--config', config]);
    await this.agent.printed(/^ready/m, 30_000);
    await until('the agent to connect', async () =>
      (await readFile(join(cloud, 'controller.log'), 'utf8')).includes('popsicl-agent-connected'),
    );
  }

  private get runFolder(): string {
    return join(this.folder, 'run');
  }
}

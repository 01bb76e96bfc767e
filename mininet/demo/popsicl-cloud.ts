import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
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

/** Configuration of the controller, which runs on the host `store`. */
export function controllerConfig(folder: string, socket: string): string {
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
          materialFolder: join(folder, 'material'),
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
    await tenant.acceptHandoffs();
    return tenant;
  }

  /** The certificate of the tenant's own site. */
  get certificate(): string {
    return join(this.folder, 'site.pem');
  }

  /** Serves every pseudonym whose material is there. */
  async takeMaterial(): Promise<void> {
    const material = join(this.cloud, 'material', domainOf(this.name));
    const names = existsSync(material) ? await readdir(material) : [];
    for (const name of names) {
      const file = (kind: string) => join(material, name, `${kind}.pem`);
      await writeFile(
        join(this.folder, 'pseudonyms', `${name}.conf`),
        `server { ${this.pseudonymAddresses()} server_name ${name}; root ${this.folder};
  ssl_certificate ${file('certificate')}; ssl_certificate_key ${file('key')};
  ssl_client_certificate ${file('anchor')}; ssl_verify_client on; }\n`,
      );
    }
    await this.host.run([...this.command, '-s', 'reload'], { check: true });
    // The reload is over when a new worker answers.
    for (const name of names) await until('nginx to serve a pseudonym', () => this.serves(name));
  }

  /** Ends nginx with its workers, and lets go of what outlives the network. */
  async stop(): Promise<void> {
    await this.nginx?.stop();
    await HandoffProgram.unmount(this.folder);
  }

  private async serves(name: string): Promise<boolean> {
    const address = `10.0.0.${TENANTS[this.name]}:443`;
    const argv = ['openssl', 's_client', '-connect', address, '-servername', name];
    const { stdout } = await this.host.run(argv, { input: '' });
    return stdout.includes('BEGIN CERTIFICATE');
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

  /** The kernel takes connections over with the controller's keys, where this machine can build the program. */
  private async acceptHandoffs(): Promise<void> {
    if (!HANDS_OVER) return;
    const program = await HandoffProgram.load({
      interface: 'eth0',
      object: PROGRAM,
      runFolder: this.folder,
      run: async (argv, input = '') => (await this.host.run(argv, { check: true, input })).stdout,
    });
    const keys: { epoch: number; key: string }[] = JSON.parse(
      await readFile(join(this.cloud, 'registry/cookie-keys.json'), 'utf8'),
    );
    for (const { epoch, key } of keys) {
      await program.setKey({ epoch, key: Buffer.from(key, 'hex'), tenantWindowScale: 7 });
    }
  }
}

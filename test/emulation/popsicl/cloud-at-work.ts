import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CLOUD_DOMAIN,
  type CloudSettings,
  domainOf,
  enrolTenants,
  startCloudController,
  type TenantHost,
} from '../../../mininet/demo/popsicl-cloud.js';
import { CloudTenant, HAS_NGINX_MODULE, type TenantForm } from '../../../mininet/demo/popsicl-tenant.js';
import { CLI } from '../../../mininet/demo/stage.js';
import {
  type CommandResult,
  type EmulatedNetwork,
  emulate,
  type RunningCommand,
  runCommand,
  until,
} from '../../../mininet/driver/index.js';

export type Client = 'alice' | 'bob' | 'carol';

/** A registration, as the client who made it has it. */
export interface Registered {
  name: string;
  url: string;
  password: string;
  files: { certificate: string; authority: string; pkcs12: { modern: string; old: string } };
  /** Certificate and key in one file (PEM). */
  identity: string;
}

/** Every tenant with the server that it runs. */
const FORMS: Record<TenantHost, TenantForm> = {
  'tenant-a': HAS_NGINX_MODULE ? 'nginx' : 'nginx-blocks',
  'tenant-b': 'nginx-blocks',
  'tenant-c': 'node',
  mallory: 'node',
};

/** `topologies/popsicl.yaml` with a controller, and tenants with their servers and agents. */
export class CloudAtWork implements AsyncDisposable {
  readonly folder: string;
  readonly network: EmulatedNetwork;
  readonly tenants = new Map<TenantHost, CloudTenant>();
  controller!: RunningCommand;
  /** Of the controller that was started last. */
  settings: CloudSettings = {};
  private readonly socket: string;

  private constructor(folder: string, socket: string, network: EmulatedNetwork) {
    this.folder = folder;
    this.socket = socket;
    this.network = network;
  }

  /** `forms`: of tenants that run another web server than usual. `restoring`: those whose agents also restore connections. */
  static async start(
    hosts: readonly TenantHost[],
    settings: CloudSettings = {},
    forms: Partial<Record<TenantHost, TenantForm>> = {},
    restoring: readonly TenantHost[] = [],
  ): Promise<CloudAtWork> {
    const folder = await mkdtemp(join(tmpdir(), 'cloakflow-popsicl-'));
    const socket = join(folder, 'openflow.sock');
    const network = await emulate('popsicl', { controller: `unix:${socket}` }).catch(async error => {
      await rm(folder, { recursive: true, force: true });
      throw error;
    });
    const cloud = new CloudAtWork(folder, socket, network);
    try {
      await enrolTenants(folder, hosts);
      await cloud.startController(settings);
      await Promise.all(hosts.map(host => cloud.startTenant(host, forms[host], restoring.includes(host))));
      await until(
        'the cloud to forward',
        async () => (await network.host('alice').run(['ping', '-c1', '-W1', '203.0.113.53'])).exitCode === 0,
        { timeout: 60_000 },
      );
    } catch (error) {
      await cloud[Symbol.asyncDispose]();
      throw error;
    }
    return cloud;
  }

  tenant(host: TenantHost): CloudTenant {
    return this.tenants.get(host)!;
  }

  get admin(): string {
    return join(this.folder, 'admin.sock');
  }

  async startController(settings: CloudSettings = {}): Promise<void> {
    this.settings = settings;
    this.controller = await startCloudController(this.network, this.folder, this.socket, settings);
  }

  /** Runs `cloakflow` on a host. */
  cli(host: string, words: readonly string[], input = ''): Promise<CommandResult> {
    return this.network.host(host).run([process.execPath, CLI, ...words], { input, timeout: 60_000 });
  }

  /** Registers a client for a tenant at the portal. */
  async register(client: Client, host: TenantHost): Promise<Registered> {
    const words = [
      ...['popsicl', 'register', domainOf(host), '--json', '--portal', `https://portal.${CLOUD_DOMAIN}`],
      ...['--ca', join(this.folder, 'registry/ca/ca.pem'), '--out', join(this.folder, client)],
    ];
    const { stdout, stderr, exitCode } = await this.cli(client, words);
    if (exitCode !== 0) throw new Error(`${client} could not register for ${host}: ${stderr}`);
    const registered: Registered = JSON.parse(stdout);
    const { modern } = registered.files.pkcs12;
    const pem = await runCommand(
      ['openssl', 'pkcs12', '-in', modern, '-nodes', '-passin', `pass:${registered.password}`],
      { check: true },
    );
    const identity = `${modern}.pem`;
    await writeFile(identity, pem.stdout, { mode: 0o600 });
    return { ...registered, identity };
  }

  /** What curl says of the page of a pseudonym. `as`: with whose certificate, if any. */
  curl(
    client: string,
    target: Registered,
    as: Registered | undefined,
    words: readonly string[] = ['-4'],
  ): Promise<CommandResult> {
    const certificate =
      as === undefined ? [] : ['--cert-type', 'P12', '--cert', `${as.files.pkcs12.modern}:${as.password}`];
    return this.network
      .host(client)
      .run(
        [
          ...['curl', '-sSf', '-m', '60', ...words, '--cacert', target.files.authority],
          ...certificate,
          `https://${target.name}/`,
        ],
        { timeout: 60_000 },
      );
  }

  /** Waits until a pseudonym opens again, for example once its tenant's agent has found a new controller. */
  async untilServed(client: string, target: Registered, words: readonly string[]): Promise<void> {
    await until(
      'a page',
      async () => (await this.curl(client, target, target, ['-m', '5', ...words])).exitCode === 0,
      { timeout: 60_000 },
    );
  }

  /**
   * Asks for the page of `name` with `openssl s_client`, with these words besides, and gives everything it prints. `at`:
   * another place than where DNS says that the name is.
   */
  async sClient(client: string, name: string, words: readonly string[] = [], at = name): Promise<string> {
    const place = at.includes(':') ? `[${at}]:443` : `${at}:443`;
    const { stdout, stderr } = await this.network
      .host(client)
      .run(['openssl', 's_client', '-connect', place, '-servername', name, '-ign_eof', ...words], {
        input: `GET / HTTP/1.1\r\nHost: ${name}\r\nConnection: close\r\n\r\n`,
        timeout: 60_000,
      });
    return stdout + stderr;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const tenant of this.tenants.values()) await tenant.stop();
    await this.network.stop();
    await rm(this.folder, { recursive: true, force: true });
  }

  private async startTenant(host: TenantHost, form = FORMS[host], restores = false): Promise<void> {
    this.tenants.set(host, await CloudTenant.start(this.network, host, this.folder, form, restores));
  }
}

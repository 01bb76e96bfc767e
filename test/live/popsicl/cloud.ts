import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import { normal } from '../../../apps/normal/app.js';
import { popsiclWith } from '../../../apps/popsicl/app.js';
import { type CookieKey, CookieKeys } from '../../../apps/popsicl/cookie/cookie-keys.js';
import type { TenantAgents } from '../../../apps/popsicl/handoff/repair.js';
import type { StrategyName, TenantConfig } from '../../../apps/popsicl/model.js';
import { HandoffProgram } from '../../../apps/popsicl/tenant/kernel/handoff-program.js';
import { type AppDefinition, Controller, parseConfig } from '../../../controller/host/index.js';
import {
  type CommandResult,
  OvsSandbox,
  RunningCommand,
  runCommand,
  type SandboxHost,
  until,
} from '../../../mininet/driver/index.js';
import { FixedDirectory } from '../../simulator/fixed-directory.js';
import type { ControllerDescription } from './controller-program.js';
import {
  canRestore,
  handoffSocket,
  repairSocket,
  shimEnvironment,
  startRelayOn,
  startRepair,
} from './stand-ins.js';

export const DATAPATH_ID = '000000000000c10d';
export const PSEUDO4 = '198.51.100.7';
export const PSEUDO6 = '2001:db8:1::7';
export const NAME = 'abc123.popsicls.example';
/** What the tenant says on its only page. */
export const PAGE = 'the page of the tenant\n';

/** Whether tenants of this machine can take connections over by `cookie`. */
export const hasProgram = () => existsSync(PROGRAM);

export const PROGRAM = fileURLToPath(new URL('../../../../native/build/handoff.bpf.o', import.meta.url));
const CONTROLLER = fileURLToPath(new URL('./controller-program.js', import.meta.url));
const CLIENT = ['10.0.0.1/24', 'fd00::1/64'];
const TENANT = ['10.0.0.2/24', 'fd00::2/64'];
const RELAY = ['10.0.0.3/24', 'fd00::3/64'];

/** What is there besides what the strategies of the tenant need. */
export type StandIn = 'repair' | 'proxy';

/** Whether this machine can do a strategy. */
export const can = (strategy: StrategyName) =>
  strategy === 'cookie' ? hasProgram() : strategy !== 'repair' || canRestore();

/** Apps that stand between popsicl and normal: as the configuration lists them, and what they are. */
export interface AppsBeside {
  entries: readonly object[];
  definitions: readonly AppDefinition[];
}

/** A client and a tenant with nginx on one switch, and a controller with the app in this process. */
export class Cloud implements AsyncDisposable {
  readonly sandbox: OvsSandbox;
  readonly client: SandboxHost;
  readonly tenant: SandboxHost;
  readonly directory = new FixedDirectory();
  readonly keys = new CookieKeys();
  readonly folder: string;
  readonly log: string[] = [];
  readonly tenantConfig: TenantConfig;
  /** Where the strategy is `repair`, or given by the test. */
  agents: (TenantAgents & { close(): void }) | undefined;
  controller!: Controller;
  private program: HandoffProgram | undefined;
  private readonly settings: Record<string, unknown>;
  private readonly beside: AppsBeside;
  private readonly standIns: readonly StandIn[];

  private constructor(
    sandbox: OvsSandbox,
    client: SandboxHost,
    tenant: SandboxHost,
    folder: string,
    settings: Record<string, unknown>,
    tenantConfig: TenantConfig,
    beside: AppsBeside,
    standIns: readonly StandIn[],
  ) {
    this.standIns = standIns;
    this.sandbox = sandbox;
    this.client = client;
    this.tenant = tenant;
    this.folder = folder;
    this.settings = settings;
    this.tenantConfig = tenantConfig;
    this.beside = beside;
  }

  static async start(
    tenantSettings: Partial<TenantConfig> = {},
    settings: Record<string, unknown> = {},
    beside: AppsBeside = { entries: [], definitions: [] },
    standIns: readonly StandIn[] = [],
  ): Promise<Cloud> {
    const folder = await mkdtemp(join(tmpdir(), 'cloakflow-cloud-'));
    const sandbox = await OvsSandbox.start();
    let cloud: Cloud | undefined;
    try {
      await sandbox.addBridge('br0', {
        datapathId: DATAPATH_ID,
        controllers: [sandbox.controllerSocket('br0')],
      });
      const client = await sandbox.addHost('br0', { addresses: CLIENT });
      const tenant = await sandbox.addHost('br0', { addresses: TENANT });
      await client.namespace.script([
        'ip route add 198.51.100.0/24 via 10.0.0.254',
        'ip -6 route add 2001:db8:1::/64 via fd00::fe',
      ]);
      const config: TenantConfig = {
        domain: 'tenant-a.example',
        ipv4: '10.0.0.2',
        ipv6: 'fd00::2',
        port: 443,
        ...tenantSettings,
      };
      cloud = new Cloud(sandbox, client, tenant, folder, settings, config, beside, standIns);
      const own = config.strategy?.ipv4 === 'address' ? [PSEUDO4, PSEUDO6] : [PSEUDO6];
      cloud.directory.add(NAME, config, own);
      await cloud.startNginx();
      if (cloud.takesCookies) await cloud.loadProgram();
      if (cloud.uses('repair')) cloud.agents = await startRepair(tenant, folder, ['repair']);
      if (cloud.uses('proxy')) {
        await startRelayOn(await sandbox.addHost('br0', { addresses: RELAY }), cloud.directory);
      }
      await cloud.startController();
      return cloud;
    } catch (error) {
      if (cloud !== undefined) await cloud.stop();
      else {
        await sandbox.stop();
        await rm(folder, { recursive: true, force: true });
      }
      throw error;
    }
  }

  /** Whether what a strategy needs is there. */
  private uses(strategy: StandIn): boolean {
    if (this.standIns.includes(strategy)) return true;
    return Object.values(this.tenantConfig.strategy ?? {}).includes(strategy);
  }

  /** Whether the kernel of the tenant may be asked to take a connection over. */
  private get takesCookies(): boolean {
    const strategies = Object.values(this.tenantConfig.strategy ?? { default: 'cookie' });
    return strategies.includes('cookie') && !this.uses('repair');
  }

  private get configuration(): string {
    const { port: _, ...tenant } = this.tenantConfig;
    const [ipv4, ipv6] = RELAY.map(address => address.split('/')[0]);
    const settings = {
      domain: 'popsicls.example',
      blocks: { ipv4: ['198.51.100.0/24'], ipv6: ['2001:db8:1::/64'] },
      gateway: { ipv4: '10.0.0.254', ipv6: 'fd00::fe' },
      tenants: [tenant],
      ...(this.uses('repair') ? { tenantChannel: { host: '127.0.0.1', control: '/nowhere' } } : {}),
      ...(this.uses('proxy') ? { proxy: { ipv4, ipv6, redirection: tenant.redirection } } : {}),
      ...this.settings,
    };
    return JSON.stringify({
      listen: [`p${this.sandbox.controllerSocket('br0')}`],
      discovery: { enabled: false },
      apps: [{ popsicl: settings }, ...this.beside.entries, 'normal'],
    });
  }

  async startController(): Promise<void> {
    const app = popsiclWith(() => ({ directory: this.directory, keys: this.keys, agents: this.agents }));
    const builtIn = [app, ...this.beside.definitions, normal];
    const config = await parseConfig(this.configuration, { builtIn });
    const logger = pino({ level: 'debug' }, { write: line => this.log.push(line) });
    this.controller = await this.meet(() => Controller.start({ config, builtIn, logger }));
    await until('the switch', () => this.controller.connected.size === 1);
    await this.untilMacsAreKnown();
  }

  /** A counter or gauge of the app, in the controller here. */
  async metric(name: string): Promise<number> {
    const line = new RegExp(`^cloakflow_popsicl_${name}\\{.*\\} (\\d+)$`, 'm');
    return Number(line.exec(await this.controller.metricsText())?.[1]);
  }

  async stopController(): Promise<void> {
    await this.controller.stop();
  }

  /** A controller in a process of its own, in the place of the one here, which has to be stopped. */
  async startControllerApart(): Promise<RunningCommand> {
    const description: ControllerDescription = {
      config: this.configuration,
      pseudonyms: this.directory.all,
      keys: this.keys.all.map(({ epoch, key }) => ({ epoch, key: Buffer.from(key).toString('hex') })),
      repair: this.uses('repair') ? repairSocket(this.folder) : undefined,
    };
    const file = join(this.folder, 'controller.json');
    await writeFile(file, JSON.stringify(description));
    const controller = await this.meet(async () => {
      const running = await RunningCommand.spawn([process.execPath, CONTROLLER, file]);
      await running.printed(/^listening$/m, 60_000);
      return running;
    });
    await controller.printed(/^connected$/m, 60_000);
    await this.untilMacsAreKnown();
    return controller;
  }

  private meet<T>(start: () => Promise<T>): Promise<T> {
    return this.sandbox.meet([this.sandbox.controllerSocket('br0')], start);
  }

  private async untilMacsAreKnown(): Promise<void> {
    await until('the MAC addresses of tenant and relay', async () => {
      const all = (await this.sandbox.ofctl(['dump-flows', 'br0'])).split('\n');
      // Rules of connections have them, too, from the controller before.
      const flows = all.filter(line => !line.includes('tp_src=') || !line.includes('tp_dst=')).join('\n');
      return new Set(flows.match(/[0-9a-f:]{17}->eth_dst/g)).size === (this.uses('proxy') ? 2 : 1);
    });
  }

  /** Opens the pseudonym's page by curl. */
  async fetch(family: 4 | 6, path = '/', options: readonly string[] = []): Promise<CommandResult> {
    const address = family === 4 ? PSEUDO4 : `[${PSEUDO6}]`;
    const resolve = `${NAME}:443:${address}`;
    return this.client.run(
      ['curl', '-sS', '-k', '-m', '60', '--resolve', resolve, ...options, `https://${NAME}${path}`],
      { timeout: 60_000 },
    );
  }

  async stop(): Promise<void> {
    await this.controller?.stop();
    this.agents?.close();
    await this.sandbox.stop();
    await HandoffProgram.unmount(this.folder);
    await rm(this.folder, { recursive: true, force: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  /** Lets the tenant's kernel know a key. */
  async tellTenant(key: CookieKey): Promise<void> {
    await this.program?.setKey({ ...key, tenantWindowScale: 7 });
  }

  /** Lets the tenant's kernel take connections over, with the keys of the controller. */
  private async loadProgram(): Promise<void> {
    if (!existsSync(PROGRAM)) return;
    this.program = await HandoffProgram.load({
      interface: 'eth0',
      object: PROGRAM,
      runFolder: this.folder,
      run: async (argv, input = '') => (await this.tenant.run(argv, { check: true, input })).stdout,
    });
    for (const key of [...this.keys.all].reverse()) await this.tellTenant(key);
  }

  private async startNginx(): Promise<void> {
    const { folder } = this;
    const file = (name: string) => join(folder, name);
    const restores = this.uses('repair');
    await runCommand(
      [
        ...['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'],
        ...['-days', '2', '-subj', `/CN=${NAME}`, '-keyout', file('key.pem'), '-out', file('cert.pem')],
      ],
      { check: true },
    );
    await writeFile(file('index.html'), PAGE);
    await writeFile(
      file('nginx.conf'),
      `daemon off; master_process off; user root; worker_processes 1; pid ${file('nginx.pid')}; error_log ${file('error.log')};
events { worker_connections 256; }
${restores ? 'env CLOAKFLOW_HANDOFF_SOCKET; env CLOAKFLOW_HANDOFF_USER;' : ''}
http {
  access_log off; client_body_temp_path ${file('body')}; client_max_body_size 100m;
  ssl_certificate ${file('cert.pem')}; ssl_certificate_key ${file('key.pem')};
  server {
    listen 443 ssl; listen [::]:443 ssl; ${restores ? `listen unix:${handoffSocket(folder)} ssl;` : ''} root ${folder};
    location /upload/ { dav_methods PUT; create_full_put_path on; }
  }
}`,
    );
    await this.tenant.namespace.script(['sysctl -qw net.ipv4.tcp_syncookies=1']);
    const nginx = await this.tenant.spawn([
      ...(restores ? ['env', ...shimEnvironment(folder)] : []),
      'nginx',
      '-p',
      folder,
      '-c',
      file('nginx.conf'),
      '-e',
      file('error.log'),
    ]);
    await until('nginx', async () => {
      if (nginx.exit !== undefined) throw new Error(`nginx ended: ${nginx.stderr}`);
      return (await this.tenant.run(['ss', '-tln'])).stdout.includes(':443');
    });
  }
}

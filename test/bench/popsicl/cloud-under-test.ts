import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { HandoffProgram } from '../../../apps/popsicl/tenant/kernel/handoff-program.js';
import { PseudonymFolder } from '../../../apps/popsicl/tenant/web-server/pseudonym-folder.js';
import {
  Namespace,
  OvsSandbox,
  RunningCommand,
  runCommand,
  type SandboxHost,
  until,
} from '../../../mininet/driver/index.js';
import { selfSigned } from '../../live/popsicl/tenant/nginx-process.js';
import { CLOUD, KitMaker } from '../../live/popsicl/tenant/pseudonym-kit.js';
import { freePort } from '../../simulator/free-port.js';
import type { ControllerSettings } from './controller-program.js';
import { type LoadOptions, type LoadResult, loadWords, readLoad } from './load.js';
import { nginxConfiguration } from './nginx-under-test.js';

const native = (file: string) => fileURLToPath(new URL(`../../../../native/build/${file}`, import.meta.url));
const source = (file: string) =>
  fileURLToPath(new URL(`../../../../test/bench/popsicl/${file}`, import.meta.url));
const beside = (file: string) => fileURLToPath(new URL(`./${file}`, import.meta.url));

/** A ClientHello of OpenSSL, and the name in it. */
export const HELLO = fileURLToPath(
  new URL('../../../../test/property/packet/clienthello/openssl-1.bin', import.meta.url),
);
const HELLO_NAME = 'abc123.popsicls.test';

/** The ways to one page that are compared. */
export const WAYS = {
  https: { text: 'HTTPS', to: '10.0.0.3:443', kit: 'cookie', certificate: false },
  certificate: { text: 'HTTPS, client certificate', to: '10.0.0.3:444', kit: 'cookie', certificate: true },
  cookie: { text: '`cookie`, `conntrack`', to: '198.51.100.2:443', kit: 'cookie', certificate: true },
  flows: { text: '`cookie`, `flows`', to: '198.51.100.4:443', kit: 'flows', certificate: true },
  address: { text: '`address`, `conntrack`', to: '198.51.100.5:443', kit: 'address', certificate: true },
} as const;
export type Way = keyof typeof WAYS;
export const ALL_WAYS = Object.keys(WAYS) as Way[];

/** Where one byte is the answer to a ClientHello: directly, and by handoff. */
export const PLAIN = { direct: '10.0.0.7:443', cookie: '198.51.100.6:443', address: '198.51.100.8:443' };

/** Addresses of the tenant's host; each stands for a tenant of its own. */
const TENANTS = { cookie: 2, flows: 4, address: 5, plain: 6, 'plain-address': 8 } as const;
const FIRST_SOURCE = '10.0.1.1';
const SOURCES = 32;
export const ZONE = 3088;
/** Milliseconds that a controller may take to read millions of rules. */
const RESTART = 300_000;
const ROUTE = 'ip route add 198.51.100.0/24 via 10.0.0.254';
/**
 * Bits a second to and from the far client: not less than a download takes by itself within its first third of a second, and not
 * so much that a sender's first guess at it overruns the packet sockets of the switch. Nothing is to be dropped: bytes of room.
 */
export const LINE_RATE = 1e9;
const LINE_QUEUE = 64 << 20;
export const OBJECTS = { small: '/1k', large: '/10m' } as const;

/**
 * One switch with a client beside it, a client behind a delay line, and a tenant's host with nginx; the controller is a
 * process of its own. Direct and pseudonymous ways lead to the same nginx through the same switch.
 */
export class CloudUnderTest implements AsyncDisposable {
  readonly sandbox: OvsSandbox;
  readonly folder: string;
  /** Processes whose memory and time count. */
  controller!: RunningCommand;
  /** Where the controller listens for further switches, on loopback. */
  openflowPort = 0;
  /** Flows of the switch when no connection has rules. */
  private staticFlows = 0;
  /** Ports of the near client are used once: a server remembers them for a minute. */
  private nextPort = 1;
  private tenant!: SandboxHost;
  private near!: SandboxHost;
  private far: Namespace | undefined;
  private line: RunningCommand | undefined;

  private constructor(sandbox: OvsSandbox, folder: string) {
    this.sandbox = sandbox;
    this.folder = folder;
  }

  /** `offload` as of `OvsSandboxOptions`. */
  static async start(options: { offload?: boolean } = {}): Promise<CloudUnderTest> {
    const folder = await mkdtemp(join(tmpdir(), 'cloakflow-bench-'));
    await chmod(folder, 0o755);
    const cloud = new CloudUnderTest(await OvsSandbox.start(options), folder);
    try {
      await cloud.build();
      return cloud;
    } catch (error) {
      await cloud.stop();
      throw error;
    }
  }

  /** Runs the load generator on the near client, or behind the delay line. */
  async load(options: LoadOptions, where: 'near' | 'far' = 'near'): Promise<LoadResult> {
    const near = where === 'near';
    const host = near ? this.near : this.far!;
    const local = near ? { from: FIRST_SOURCE, sources: SOURCES, port: this.nextPort } : {};
    const { stdout } = await host.run([this.file('load'), ...loadWords({ ...local, ...options })], {
      check: true,
      timeout: 120_000,
    });
    const result = readLoad(stdout);
    if (near) this.nextPort += Math.ceil((result.completed + result.failed) / SOURCES) + 1;
    return result;
  }

  /** Opens a page by one of the ways. */
  visit(
    way: Way,
    options: Omit<LoadOptions, 'to' | 'name'>,
    where: 'near' | 'far' = 'near',
  ): Promise<LoadResult> {
    const { to, kit, certificate } = WAYS[way];
    const credentials = certificate
      ? { certificate: this.file(`${kit}.crt`), key: this.file(`${kit}.key`) }
      : {};
    const name = `${kit}.${CLOUD}`;
    return this.load({ to, name, authority: this.file('ca.pem'), ...credentials, ...options }, where);
  }

  /**
   * Waits until the rules of connections that ended are gone, which stay ten seconds after the end of each: removing thousands
   * keeps the switch busy, and what is measured meanwhile pays for it. Some few whose last packets passed before their rules were
   * there stay until they are idle, and cost nothing.
   */
  async rulesGone(): Promise<void> {
    const left = (await this.flowCount()) - this.staticFlows;
    await until(
      'the end of the rules',
      async () => (await this.flowCount()) - this.staticFlows <= Math.ceil(left / 20),
      { timeout: 60_000, interval: 200 },
    );
  }

  private async flowCount(): Promise<number> {
    return Number(/flow_count=(\d+)/.exec(await this.sandbox.ofctl(['dump-aggregate', 'br0']))![1]);
  }

  /** Sends a ClientHello and waits for one byte. */
  sayHello(to: string, options: Omit<LoadOptions, 'to' | 'name'>): Promise<LoadResult> {
    return this.load({ to, name: HELLO_NAME, hello: HELLO, ...options });
  }

  /** SYNs from forged addresses to the pseudo-address of the way `cookie`, until it is stopped. */
  flood(rate: number): Promise<RunningCommand> {
    return this.near.spawn([this.file('flood'), WAYS.cookie.to.split(':')[0]!, '443', String(rate)]);
  }

  /** Puts a delay line of `LINE_RATE` before a client of its own; milliseconds one way. */
  async addFarClient(delay: number): Promise<void> {
    const wire = await this.sandbox.addHost('br0', { port: 'far' });
    this.far = await Namespace.create();
    await wire.namespace.script([
      `ip link add inner type veth peer name eth0 netns ${this.far.pid}`,
      'ip link set inner up',
    ]);
    await this.far.script([
      ...(this.sandbox.offload ? [] : ['ethtool -K eth0 tx off > /dev/null']),
      'ip link set eth0 up',
      'ip addr add 10.0.2.1/16 dev eth0',
      ROUTE,
    ]);
    const settings = [`--delay-ns=${delay * 1e6}`, `--rate-bps=${LINE_RATE}`, `--queue-bytes=${LINE_QUEUE}`];
    this.line = await wire.spawn([native('delay-line'), ...settings, 'eth0', 'inner']);
    await this.line.printed(/^ready$/m);
  }

  /** Frames that the delay line has not carried, in both directions: there was no room, or the interface refused them. */
  async droppedByLine(): Promise<number> {
    const line = this.line!;
    const reports = () => line.stdout.match(/^\{.*\}$/gm) ?? [];
    const before = reports().length;
    line.kill('SIGUSR1');
    await until('the counters of the delay line', () => reports().length > before);
    const counters = JSON.parse(reports().at(-1)!) as Record<string, { overflowed: number; refused: number }>;
    return Object.values(counters).reduce((sum, { overflowed, refused }) => sum + overflowed + refused, 0);
  }

  async stop(): Promise<void> {
    await this.controller?.stop();
    await this.far?.close();
    await this.sandbox.stop();
    await HandoffProgram.unmount(this.folder);
    await rm(this.folder, { recursive: true, force: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  private file(name: string): string {
    return join(this.folder, name);
  }

  private async build(): Promise<void> {
    const { sandbox } = this;
    for (const [program, libraries] of [
      ['load', ['-lssl', '-lcrypto']],
      ['flood', []],
    ] as const) {
      await runCommand(['cc', '-O2', '-o', this.file(program), source(`${program}.c`), ...libraries], {
        check: true,
      });
    }
    await sandbox.addBridge('br0', { controllers: [sandbox.controllerSocket('br0')] });
    this.tenant = await sandbox.addHost('br0', {
      addresses: [2, 3, 4, 5, 6, 7, 8].map(last => `10.0.0.${last}/16`),
    });
    this.near = await sandbox.addHost('br0', {
      addresses: Array.from({ length: SOURCES }, (_, index) => `10.0.1.${index + 1}/16`),
    });
    await this.near.namespace.script([ROUTE]);
    const key = randomBytes(16);
    await this.loadProgram(key);
    await this.startServers();
    await this.startController(key);
    this.staticFlows = await this.flowCount();
  }

  private async startController(key: Buffer): Promise<void> {
    const domain = (tenant: string) => `${tenant}.example`;
    const pseudonym = (tenant: string, name: string, addresses: string[] = []) => ({
      name,
      tenant: domain(tenant),
      addresses,
    });
    this.openflowPort = await freePort();
    const settings: ControllerSettings = {
      listen: [`p${this.sandbox.controllerSocket('br0')}`, `ptcp:${this.openflowPort}:127.0.0.1`],
      key: key.toString('hex'),
      popsicl: {
        domain: CLOUD,
        blocks: { ipv4: ['198.51.100.0/24'] },
        gateway: { ipv4: '10.0.0.254' },
        zone: ZONE,
        tenants: Object.entries(TENANTS).map(([name, last]) => ({
          domain: domain(name),
          ipv4: `10.0.0.${last}`,
          mac: this.tenant.mac,
          ...(name === 'flows' ? { redirection: 'flows' } : {}),
          ...(name.endsWith('address') ? { strategy: { ipv4: 'address' } } : {}),
        })),
      },
      pseudonyms: [
        pseudonym('cookie', `cookie.${CLOUD}`),
        pseudonym('flows', `flows.${CLOUD}`),
        pseudonym('address', `address.${CLOUD}`, ['198.51.100.5']),
        pseudonym('plain', HELLO_NAME),
        pseudonym('plain-address', `plain-address.${CLOUD}`, ['198.51.100.8']),
      ],
    };
    await writeFile(this.file('settings.json'), JSON.stringify(settings));
    await this.spawnController();
  }

  /** Ends the controller, and starts another one. Returns how many connections it knows once the switch is connected. */
  async restartController(): Promise<number> {
    await this.controller.stop();
    await this.spawnController();
    const [, count] = await this.controller.printed(/^connected \w+ (\d+)$/m, RESTART);
    return Number(count);
  }

  private async spawnController(): Promise<void> {
    this.controller = await RunningCommand.spawn([
      process.execPath,
      beside('controller-program.js'),
      this.file('settings.json'),
    ]);
    await this.controller.printed(/^ready$/m);
    await until('the flows of the switch', async () =>
      (await this.sandbox.ofctl(['dump-flows', 'br0'])).includes('set_field'),
    );
  }

  private async loadProgram(key: Buffer): Promise<void> {
    await this.tenant.namespace.script(['sysctl -qw net.ipv4.tcp_syncookies=1']);
    const program = await HandoffProgram.load({
      interface: 'eth0',
      object: native('handoff.bpf.o'),
      runFolder: this.folder,
      run: async (argv, input = '') => (await this.tenant.run(argv, { check: true, input })).stdout,
    });
    await program.setKey({ epoch: 0, key, tenantWindowScale: 7 });
  }

  /** nginx for the pages, and two servers that answer a ClientHello by one byte. */
  private async startServers(): Promise<void> {
    const maker = await KitMaker.create();
    const store = new PseudonymFolder(this.file('store'));
    for (const label of ['cookie', 'flows', 'address']) {
      const { material, client } = await maker.make(label);
      await store.put(material);
      await writeFile(this.file(`${label}.crt`), client.cert);
      await writeFile(this.file(`${label}.key`), client.key);
      if (label !== 'cookie') continue;
      await writeFile(this.file('server.crt'), material.certificatePem);
      await writeFile(this.file('server.key'), material.keyPem);
      await writeFile(this.file('anchor.pem'), material.anchorPem);
    }
    await writeFile(this.file('ca.pem'), maker.authority.rootPem);
    await writeFile(this.file('1k'), randomBytes(1024));
    await writeFile(this.file('10m'), randomBytes(10 << 20));
    const decoy = selfSigned(this.folder, 'decoy');
    const pseudonymous = (['cookie', 'flows', 'address'] as const).map(name => `10.0.0.${TENANTS[name]}`);
    const configuration = nginxConfiguration(this.folder, {
      module: native('ngx_http_popsicl_module.so'),
      decoy,
      pseudonymous,
      direct: '10.0.0.3',
      cloud: CLOUD,
    });
    await writeFile(this.file('nginx.conf'), configuration);
    const nginx = await this.tenant.spawn([
      ...['nginx', '-p', this.folder, '-c', this.file('nginx.conf'), '-e', this.file('error.log')],
    ]);
    for (const last of [6, 7, 8]) {
      const server = await this.tenant.spawn([this.file('load'), `serve=10.0.0.${last}:443`]);
      await server.printed(/^ready$/m);
    }
    await until('nginx', async () => {
      if (nginx.exit !== undefined) throw new Error(`nginx ended: ${nginx.stderr}`);
      return (await this.tenant.run(['ss', '-tln'])).stdout.includes('10.0.0.3:444');
    });
  }
}

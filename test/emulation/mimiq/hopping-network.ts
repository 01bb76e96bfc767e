import { randomBytes } from 'node:crypto';
import { chmodSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { FAST_HOPPING, mimiqSettings } from '../../../mininet/demo/mimiq-settings.js';
import {
  type EmulatedHost,
  type EmulatedNetwork,
  emulate,
  RunningCommand,
  runCommand,
  until,
} from '../../../mininet/driver/index.js';
import type { RunReport, RunRequest } from '../../../mininet/traffic/hopping-program.js';
import { runHopping, runHoppings, startAgent } from '../../../mininet/traffic/mimiq-client.js';
import { readObserved, type Seen } from '../../../mininet/traffic/quic-observer.js';
import { QuicServer } from '../../../mininet/traffic/quic-server.js';
import { addTunnelPorts, tunnelsReady } from '../../../mininet/traffic/tunnel-ports.js';
import { SERVER4, SERVER6 } from './mimiq-network.js';

const CLI = fileURLToPath(new URL('../../../controller/cli/main.js', import.meta.url));

/** What a run is asked for; the network knows the rest. */
type Asked = Omit<RunRequest, 'remote' | 'authority' | 'agent'>;

/** Clients with agents, the fabric under `cloakflow run`, an observer, and an unmodified QUIC server behind a delay. */
export class HoppingNetwork implements AsyncDisposable {
  readonly files = { small: randomBytes(2700), large: randomBytes(1_000_000) };
  network!: EmulatedNetwork;
  server!: QuicServer;
  private controller: RunningCommand | undefined;
  private readonly agents = new Map<string, RunningCommand>();
  private readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async start(): Promise<HoppingNetwork> {
    const folder = await mkdtemp(join(tmpdir(), 'cloakflow-test-'));
    chmodSync(folder, 0o711);
    const all = new HoppingNetwork(folder);
    try {
      await all.build();
    } catch (error) {
      await all[Symbol.asyncDispose]();
      throw error;
    }
    return all;
  }

  host(name: string): EmulatedHost {
    return this.network.host(name);
  }

  async startController(): Promise<void> {
    const argv = ['run', this.file('cloakflow.yaml'), '--admin', this.file('admin.sock')];
    this.controller = await RunningCommand.spawn([process.execPath, CLI, ...argv]);
    await this.controller.printed(/listening/, 30_000);
  }

  /** Kills the controller as nothing else does. */
  async killController(): Promise<void> {
    this.controller?.kill('SIGKILL');
    await this.controller?.exited;
  }

  async connected(): Promise<void> {
    const argv = ['switches', '--json', '--admin', this.file('admin.sock')];
    await until(
      'five switches',
      async () => {
        const { stdout } = await runCommand([process.execPath, CLI, ...argv], { check: true });
        return (JSON.parse(stdout) as unknown[]).length === 5;
      },
      { timeout: 60_000 },
    );
  }

  /** Addresses that the allocator has not taken back. */
  async leases(): Promise<string[]> {
    const argv = ['mimiq', 'leases', '--json', '--admin', this.file('admin.sock')];
    const { stdout } = await runCommand([process.execPath, CLI, ...argv], { check: true });
    return (JSON.parse(stdout) as { address: string }[]).map(({ address }) => address);
  }

  /** Puts a client's cable where another one's was. */
  async moveToPort(name: string, other: string): Promise<void> {
    const sw = [...this.network.switches.values()].find(({ ports }) => ports.has(name) && ports.has(other))!;
    const port = sw.port(other);
    const ofBridge = (await sw.vsctl(['list-ports', sw.bridge])).trim().split('\n');
    const interfaceAt = async (number: number) => {
      const found = await sw.vsctl(['--bare', '--columns=name', 'find', 'Interface', `ofport=${number}`]);
      return found.split('\n').find(each => ofBridge.includes(each))!;
    };
    const [own, others] = [await interfaceAt(sw.port(name)), await interfaceAt(port)];
    await sw.vsctl(['del-port', sw.bridge, others, '--', 'del-port', sw.bridge, own]);
    const request = ['set', 'Interface', own, `ofport_request=${port}`];
    await sw.vsctl(['add-port', sw.bridge, own, '--', ...request]);
  }

  agentSocket(name: string): string {
    return this.file(`${name}/agent.sock`);
  }

  async startAgent(name: string, ...options: string[]): Promise<RunningCommand> {
    const agent = await startAgent(this.host(name), this.agentSocket(name), options);
    this.agents.set(name, agent);
    return agent;
  }

  agent(name: string): RunningCommand {
    return this.agents.get(name)!;
  }

  /** Round-trip time and loss (of each direction) between observer and server. */
  async shape(roundTripMs: number, loss = '0%'): Promise<void> {
    const link = this.network.link('observer', 'server');
    await link.setDelay(`${roundTripMs / 2}ms`);
    await link.setLoss(loss);
  }

  /** Requests from a client, from addresses of its agent. Rejects also when the server died meanwhile. */
  async run(name: string, family: 4 | 6, request: Asked, halfway?: () => Promise<void>): Promise<RunReport> {
    const report = await runHopping(this.host(name), this.requestOf(name, family, request), halfway);
    this.server.check();
    return report;
  }

  /** Runs of one client at once, over the families given. Rejects also when the server died meanwhile. */
  async runAll(name: string, runs: readonly (Asked & { family: 4 | 6 })[]): Promise<RunReport[]> {
    const requests = runs.map(({ family, ...request }) => this.requestOf(name, family, request));
    const reports = await runHoppings(this.host(name), requests);
    this.server.check();
    return reports;
  }

  /** What passes the observer, outside the network, while `during` runs. */
  async observe(during: () => Promise<void>, port?: number): Promise<Seen[]> {
    await using capture = await this.network
      .link('observer', 'server')
      .capture({ node: 'observer', filter: 'udp', snapshotLength: 200 });
    await during();
    const { file } = await capture.stop();
    return readObserved(readFileSync(file), port);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.network?.stop();
    await this.controller?.stop();
    await rm(this.folder, { recursive: true, force: true });
  }

  private requestOf(name: string, family: 4 | 6, request: Asked): RunRequest {
    const remote = family === 4 ? SERVER4 : SERVER6;
    return { remote, authority: this.server.authority, agent: this.agentSocket(name), ...request };
  }

  private async build(): Promise<void> {
    const socket = this.file('openflow.sock');
    const config = {
      listen: [`punix:${socket}`],
      discovery: { enabled: false },
      apps: [{ mimiq: mimiqSettings({ store: this.file('mimiq.db'), ...FAST_HOPPING }) }],
    };
    await writeFile(this.file('cloakflow.yaml'), JSON.stringify(config));
    await this.startController();
    this.network = await emulate('mimiq', { controller: `unix:${socket}` });
    await addTunnelPorts(this.network);
    await this.connected();
    await tunnelsReady(this.network);
    this.server = new QuicServer(this.host('server'), this.file('server'), this.files, [SERVER4, SERVER6]);
    await this.server.start();
  }

  /** Runs the command line on a host and leaves it running; resolves when it has printed `ready`. */
  async cloakflow(name: string, args: readonly string[], ready: RegExp): Promise<RunningCommand> {
    const command = await this.host(name).spawn([process.execPath, CLI, ...args]);
    await command.printed(ready, 30_000);
    return command;
  }

  file(name: string): string {
    return join(this.folder, name);
  }
}

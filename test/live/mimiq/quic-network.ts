import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Capture, Namespace, type RunningCommand } from '../../../mininet/driver/index.js';
import type { RunReport, RunRequest } from '../../../mininet/traffic/hopping-program.js';
import { readObserved, type Seen } from '../../../mininet/traffic/quic-observer.js';
import { QUIC_PORT, QuicServer, quicServerProgram } from '../../../mininet/traffic/quic-server.js';

const DELAY_LINE = fileURLToPath(new URL('../../../../native/build/delay-line', import.meta.url));
const RUN = fileURLToPath(new URL('../../../mininet/traffic/hopping-program.js', import.meta.url));

export interface QuicNetworkOptions {
  family: 4 | 6;
  /** Addresses of the client. */
  addresses: number;
  roundTripMs: number;
  /** Of a million packets, each way. */
  lossPpm?: number;
  /** What the server has, instead of a small and a large file. */
  files?: Record<string, Buffer>;
}

/** What a run is asked for; the network knows the rest. */
export type RequestOptions = Omit<RunRequest, 'remote' | 'port' | 'authority' | 'addresses'> &
  Partial<RunRequest>;

/** True where Debian's ngtcp2-server and the delay line are installed. */
export function quicNetworkPossible(): boolean {
  return process.getuid?.() === 0 && existsSync(DELAY_LINE) && quicServerProgram() !== undefined;
}

/** A client with many addresses, a wire with delay and loss, and an unmodified QUIC server. */
export class QuicNetwork {
  readonly port = QUIC_PORT;
  readonly serverAddress: string;
  readonly clientAddresses: readonly string[];
  readonly authority: string;
  readonly files: Record<string, Buffer>;
  private readonly client: Namespace;
  private readonly middle: Namespace;
  private readonly server: Namespace;
  private readonly folder: string;
  private quicServer: QuicServer | undefined;

  private constructor(spaces: readonly Namespace[], options: QuicNetworkOptions) {
    [this.client, this.middle, this.server] = spaces as [Namespace, Namespace, Namespace];
    this.folder = mkdtempSync(join(tmpdir(), 'cloakflow-quic-'));
    this.files = options.files ?? { small: randomBytes(2700), large: randomBytes(3_000_000) };
    const host = (index: number) =>
      options.family === 4 ? `10.9.${index >> 8}.${index & 255}` : `fd09::${index.toString(16)}`;
    this.serverAddress = host(1);
    this.clientAddresses = Array.from({ length: options.addresses }, (_, index) => host(index + 16));
    this.authority = join(this.folder, 'cert.pem');
  }

  static async create(options: QuicNetworkOptions): Promise<QuicNetwork> {
    const spaces = await Promise.all([Namespace.create(), Namespace.create(), Namespace.create()]);
    const network = new QuicNetwork(spaces, options);
    try {
      await network.build(options);
      await network.startServer();
      return network;
    } catch (error) {
      await network.close();
      throw error;
    }
  }

  /** Starts the server (again), as a fresh process. */
  startServer(options: readonly string[] = []): Promise<void> {
    return this.quicServer!.start(this.serverAddress, options);
  }

  /** What the server said when it ended by itself; undefined while it runs. */
  get serverFault(): string | undefined {
    return this.quicServer!.fault;
  }

  async stopServer(): Promise<void> {
    await this.quicServer!.stop();
  }

  /** Runs requests from the client's namespace, in a process of its own; `halfway` is called after half of them. Rejects also when the server died meanwhile. */
  async run(request: RequestOptions, halfway?: () => Promise<void>): Promise<RunReport> {
    const whole: RunRequest = {
      remote: this.serverAddress,
      authority: this.authority,
      addresses: this.clientAddresses,
      ...request,
    };
    const running = await this.client.spawn([process.execPath, RUN, JSON.stringify(whole)]);
    if (halfway !== undefined) {
      await running.printed(/^halfway$/m);
      await halfway();
    }
    const { exitCode } = await running.exited;
    if (exitCode !== 0) throw new Error(running.stderr);
    this.quicServer!.check();
    return JSON.parse(running.stdout.trim().split('\n').at(-1)!) as RunReport;
  }

  /** Any command in the client's namespace. */
  async command(argv: readonly string[]) {
    return this.client.run(argv);
  }

  /** A command that goes on, in the client's namespace. */
  start(argv: readonly string[]): Promise<RunningCommand> {
    return this.client.spawn(argv);
  }

  /** Lines of shell in the server's namespace. */
  async atServer(lines: readonly string[]): Promise<void> {
    await this.server.script([...lines]);
  }

  /** Captures beside the server while `during` runs. */
  async observe(during: () => Promise<void>): Promise<Seen[]> {
    const filter = `udp port ${QUIC_PORT}`;
    await using capture = await Capture.start('eth0', { filter, snapshotLength: 200 }, (argv, options) =>
      this.server.spawn(argv, options),
    );
    await during();
    return readObserved(await (await capture.stop()).bytes());
  }

  async close(): Promise<void> {
    await Promise.all([this.client, this.middle, this.server].map(space => space.close()));
    rmSync(this.folder, { recursive: true, force: true });
  }

  private async build(options: QuicNetworkOptions): Promise<void> {
    const { folder, client, middle, server } = this;
    this.quicServer = new QuicServer(server, folder, this.files, [this.serverAddress]);
    const bits = options.family === 4 ? 16 : 64;
    const nodad = options.family === 6 ? 'nodad' : '';
    const addresses = { wa: this.clientAddresses, wb: [this.serverAddress] };
    for (const [space, name] of [
      [client, 'wa'],
      [server, 'wb'],
    ] as const) {
      await middle.script([
        `ip link add ${name} type veth peer name eth0 netns ${space.pid}`,
        `ip link set ${name} up`,
      ]);
      const batch = join(folder, `${name}.batch`);
      writeFileSync(
        batch,
        addresses[name].map(address => `addr add ${address}/${bits} dev eth0 ${nodad}\n`).join(''),
      );
      await space.script([
        'echo 0 > /proc/sys/net/ipv6/conf/eth0/disable_ipv6',
        'ip link set eth0 up',
        `ip -batch ${batch}`,
      ]);
    }
    const half = Math.round((options.roundTripMs / 2) * 1e6);
    const line = await middle.spawn([
      DELAY_LINE,
      `--delay-ns=${half}`,
      `--loss-ppm=${options.lossPpm ?? 0}`,
      '--queue-bytes=8388608',
      'wa',
      'wb',
    ]);
    await line.printed(/^ready$/m);
  }
}

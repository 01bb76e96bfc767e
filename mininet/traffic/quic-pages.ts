import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { type EmulatedHost, EmulationError, type RunningCommand, until } from '../driver/index.js';

const PROGRAM = fileURLToPath(new URL('./quic-page-program.js', import.meta.url));
export const QUIC_PORT = 4433;

export interface PageProgramOptions {
  /** Of the client; on its interface already. */
  addresses: readonly string[];
  remote: string;
  port: number;
  /** PEM file by which the server is trusted. */
  authority: string;
}

export interface PageJob {
  /** As `parseStrategy` reads it. */
  strategy: string;
  /** Paths; those of one wave are asked for at once, the next wave when all of the last are there. */
  waves: readonly (readonly string[])[];
  /** Times that all waves are loaded, over one connection. */
  repeat: number;
}

export interface PageReport {
  /** From the first packet of the connection to the last byte. */
  milliseconds: number;
  bytes: number;
  /** Requests that failed, by reason. */
  failed: Record<string, number>;
  /** Changes of address that were made, and that could not be. */
  hops: number;
  refused: number;
  /** What the client would have sent without them. */
  baselinePackets: number;
}

/** A client program on a host. */
export class QuicPages implements AsyncDisposable {
  private readonly command: RunningCommand;
  private readonly waiting: ((line: string | undefined) => void)[] = [];

  private constructor(command: RunningCommand) {
    this.command = command;
    const lines = createInterface({ input: command.output! });
    lines.on('line', line => {
      if (line !== 'ready') this.waiting.shift()?.(line);
    });
    void command.exited.then(() => {
      for (const give of this.waiting.splice(0)) give(undefined);
    });
  }

  static async start(host: EmulatedHost, options: PageProgramOptions): Promise<QuicPages> {
    const command = await host.spawn([process.execPath, PROGRAM, JSON.stringify(options)], { keep: 4096 });
    const pages = new QuicPages(command);
    await command.printed(/^ready$/m, 30_000);
    return pages;
  }

  /** @throws EmulationError `command-failed` when the program has ended */
  async load(job: PageJob): Promise<PageReport> {
    const line = await new Promise<string | undefined>(resolve => {
      this.waiting.push(resolve);
      if (this.command.exit !== undefined) resolve(undefined);
      else this.command.stdin!.write(`${JSON.stringify(job)}\n`);
    });
    if (line !== undefined) return JSON.parse(line) as PageReport;
    throw new EmulationError('command-failed', `the QUIC client ended: ${this.command.stderr.slice(-2000)}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.command.stop('SIGKILL');
  }
}

const SERVERS = ['/usr/sbin/gtlsserver', '/usr/bin/gtlsserver'];

/** Debian's ngtcp2 server, which knows nothing of hops, over the files of a folder. */
export async function startQuicServer(
  host: EmulatedHost,
  address: string,
  files: { root: string; key: string; certificate: string },
): Promise<RunningCommand> {
  const argv = ['-q', '-d', files.root, address, String(QUIC_PORT), files.key, files.certificate];
  const program = (
    await host.run(['sh', '-c', `ls ${SERVERS.join(' ')} 2> /dev/null | head -1`])
  ).stdout.trim();
  const server = await host.spawn([program, ...argv]);
  await until('the QUIC server', async () => {
    if (server.exit !== undefined)
      throw new EmulationError('command-failed', `${program} ended: ${server.stderr.slice(-2000)}`);
    return (await host.run(['ss', '-lunH'])).stdout.includes(`:${QUIC_PORT} `);
  });
  return server;
}

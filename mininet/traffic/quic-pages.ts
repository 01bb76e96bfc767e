import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { type EmulatedHost, EmulationError, type RunningCommand } from '../driver/index.js';

const PROGRAM = fileURLToPath(new URL('./quic-page-program.js', import.meta.url));

export interface PageProgramOptions {
  /** Of the client, on its interface already; or the socket of its agent. */
  addresses: readonly string[] | { agent: string };
  remote: string;
  /** PEM file by which the server is trusted. */
  authority: string;
}

export interface PageJob {
  /** As `parseStrategy` reads it. */
  strategy: string;
  /** Paths; those of one wave are asked for at once, the next wave when all of the last are there. */
  waves: readonly (readonly string[])[];
  /** Milliseconds after which it is given up; a minute when absent. */
  patience?: number;
  /** Times that all waves are loaded, over one connection. */
  repeat: number;
}

export interface PageReport {
  /** From the first packet of the connection to the last byte; `began` in microseconds since 1970. */
  began: number;
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
    throw new EmulationError(
      'command-failed',
      `the QUIC client ended (${this.command.exit?.exitCode}): ${this.command.stderr.slice(-2000)}`,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.command.stop('SIGKILL');
  }
}

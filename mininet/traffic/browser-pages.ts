import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { type EmulatedHost, EmulationError, type RunningCommand } from '../driver/index.js';
import type { PageContent } from './page-content.js';

export const CHROMIUM = '/usr/bin/chromium';
const PROGRAM = fileURLToPath(new URL('./browser-program.js', import.meta.url));
const SERVER = fileURLToPath(new URL('./page-server-program.js', import.meta.url));
const PATIENCE = 90_000;

export interface PageServerOptions {
  /** Of the cloud. */
  domain: string;
  /** By pseudonym. */
  capabilities: Readonly<Record<string, string>>;
  /** On the loopback of the host. */
  ports: Readonly<Record<'plain' | 'guarded' | 'defended' | 'laddered', number>>;
  pages: Readonly<Record<string, PageContent>>;
  /** Factor between the sizes that pages have with decoys. */
  ladder: number;
}

export interface BrowserProgramOptions {
  program: string;
  /** Names that it may know. */
  addresses: Readonly<Record<string, string>>;
  /** Folder with the NSS database of its user. */
  home: string;
}

export interface BrowserJob {
  url: string;
  /** Pictures that the page shows in the end. */
  images: number;
  /** Whether the visitor stays until the page has fetched its decoys. */
  stay?: boolean;
  /** Milliseconds. */
  patience: number;
  /** A SOCKS proxy on the loopback, which resolves the name: its port. */
  socks?: number;
}

export interface BrowserReport {
  /** Microseconds since 1970. */
  began: number;
  milliseconds: number;
  /** Of the page; 0 when it did not load. */
  status: number;
  error?: string;
}

export async function startPageServer(
  host: EmulatedHost,
  options: PageServerOptions,
): Promise<RunningCommand> {
  const server = await host.spawn([process.execPath, SERVER, JSON.stringify(options)]);
  await server.printed(/^ready$/m, PATIENCE);
  return server;
}

/** A Chromium on a host. */
export class BrowserPages implements AsyncDisposable {
  private readonly command: RunningCommand;
  private readonly waiting: ((line: string | undefined) => void)[] = [];

  private constructor(command: RunningCommand) {
    this.command = command;
    createInterface({ input: command.output! }).on('line', line => {
      if (line !== 'ready') this.waiting.shift()?.(line);
    });
    void command.exited.then(() => {
      for (const give of this.waiting.splice(0)) give(undefined);
    });
  }

  static async start(host: EmulatedHost, options: BrowserProgramOptions): Promise<BrowserPages> {
    const command = await host.spawn([process.execPath, PROGRAM, JSON.stringify(options)], { keep: 4096 });
    const pages = new BrowserPages(command);
    await command.printed(/^ready$/m, PATIENCE);
    return pages;
  }

  /** Loads pages at the same time. @throws EmulationError `command-failed` when Chromium has ended */
  async visit(jobs: readonly BrowserJob[]): Promise<BrowserReport[]> {
    const line = await new Promise<string | undefined>(resolve => {
      this.waiting.push(resolve);
      if (this.command.exit !== undefined) resolve(undefined);
      else this.command.stdin!.write(`${JSON.stringify(jobs)}\n`);
    });
    if (line !== undefined) return JSON.parse(line) as BrowserReport[];
    throw new EmulationError('command-failed', `the browser ended: ${this.command.stderr.slice(-2000)}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.command.stdin!.end();
    const timer = setTimeout(() => this.command.kill('SIGKILL'), 10_000);
    await this.command.exited;
    clearTimeout(timer);
  }
}

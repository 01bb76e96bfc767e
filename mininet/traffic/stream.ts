import { fileURLToPath } from 'node:url';
import { type EmulatedHost, type RunningCommand, until } from '../driver/index.js';

const ECHO_PORT = 7777;
const program = (name: string) => fileURLToPath(new URL(`./${name}-program.js`, import.meta.url));

/** Answers every stream. */
export async function startEcho(server: EmulatedHost): Promise<RunningCommand> {
  const echo = await server.spawn([process.execPath, program('echo'), String(ECHO_PORT)]);
  await echo.printed(/^ready$/m);
  return echo;
}

/** How many datagrams were sent, and the numbers of those whose answer has not come. */
export interface StreamState {
  readonly sent: number;
  readonly missing: readonly number[];
}

/** Numbered datagrams from a client to the echo server and back. */
export class Stream {
  private readonly command: RunningCommand;
  private lastMark = 0;

  private constructor(command: RunningCommand) {
    this.command = command;
  }

  static async start(client: EmulatedHost, server: string, intervalMs: number): Promise<Stream> {
    const argv = [process.execPath, program('stream'), server, String(ECHO_PORT), String(intervalMs)];
    return new Stream(await client.spawn(argv));
  }

  /** From now on datagrams leave from `address`. */
  async hop(address: string): Promise<void> {
    this.command.stdin!.write(`from ${address}\n`);
    await this.command.printed(new RegExp(`^from ${address}$`, 'm'));
  }

  close(address: string): void {
    this.command.stdin!.write(`close ${address}\n`);
  }

  /** Where the stream is now: what is missing may be on its way. */
  async now(): Promise<StreamState> {
    const mark = ++this.lastMark;
    this.command.stdin!.write(`now ${mark}\n`);
    const [, text] = await this.command.printed(new RegExp(`^now ${mark} (.*)$`, 'm'));
    return JSON.parse(text!);
  }

  /** Waits until `count` more datagrams have been sent. */
  async more(count: number): Promise<void> {
    const { sent } = await this.now();
    await until(`${count} more datagrams`, async () => (await this.now()).sent >= sent + count);
  }

  /** Waits until everything that has been sent by now is back, or `patience` ms: what is not back then is lost. */
  async settled(patience = 20_000): Promise<void> {
    const { sent } = await this.now();
    const end = performance.now() + patience;
    const isBack = async () => (await this.now()).missing.every(number => number > sent);
    await until('what was sent', async () => (await isBack()) || performance.now() > end, {
      timeout: 2 * patience,
    });
  }

  /** Ends the stream; what is missing then is lost. */
  async stop(): Promise<StreamState> {
    this.command.stdin!.write('stop\n');
    await until('the end of the stream', () => this.command.exit !== undefined);
    return JSON.parse(this.command.stdout.trim().split('\n').at(-1)!);
  }
}

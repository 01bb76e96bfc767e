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

/** Numbered datagrams from a client to the echo server and back. */
export class Stream {
  private readonly command: RunningCommand;

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

  /** Ends the stream: how many datagrams were sent, and the numbers of those whose answer has not come. */
  async stop(): Promise<{ sent: number; missing: number[] }> {
    this.command.stdin!.write('stop\n');
    await until('the end of the stream', () => this.command.exit !== undefined);
    return JSON.parse(this.command.stdout.trim().split('\n').at(-1)!);
  }
}

import { fileURLToPath } from 'node:url';
import type { EmulatedHost, RunningCommand } from '../../../mininet/driver/index.js';

const PROGRAM = fileURLToPath(new URL('./frame-program.js', import.meta.url));

/** Sends frames as they are from a host's interface. */
export class FrameSender {
  private readonly command: RunningCommand;
  private sent = 0;

  private constructor(command: RunningCommand) {
    this.command = command;
  }

  static async start(host: EmulatedHost): Promise<FrameSender> {
    const command = await host.spawn([process.execPath, PROGRAM, 'eth0']);
    await command.printed(/^ready$/m);
    return new FrameSender(command);
  }

  /** Resolves when the frame is on the wire. */
  async send(frame: Uint8Array): Promise<void> {
    this.command.stdin!.write(`${Buffer.from(frame).toString('hex')}\n`);
    this.sent++;
    await this.command.printed(new RegExp(`(sent\\n){${this.sent}}`));
  }
}

import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { CHANGE_LIMIT } from '../change-limit.js';
import { TenantError } from '../tenant-error.js';
import type { RunAs } from './privileges.js';

const REPAIR_CAPABILITIES = '+net_admin,+net_bind_service';
/** Answers each line of its input with how the command ended; one that hangs is killed, or nothing would ever come after it. */
const LOOP =
  'while read -r line; do ' +
  `if timeout -k 1 ${CHANGE_LIMIT / 1000} "$@" >/dev/null 2>&1; then echo ok; else echo failed; fi; done`;

/** A child of the agent that keeps a right which the agent gives up. It ends with the agent. */
export class HelperProcess {
  /** Rejects with TenantError `helper-failed` when the child ends although nobody closed it. */
  readonly lost: Promise<never>;
  private readonly child: ChildProcess;
  private isClosed = false;
  private readonly waiting: ((line: string | undefined) => void)[] = [];

  private constructor(argv: readonly string[]) {
    const [program, ...words] = argv;
    this.child = spawn(program!, words, { stdio: ['pipe', 'pipe', 'inherit'] });
    createInterface({ input: this.child.stdout! }).on('line', line => this.waiting.shift()?.(line));
    this.lost = new Promise((_, reject) => {
      const ended = () => {
        for (const tell of this.waiting.splice(0)) tell(undefined);
        if (!this.isClosed) reject(lost(program!));
      };
      this.child.on('error', ended);
      this.child.on('close', ended);
    });
    this.lost.catch(() => {});
    this.child.stdin!.on('error', () => {});
  }

  /**
   * `native/tcp-repair` as the agent's user, with the two capabilities that it needs.
   *
   * @throws TenantError `helper-failed`
   */
  static async repair(
    program: string,
    { socket, deliver, port }: { socket: string; deliver: string; port: number },
    { uid, gid }: RunAs,
  ): Promise<HelperProcess> {
    const user = uid === 0 ? [] : [`--reuid=${uid}`, `--regid=${gid}`, '--clear-groups'];
    const kept = ['--inh-caps', '--ambient-caps', '--bounding-set'].map(
      set => `${set}=-all,${REPAIR_CAPABILITIES}`,
    );
    const confined = ['setpriv', ...user, '--no-new-privs', ...kept];
    const words = [program, socket, deliver, String(uid), String(port)];
    const helper = new HelperProcess(isRoot() ? [...confined, ...words] : words);
    if ((await helper.line()) !== 'ready') throw failed('tcp-repair does not start');
    return helper;
  }

  /** Runs one command whenever it is asked to, as the user that started the agent and without any capability. */
  static command(argv: readonly string[]): HelperProcess {
    const sets = ['--inh-caps', '--ambient-caps', '--bounding-set'].map(set => `${set}=-all`);
    const confined = isRoot() ? ['setpriv', '--no-new-privs', ...sets] : [];
    return new HelperProcess([...confined, 'sh', '-c', LOOP, 'sh', ...argv]);
  }

  /** @throws TenantError `helper-failed` */
  async run(): Promise<void> {
    const answer = this.line();
    this.child.stdin!.write('\n');
    if ((await answer) !== 'ok') throw failed('the command that reloads the web server failed');
  }

  get running(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null && this.child.pid !== undefined;
  }

  /** Closes its input, which ends the loop, and asks it to end. */
  close(): void {
    this.isClosed = true;
    this.child.stdin!.end();
    this.child.kill();
  }

  private line(): Promise<string | undefined> {
    if (!this.running) return Promise.resolve(undefined);
    return new Promise(resolve => this.waiting.push(resolve));
  }
}

/** Who is not root has nothing to give up, and cannot. */
function isRoot(): boolean {
  return process.getuid!() === 0;
}

function lost(program: string): TenantError {
  return new TenantError('helper-failed', `a helper of the agent (${program}) has ended`, {
    mend: 'Start the agent again, by its service manager: it has given up the right to start the helper itself.',
  });
}

function failed(why: string): TenantError {
  return new TenantError('helper-failed', why);
}

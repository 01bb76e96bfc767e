import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import type { Readable, Writable } from 'node:stream';
import { EmulationError } from './errors.js';

export interface SpawnOptions {
  env?: NodeJS.ProcessEnv;
  cwd?: string;
  /** Aborting it kills the command with SIGKILL. */
  signal?: AbortSignal | undefined;
  /** `pipe` (default) collects the output; `inherit` lets the command use the caller's terminal. */
  stdio?: 'pipe' | 'inherit';
  /** Bytes that stay readable in `stdout` and `stderr`, the newest ones; 1 MiB when absent. */
  keep?: number;
}

export interface Exit {
  /** As a shell gives it: 128 + number for a command that a signal ended. */
  exitCode: number;
  /** The signal that ended the command, if one did. */
  killedBy: NodeJS.Signals | undefined;
}

/** Keeps the newest bytes of a stream. */
class Tail {
  private chunks: Buffer[] = [];
  private size = 0;
  private readonly keep: number;

  constructor(keep: number) {
    this.keep = keep;
  }

  push(chunk: Buffer): void {
    this.chunks.push(chunk);
    this.size += chunk.length;
    while (this.chunks.length > 1 && this.size - this.chunks[0]!.length >= this.keep)
      this.size -= this.chunks.shift()!.length;
  }

  bytes(): Buffer {
    return Buffer.concat(this.chunks);
  }
}

/**
 * A command that runs, in this or another namespace. It is killed when this process dies, however it dies
 * (parent-death signal; what it forked into the background is not).
 */
export class RunningCommand implements AsyncDisposable {
  readonly argv: readonly string[];
  readonly pid: number;
  readonly stdin: Writable | undefined;
  /** The raw streams, for a caller who wants every byte; undefined with `stdio: 'inherit'`. */
  readonly output: Readable | undefined;
  readonly errorOutput: Readable | undefined;
  /** Settles, never rejects, when the command has ended and its output is read. */
  readonly exited: Promise<Exit>;
  exit: Exit | undefined;
  private readonly child: ChildProcess;
  private readonly outTail: Tail;
  private readonly errTail: Tail;
  private readonly watchers = new Set<() => void>();

  private constructor(argv: readonly string[], child: ChildProcess, keep: number) {
    this.argv = argv;
    this.child = child;
    this.pid = child.pid!;
    this.stdin = child.stdin ?? undefined;
    this.output = child.stdout ?? undefined;
    this.errorOutput = child.stderr ?? undefined;
    this.outTail = new Tail(keep);
    this.errTail = new Tail(Math.max(keep, 1 << 16));
    // A command may end without reading its input.
    child.stdin?.on('error', () => {});
    child.stdout?.on('data', (chunk: Buffer) => this.received(this.outTail, chunk));
    child.stderr?.on('data', (chunk: Buffer) => this.received(this.errTail, chunk));
    this.exited = new Promise(resolve => {
      child.on('close', (code, killedBy) => {
        this.exit = {
          exitCode: code ?? 128 + constants.signals[killedBy!],
          killedBy: killedBy ?? undefined,
        };
        for (const watcher of [...this.watchers]) watcher();
        resolve(this.exit);
      });
    });
  }

  /**
   * Starts `argv` behind the words of `prefix` (how to get into a namespace). Resolves when the process exists.
   * A command that does not exist is `command-missing` here without a prefix, and exit code 127 with one.
   */
  static async spawn(
    argv: readonly string[],
    options: SpawnOptions = {},
    prefix: readonly string[] = [],
  ): Promise<RunningCommand> {
    const { env = process.env, cwd, signal, stdio = 'pipe', keep = 1 << 20 } = options;
    signal?.throwIfAborted();
    const whole = ['setpriv', '--pdeathsig', 'KILL', '--', ...prefix, ...argv];
    const child = spawn(whole[0]!, whole.slice(1), { env, cwd, stdio });
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', cause =>
        reject(new EmulationError('command-missing', `cannot start ${argv[0]}: ${cause.message}`, { cause })),
      );
    });
    const running = new RunningCommand(argv, child, keep);
    if (signal !== undefined) {
      const abort = () => running.kill('SIGKILL');
      if (signal.aborted) abort();
      signal.addEventListener('abort', abort, { once: true });
      void running.exited.then(() => signal.removeEventListener('abort', abort));
    }
    return running;
  }

  /** What the command has printed so far (its newest part when it is more than `keep`). */
  get stdout(): string {
    return this.outTail.bytes().toString();
  }

  get stderr(): string {
    return this.errTail.bytes().toString();
  }

  get stdoutBytes(): Buffer {
    return this.outTail.bytes();
  }

  /** Sends a signal to the command; nothing happens when it has ended. */
  kill(signal: NodeJS.Signals = 'SIGTERM'): void {
    if (this.exit === undefined) this.child.kill(signal);
  }

  /** Asks the command to end, and kills it when it has not after `grace` ms. */
  async stop(signal: NodeJS.Signals = 'SIGTERM', grace = 2_000): Promise<Exit> {
    this.kill(signal);
    const timer = setTimeout(() => this.kill('SIGKILL'), grace);
    try {
      return await this.exited;
    } finally {
      clearTimeout(timer);
    }
  }

  /**
   * Waits until the output (stdout, then stderr) matches `pattern`.
   *
   * @throws EmulationError `timed-out` after `timeout` ms, `command-failed` when the command ends without it.
   */
  async printed(pattern: RegExp, timeout = 30_000): Promise<RegExpMatchArray> {
    let timer: NodeJS.Timeout | undefined;
    let look = () => {};
    try {
      return await new Promise((resolve, reject) => {
        const fail = (code: 'command-failed' | 'timed-out', what: string) =>
          reject(new EmulationError(code, `${this.argv[0]} ${what} ${pattern}: ${this.stderr.slice(-2000)}`));
        look = () => {
          const match = this.stdout.match(pattern) ?? this.stderr.match(pattern);
          if (match !== null) resolve(match);
          else if (this.exit !== undefined) fail('command-failed', 'ended before it printed');
        };
        this.watchers.add(look);
        timer = setTimeout(() => fail('timed-out', `has not printed within ${timeout} ms`), timeout);
        look();
      });
    } finally {
      clearTimeout(timer);
      this.watchers.delete(look);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  private received(tail: Tail, chunk: Buffer): void {
    tail.push(chunk);
    for (const watcher of this.watchers) watcher();
  }
}

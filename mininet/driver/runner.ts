import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { EmulationError, type EmulationErrorCode } from './errors.js';
import { runCommand } from './run-command.js';

/** Debian installs Mininet for this interpreter; the `python3` of PATH may be another. */
const PYTHON = '/usr/bin/python3';
const MAIN = fileURLToPath(new URL('../../../mininet/runner/main.py', import.meta.url));

interface Answer {
  id?: number;
  result?: unknown;
  error?: { code: EmulationErrorCode; message: string; mend: string | null };
  event?: 'died';
  what?: string;
}

interface Waiting {
  resolve(result: unknown): void;
  reject(error: EmulationError): void;
}

/**
 * The Python process that builds one network and takes it down again when it is told to, when it gets a signal, and
 * when its standard input ends, which is what happens when this process dies.
 */
export class Runner {
  /** Called when a process of the network has died by itself. */
  onDeath: (what: string) => void = () => {};
  /** Settles when the runner has ended. */
  readonly exited: Promise<void>;
  private readonly child: ChildProcess;
  private readonly waiting = new Map<number, Waiting>();
  private nextId = 1;
  private errors = '';
  private ended: EmulationError | undefined;

  private constructor(child: ChildProcess) {
    this.child = child;
    child.stdin!.on('error', () => {});
    child.stderr!.on('data', (chunk: Buffer) => {
      this.errors = (this.errors + chunk.toString()).slice(-10_000);
    });
    createInterface({ input: child.stdout! }).on('line', line => this.received(line));
    this.exited = new Promise(resolve => {
      child.on('close', (code, signal) => {
        this.end(
          new EmulationError(
            'runner-died',
            `the Mininet runner ended (${signal ?? `exit code ${code}`}): ${this.errors.trim()}`,
          ),
        );
        resolve();
      });
    });
  }

  /** @throws EmulationError `runner-missing` */
  static async start(): Promise<Runner> {
    assertInstalled();
    // In a session of its own: Ctrl-C is for this process, which then takes the network down in good order.
    const child = spawn(PYTHON, ['-B', MAIN], { stdio: 'pipe', detached: true, env: pythonEnvironment() });
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', cause =>
        reject(new EmulationError('runner-missing', `cannot start ${PYTHON}: ${cause.message}`, { cause })),
      );
    });
    return new Runner(child);
  }

  get pid(): number {
    return this.child.pid!;
  }

  /** Asks for one operation. @throws EmulationError the runner's own, or `runner-died` */
  request(op: string, fields: object = {}): Promise<unknown> {
    if (this.ended !== undefined) return Promise.reject(this.ended);
    const id = this.nextId++;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      this.child.stdin!.write(`${JSON.stringify({ id, op, ...fields })}\n`);
    });
  }

  /** Makes the runner take down whatever there is and end, also in the middle of an operation. */
  async abandon(): Promise<void> {
    this.child.stdin!.end();
    this.child.kill('SIGTERM');
    await this.exited;
  }

  private received(line: string): void {
    let answer: Answer;
    try {
      answer = JSON.parse(line) as Answer;
    } catch {
      this.errors = (this.errors + line).slice(-10_000);
      return;
    }
    if (answer.event === 'died') {
      this.onDeath(answer.what ?? 'a process');
      return;
    }
    const waiting = this.waiting.get(answer.id!);
    this.waiting.delete(answer.id!);
    if (answer.error === undefined) {
      waiting?.resolve(answer.result);
    } else {
      const { code, message, mend } = answer.error;
      waiting?.reject(new EmulationError(code, message, mend === null ? {} : { mend }));
    }
  }

  private end(error: EmulationError): void {
    this.ended = error;
    for (const { reject } of this.waiting.values()) reject(error);
    this.waiting.clear();
  }
}

export interface Leftovers {
  /** Ids of the emulations that were removed. */
  removed: string[];
  failed: { id: string; message: string }[];
}

/**
 * Removes what emulations left behind whose runner was killed: processes, namespaces, interfaces, bridges, files.
 * Networks that are in use, on this machine by whomever, are not touched.
 *
 * @throws EmulationError `runner-missing`, `command-failed`
 */
export async function cleanLeftovers(): Promise<Leftovers> {
  assertInstalled();
  const { stdout } = await runCommand([PYTHON, '-B', MAIN, 'clean'], {
    check: true,
    env: pythonEnvironment(),
  });
  return JSON.parse(stdout) as Leftovers;
}

function assertInstalled(): void {
  if (!existsSync(PYTHON))
    throw new EmulationError('runner-missing', `there is no ${PYTHON}`, {
      mend: 'apt-get install python3 mininet',
    });
  if (!existsSync(MAIN))
    throw new EmulationError('runner-missing', `there is no ${MAIN}`, { mend: 'install cloakflow again' });
}

/** Without what would lead Python to another Mininet than the system's. */
function pythonEnvironment(): NodeJS.ProcessEnv {
  const { PYTHONPATH: _path, PYTHONHOME: _home, ...rest } = process.env;
  return rest;
}

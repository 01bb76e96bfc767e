import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { CodedError } from '../../../controller/coded-error.js';
import type { Endpoint } from './relay-connection.js';

const PROGRAM = fileURLToPath(new URL('./relay-main.js', import.meta.url));

export interface RelayOptions {
  /** Where it listens, of each family at most one. */
  readonly addresses: readonly string[];
  readonly port: number;
  readonly connections: number;
  readonly perSource: number;
  /** Milliseconds for a ClientHello, and for a tenant to answer. */
  readonly patience: number;
}

export interface RelayQuestion {
  readonly id: number;
  readonly name: string;
  /** What stands for the client. */
  readonly source: string;
}

export interface RelayAnswer {
  readonly id: number;
  readonly endpoint?: Endpoint | undefined;
}

export class RelayError extends CodedError<'relay-failed'> {}

/** The words that start the relay. */
export const relayCommand = (options: RelayOptions): string[] => [
  process.execPath,
  PROGRAM,
  JSON.stringify(options),
];

/** Answers a relay's questions. Resolves when it listens, and rejects when it ends before. */
export function serveRelay(
  { stdin, stdout }: { stdin: Writable; stdout: Readable },
  lookUp: (question: RelayQuestion) => Promise<Endpoint | undefined>,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const answer = (id: number, endpoint?: Endpoint) =>
      stdin.write(`${JSON.stringify({ id, endpoint } satisfies RelayAnswer)}\n`);
    stdin.on('error', () => {});
    createInterface({ input: stdout })
      .on('line', line => {
        if (line === 'ready') {
          resolve();
          return;
        }
        const question = JSON.parse(line) as RelayQuestion;
        const { id } = question;
        lookUp(question).then(
          endpoint => answer(id, endpoint),
          () => answer(id),
        );
      })
      .on('close', () => reject(notStarted()));
  });
}

/**
 * Starts the relay on this machine. After the function returned it takes no more connections, and ends with the last that it
 * has. Throws RelayError.
 */
export async function startRelay(
  options: RelayOptions,
  lookUp: (question: RelayQuestion) => Promise<Endpoint | undefined>,
  ended: () => void,
): Promise<() => void> {
  const [program, ...words] = relayCommand(options);
  const child = spawn(program!, words, { stdio: ['pipe', 'pipe', 'inherit'] });
  let isClosing = false;
  child.on('error', () => {});
  try {
    await serveRelay(child, lookUp);
  } catch (error) {
    child.kill();
    throw error;
  }
  child.on('exit', () => {
    if (!isClosing) ended();
  });
  return () => {
    isClosing = true;
    child.stdin.end();
    child.stdout.destroy();
    child.unref();
  };
}

function notStarted(): RelayError {
  return new RelayError('relay-failed', 'the relay of the strategy `proxy` does not start', {
    mend: 'See that the addresses of `proxy` are this machine’s, and that nothing else listens on their port.',
  });
}

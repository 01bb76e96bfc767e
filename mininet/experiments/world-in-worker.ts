import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { Condition, RunContext, Values, World } from './experiment.js';
import { ExperimentError, type ExperimentErrorCode } from './experiment-error.js';

const MAIN = new URL('./world-worker.js', import.meta.url);

/** Whose function `open` makes the world, and how much the world may keep. */
export interface WorkerWorld {
  /** Module with a function `open` that takes a RunContext. */
  module: URL;
  /** MiB of JavaScript objects; Node gives a process 4,144 at most, whatever the machine has. */
  heapMiB: number;
}

/** What the worker is asked; it answers each `call` once. */
export type ToWorker =
  | { call: number; do: 'open' }
  | { call: number; do: 'measure'; condition: Condition; repetition: number }
  | { call: number; do: 'close' }
  | { abort: true };

export type FromWorker =
  | { call: number; value: Values | undefined }
  | { call: number; error: { message: string; code?: string; mend?: string } }
  | { progress: string };

export type WorkerContext = Pick<RunContext, 'parameters' | 'conditions' | 'scratch'>;

interface Waiting {
  resolve: (value: Values | undefined) => void;
  reject: (error: Error) => void;
}

/** A world in a thread that has a heap of its own size. It keeps nothing beside the result, and concludes nothing. */
export async function openInWorker({ module, heapMiB }: WorkerWorld, context: RunContext): Promise<World> {
  const { parameters, conditions, scratch, signal, progress } = context;
  const worker = new Worker(MAIN, {
    workerData: { module: module.href, context: { parameters, conditions, scratch } satisfies WorkerContext },
    resourceLimits: { maxOldGenerationSizeMb: heapMiB },
  });
  const waiting = new Map<number, Waiting>();
  let calls = 0;
  let ended: Error | undefined;
  const end = (error: Error) => {
    ended ??= error;
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
  };
  worker.on('message', (message: FromWorker) => {
    if ('progress' in message) return progress(message.progress);
    const { resolve, reject } = waiting.get(message.call)!;
    waiting.delete(message.call);
    if ('error' in message) reject(errorOf(message.error));
    else resolve(message.value);
  });
  worker.on('error', error =>
    end(new ExperimentError('measurement-failed', error.message, { cause: error })),
  );
  worker.on('exit', () =>
    end(new ExperimentError('measurement-failed', 'the thread of the experiment ended')),
  );
  type Call<T = ToWorker> = T extends { call: number } ? Omit<T, 'call'> : never;
  const ask = (what: Call) =>
    new Promise<Values | undefined>((resolve, reject) => {
      if (ended !== undefined) return reject(ended);
      waiting.set(++calls, { resolve, reject });
      worker.postMessage({ call: calls, ...what });
    });
  const abort = () => worker.postMessage({ abort: true } satisfies ToWorker);
  signal.addEventListener('abort', abort, { once: true });
  const stop = async () => {
    signal.removeEventListener('abort', abort);
    if (ended === undefined) await Promise.all([once(worker, 'exit'), worker.terminate()]);
  };
  try {
    await ask({ do: 'open' });
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    measure: async (condition, repetition) => (await ask({ do: 'measure', condition, repetition }))!,
    async close() {
      try {
        await ask({ do: 'close' });
      } finally {
        await stop();
      }
    },
  };
}

function errorOf({ message, code, mend }: { message: string; code?: string; mend?: string }): Error {
  if (code === undefined) return new Error(message);
  return new ExperimentError(code as ExperimentErrorCode, message, mend === undefined ? {} : { mend });
}

/** The thread in which a world of `openInWorker` lives. */
import { setMaxListeners } from 'node:events';
import { parentPort, workerData } from 'node:worker_threads';
import type { RunContext, Values, World } from './experiment.js';
import type { FromWorker, ToWorker, WorkerContext } from './world-in-worker.js';

const { module, context } = workerData as { module: string; context: WorkerContext };
const abort = new AbortController();
setMaxListeners(0, abort.signal);
const tell = (message: FromWorker) => parentPort!.postMessage(message);
let world: World | undefined;

parentPort!.on('message', (message: ToWorker) => {
  if ('abort' in message) abort.abort();
  else void answer(message);
});

async function answer(message: Exclude<ToWorker, { abort: true }>): Promise<void> {
  const { call } = message;
  try {
    tell({ call, value: await act(message) });
  } catch (error) {
    const { message: text, code, mend } = error as Error & { code?: unknown; mend?: string };
    tell({
      call,
      error: {
        message: text,
        ...(typeof code === 'string' ? { code } : {}),
        ...(mend === undefined ? {} : { mend }),
      },
    });
  }
}

async function act(message: Exclude<ToWorker, { abort: true }>): Promise<Values | undefined> {
  if (message.do === 'measure') return world!.measure(message.condition, message.repetition);
  if (message.do === 'close') await world!.close();
  else {
    const { open } = (await import(module)) as { open: (context: RunContext) => Promise<World> };
    world = await open({
      ...context,
      signal: abort.signal,
      progress: progress => tell({ progress }),
      artefacts: () => {
        throw new Error('a world in a thread keeps nothing beside the result');
      },
    });
  }
  return undefined;
}

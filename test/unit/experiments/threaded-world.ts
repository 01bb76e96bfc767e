import type { RunContext, World } from '../../../mininet/experiments/experiment.js';
import { ExperimentError } from '../../../mininet/experiments/experiment-error.js';

/** A world for a thread: says how large its heap may be, fails when told to, and ends when the run does. */
export async function open({ parameters, signal, progress }: RunContext): Promise<World> {
  const { getHeapStatistics } = await import('node:v8');
  if (parameters.settings.broken === 1)
    throw new ExperimentError('tool-missing', 'no such thing', { mend: 'get one' });
  return {
    async measure({ way }, repetition) {
      progress(`${way} #${repetition}`);
      if (way === 'out') process.exit(3);
      if (way === 'never')
        await new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('over'))));
      return { heap: getHeapStatistics().heap_size_limit / 2 ** 20 };
    },
    async close() {
      progress('closed');
    },
  };
}

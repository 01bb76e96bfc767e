import { fileURLToPath } from 'node:url';
import { runCommand } from '../driver/index.js';
import type { Concluded } from './experiment.js';
import { PYTHON } from './requirements.js';

const CLASSIFY = fileURLToPath(new URL('../../../mininet/experiments/mimiq/classify.py', import.meta.url));

/** What `classify.py` needs, for an experiment's needs. */
export const CLASSIFIER_MODULES = { sklearn: 'python3-sklearn', numpy: 'python3-numpy' } as const;

interface Evaluation {
  flows: number;
  largest?: number;
  /** Neither where a site has a single load. */
  kfp?: number[];
  cumul?: number[];
  /** Learnt from `whole` alone. */
  kfpWhole?: number[];
  cumulWhole?: number[];
}

export interface ClassifierOptions {
  folds: number;
  minimum: number;
  most: number;
  /** One of the files; those of the others are also classified by what was learnt from it alone. */
  whole?: string | undefined;
  signal: AbortSignal;
}

/** Accuracies (percent, fold by fold) over the traces of each file, and the share of its largest class. */
export async function classify(
  files: readonly string[],
  { folds, minimum, most, whole = '-', signal }: ClassifierOptions,
): Promise<Concluded[]> {
  const argv = [PYTHON, CLASSIFY, String(folds), String(minimum), String(most), whole, ...files];
  const { stdout } = await runCommand(argv, { check: true, signal });
  return (JSON.parse(stdout) as Evaluation[]).map(
    ({ flows: _, largest, ...accuracies }): Concluded =>
      largest === undefined ? {} : { ...accuracies, guess: [largest] },
  );
}

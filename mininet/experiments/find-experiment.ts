import { experiments } from './catalogue.js';
import type { Experiment } from './experiment.js';
import { ExperimentError } from './experiment-error.js';

/** @throws ExperimentError `unknown-experiment` */
export function findExperiment(name: string): Experiment {
  const found = experiments.find(experiment => experiment.name === name);
  if (found !== undefined) return found;
  throw new ExperimentError('unknown-experiment', `there is no experiment '${name}'`, {
    mend: `the experiments are ${experiments.map(experiment => experiment.name).join(', ')}`,
  });
}

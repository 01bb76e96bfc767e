import { copyFileSync, existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { experiments } from '../catalogue.js';
import { ExperimentError } from '../experiment-error.js';
import { findExperiment } from '../find-experiment.js';
import { outputFolder } from '../output-folder.js';
import { readResult } from '../result.js';
import { figureChart } from './figure-lines.js';
import { indexPage, resultPage } from './page.js';

/**
 * Writes the pages and charts of results to a folder, and copies the results beside them. Without files it writes those
 * of the results that lie there already. Returns the files written.
 *
 * @throws ExperimentError `bad-result`, `unknown-experiment`, `tool-missing`, `output-unusable`
 */
export async function writeReport(files: readonly string[], folder: string): Promise<string[]> {
  const given = files.map(file => ({ file, result: readResult(file) }));
  for (const { result } of given) findExperiment(result.experiment);
  const { lineChart } = await charts();
  outputFolder(folder);
  for (const { file, result } of given) {
    const target = join(folder, `${result.experiment}.json`);
    if (resolve(file) !== resolve(target)) copyFileSync(file, target);
  }
  const written: string[] = [];
  const write = (name: string, text: string) => {
    const path = join(folder, name);
    writeFileSync(path, text);
    written.push(path);
  };
  const entries = resultsIn(folder);
  if (entries.length === 0)
    throw new ExperimentError('bad-result', `${folder} has no results, and none were given`, {
      mend: 'make one with `cloakflow experiment run NAME`',
    });
  const wanted = new Set(given.map(({ result }) => result.experiment));
  for (const { experiment, result } of entries) {
    if (wanted.size > 0 && !wanted.has(experiment.name)) continue;
    const shown: string[] = [];
    for (const figure of experiment.figures) {
      const chart = figureChart(experiment, figure, result);
      if (chart === undefined) continue;
      write(`${experiment.name}-${figure.name}.svg`, lineChart(chart));
      shown.push(figure.name);
    }
    write(`${experiment.name}.md`, resultPage(experiment, result, shown));
  }
  write('README.md', indexPage(entries));
  return written;
}

function resultsIn(folder: string) {
  const present = new Set(existsSync(folder) ? readdirSync(folder) : []);
  return experiments
    .filter(({ name }) => present.has(`${name}.json`))
    .map(experiment => ({ experiment, result: readResult(join(folder, `${experiment.name}.json`)) }));
}

async function charts() {
  try {
    return await import('./line-chart.js');
  } catch (cause) {
    throw new ExperimentError('tool-missing', 'charts need the package echarts', {
      mend: 'run it in a checkout of cloakflow, or npm install echarts',
      cause,
    });
  }
}

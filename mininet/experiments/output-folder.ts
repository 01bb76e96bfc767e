import { existsSync, mkdirSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { ExperimentError } from './experiment-error.js';

/** The absolute path of a folder, which is made where it is not there. @throws ExperimentError `output-unusable` */
export function outputFolder(path: string): string {
  const folder = resolve(path);
  try {
    make(folder);
  } catch (cause) {
    throw new ExperimentError('output-unusable', `cannot make ${path}: ${(cause as Error).message}`, {
      cause,
    });
  }
  return folder;
}

/** One after the other: below /proc Node's own `recursive` never ends. */
function make(folder: string): void {
  if (existsSync(folder)) return;
  make(dirname(folder));
  mkdirSync(folder);
}

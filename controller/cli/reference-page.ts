import { PassThrough } from 'node:stream';
import { createProgram } from './program.js';
import { renderReference } from './reference.js';

/** Where the committed page is, seen from `dist/controller/cli`. */
export const referencePath = new URL('../../../docs/reference/cli.md', import.meta.url);

export function referenceOfThisVersion(): string {
  const stream = new PassThrough();
  return renderReference(
    createProgram({
      stdin: stream,
      stdout: stream,
      stderr: stream,
      env: {},
      exitCode: 0,
      outlivesReader: false,
    }),
  );
}

/** Runs the mocha files below one folder of `test/` and reports the counts to the parent process. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Mocha from 'mocha';
import type { GroupResult } from './run.js';

const group = process.argv[2]!;
const folder = fileURLToPath(new URL(`./${group}`, import.meta.url));
const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter(file => file.endsWith('.test.js'))
  .sort()
  .map(file => join(folder, file));

// The bound of `.mocharc.json`: it ends what hangs, also on a busy machine, and judges nobody's speed.
const mocha = new Mocha({ timeout: 300_000, reporter: 'dot', fullTrace: false });
for (const file of files) mocha.addFile(file);
await mocha.loadFilesAsync();

const runner = mocha.run(failures => {
  const result: GroupResult = {
    passed: runner.stats?.passes ?? 0,
    failed: failures,
    pending: runner.stats?.pending ?? 0,
  };
  // A test that leaves a socket or a timer behind must not keep the whole run waiting.
  const end = () => process.exit(failures === 0 ? 0 : 1);
  if (process.send) process.send(result, end);
  else end();
});

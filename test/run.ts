/**
 * Runs test groups, each in a process of its own, and ends with the line `N passed, N failed`.
 *
 *     node dist/test/run.js [--coverage] GROUP [GROUP ...]
 *
 * A group is a folder of `test/`. The exit code is 0 when every test of every group passed.
 */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export interface GroupResult {
  passed: number;
  failed: number;
  pending: number;
}

const groups = process.argv.slice(2);
const total: GroupResult = { passed: 0, failed: 0, pending: 0 };
for (const group of groups) {
  console.log(`\n== ${group}`);
  const result = await runGroup(group);
  total.passed += result.passed;
  total.failed += result.failed;
  total.pending += result.pending;
}
if (total.passed + total.failed === 0) {
  console.error('no test ran');
  total.failed = 1;
}
const skipped = total.pending > 0 ? `, ${total.pending} skipped` : '';
console.log(`\n${total.passed} passed, ${total.failed} failed${skipped}`);
process.exitCode = total.failed === 0 ? 0 : 1;

/** A group whose process dies before it reports counts as one failure. */
function runGroup(group: string): Promise<GroupResult> {
  return new Promise(resolve => {
    const child = fork(fileURLToPath(new URL('./run-group.js', import.meta.url)), [group]);
    let result: GroupResult | undefined;
    child.on('message', message => {
      result = message as GroupResult;
    });
    child.on('exit', (code, signal) => {
      if (result === undefined) console.error(`${group} ended without a result (${signal ?? code})`);
      resolve(result ?? { passed: 0, failed: 1, pending: 0 });
    });
  });
}

/**
 * Runs test groups, each in a process of its own, and ends with the line `N passed, N failed`.
 *
 *     node dist/test/run.js [--coverage] [--other-node=PATH] GROUP [GROUP ...]
 *
 * A group is a folder of `test/`, or `lint`. With `--other-node` the groups that need no root run once more on
 * that Node binary. The exit code is 0 when everything passed.
 */
import { fork, spawnSync } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

export interface GroupResult {
  passed: number;
  failed: number;
  pending: number;
}

const ROOTLESS = new Set(['unit', 'property']);
const COVERAGE = 'coverage';
const bin = (name: string) => fileURLToPath(new URL(`../../node_modules/${name}`, import.meta.url));

const { values, positionals: groups } = parseArgs({
  allowPositionals: true,
  options: { coverage: { type: 'boolean' }, 'other-node': { type: 'string' } },
});
if (values.coverage) rmSync(COVERAGE, { recursive: true, force: true });

const total: GroupResult = { passed: 0, failed: 0, pending: 0 };
for (const group of groups) {
  add(group === 'lint' ? lint() : await runGroup(group, process.execPath));
  if (values['other-node'] && ROOTLESS.has(group)) add(await runGroup(group, values['other-node']));
}
if (values.coverage) reportCoverage();
if (total.passed + total.failed === 0) {
  console.error('no test ran');
  total.failed = 1;
}
const skipped = total.pending > 0 ? `, ${total.pending} skipped` : '';
console.log(`\n${total.passed} passed, ${total.failed} failed${skipped}`);
process.exitCode = total.failed === 0 ? 0 : 1;

function add(result: GroupResult): void {
  total.passed += result.passed;
  total.failed += result.failed;
  total.pending += result.pending;
}

/** The linter and formatter count as one test. */
function lint(): GroupResult {
  console.log('\n== lint');
  const { status } = spawnSync(bin('@biomejs/biome/bin/biome'), ['check', '--error-on-warnings'], {
    stdio: 'inherit',
  });
  return status === 0 ? { passed: 1, failed: 0, pending: 0 } : { passed: 0, failed: 1, pending: 0 };
}

/** A group whose process dies before it reports counts as one failure. */
function runGroup(group: string, node: string): Promise<GroupResult> {
  const own = node === process.execPath;
  console.log(`\n== ${group}${own ? '' : ` (${node})`}`);
  const env = values.coverage && own ? { ...process.env, NODE_V8_COVERAGE: `${COVERAGE}/v8` } : process.env;
  return new Promise(resolve => {
    const child = fork(fileURLToPath(new URL('./run-group.js', import.meta.url)), [group], {
      execPath: node,
      env,
    });
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

function reportCoverage(): void {
  if (!existsSync(`${COVERAGE}/v8`)) return;
  const args = ['report', '--temp-directory', `${COVERAGE}/v8`, '--reporter', 'text-summary'];
  const scope = [
    '--include',
    'dist/controller/**',
    '--include',
    'dist/apps/**',
    '--include',
    'dist/mininet/**',
  ];
  console.log('\n== coverage');
  spawnSync(process.execPath, [bin('c8/bin/c8.js'), ...args, ...scope], { stdio: 'inherit' });
}

/**
 * Benchmarks; not part of the tests.
 *
 *     node main.js controller [--quick] [--rounds N] [--part PART ...] [--output FOLDER]
 *     node main.js mimiq [--quick] [--rounds N] [--output FOLDER]
 *
 * Prints tables, and writes controller.json, controller.svg and controller.md to docs/benchmarks (with `--quick` or
 * `--part` only where `--output` says so). Wants root, Open vSwitch, a C compiler, ovs-testcontroller and
 * os-ken: `npm run bench` installs them.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { measureController, PARTS, type Part } from './controller/benchmark.js';
import { chartOf, markdownReport, terminalReport } from './controller/report.js';
import { targetsOf } from './controller/targets.js';
import { benchMimiq } from './mimiq/benchmark.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    part: { type: 'string', multiple: true },
    output: { type: 'string' },
  },
});
const parts = (values.part ?? PARTS) as readonly Part[];
const unknown = parts.find(part => !PARTS.includes(part));
const rounds = Number(values.rounds ?? (values.quick ? 1 : 5));
const [subject, ...more] = positionals;
if (
  !['controller', 'mimiq'].includes(subject ?? '') ||
  more.length > 0 ||
  unknown !== undefined ||
  !(rounds >= 1)
) {
  console.error(
    `usage: npm run bench -- controller [--quick] [--rounds N] [--part ${PARTS.join('|')} ...] [--output FOLDER]\n       npm run bench -- mimiq [--quick] [--rounds N] [--output FOLDER]`,
  );
  process.exit(2);
}

const usual = fileURLToPath(new URL('../../../docs/benchmarks', import.meta.url));
if (subject === 'mimiq') {
  await benchMimiq({
    quick: values.quick,
    rounds,
    folder: values.output ?? (values.quick ? undefined : usual),
  });
  process.exit(0);
}

const command = ['npm run bench --', ...process.argv.slice(2).filter(word => word !== '--')].join(' ');
const result = await measureController({
  command,
  parts,
  rounds,
  quick: values.quick,
  progress: text => console.error(`bench: ${text}`),
});
console.log(terminalReport(result));
const missed = targetsOf(result).filter(target => !target.reached);
console.log(missed.length === 0 ? 'Every target is reached.' : `${missed.length} targets are not reached.`);

const isWhole = !values.quick && values.part === undefined;
const folder = values.output ?? (isWhole ? usual : undefined);
if (folder !== undefined) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'controller.json'), `${JSON.stringify(result, null, 2)}\n`);
  writeFileSync(join(folder, 'controller.md'), markdownReport(result));
  const chart = chartOf(result);
  if (chart !== undefined) writeFileSync(join(folder, 'controller.svg'), chart);
  console.log(`Written to ${folder}.`);
}
process.exit(0);

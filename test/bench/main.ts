/**
 * Benchmarks; not part of the tests.
 *
 *     node main.js controller|popsicl [--quick] [--rounds N] [--part PART ...] [--output FOLDER] [--offload]
 *     node main.js mimiq|mimiq-client [--quick] [--rounds N] [--output FOLDER]
 *
 * Prints tables, and writes SUBJECT.json, SUBJECT.svg and SUBJECT.md to docs/benchmarks (with `--quick`, `--part` or
 * `--offload` only where `--output` says so). With `--offload` hosts leave segmentation and checksums to whoever needs
 * them, which wants Open vSwitch 3.3 or later. Wants root, Open vSwitch, a C compiler and the programs to compare with:
 * `npm run bench` installs them.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { measureController, PARTS, type Part } from './controller/benchmark.js';
import { chartOf, markdownReport, terminalReport } from './controller/report.js';
import { targetsOf } from './controller/targets.js';
import { measureMimiq } from './mimiq/benchmark.js';
import { mimiqChart, mimiqMarkdownReport, mimiqTerminalReport } from './mimiq/report.js';
import { mimiqTargets } from './mimiq/targets.js';
import { measureMimiqClient } from './mimiq-client/benchmark.js';
import {
  mimiqClientChart,
  mimiqClientMarkdownReport,
  mimiqClientTerminalReport,
} from './mimiq-client/report.js';
import { mimiqClientTargets } from './mimiq-client/targets.js';
import { measurePopsicl, POPSICL_PARTS, type PopsiclPart } from './popsicl/benchmark.js';
import { popsiclChart, popsiclMarkdownReport, popsiclTerminalReport } from './popsicl/report.js';
import { popsiclTargets } from './popsicl/targets.js';
import type { Target } from './report/section.js';

const PARTS_OF = { controller: PARTS, popsicl: POPSICL_PARTS, mimiq: [], 'mimiq-client': [] } as const;
const { values, positionals } = argumentsOf();
const [subject, ...more] = positionals;
const rounds = Number(values.rounds ?? (values.quick ? 1 : subject?.startsWith('mimiq') ? 3 : 5));
const known: readonly string[] | undefined = PARTS_OF[subject as keyof typeof PARTS_OF];
if (
  known === undefined ||
  more.length > 0 ||
  values.part?.some(part => !known.includes(part)) ||
  (values.offload && subject !== 'popsicl') ||
  !(rounds >= 1)
) {
  refuse();
}

const usual = fileURLToPath(new URL('../../../docs/benchmarks', import.meta.url));
const options = {
  command: ['npm run bench --', ...process.argv.slice(2).filter(word => word !== '--')].join(' '),
  rounds,
  quick: values.quick,
  progress: (text: string) => console.error(`bench: ${text}`),
};
if (subject === 'popsicl') {
  const parts = (values.part ?? POPSICL_PARTS) as readonly PopsiclPart[];
  const result = await measurePopsicl({ ...options, parts, offload: values.offload });
  conclude(popsiclTerminalReport(result), popsiclTargets(result));
  write(result, popsiclMarkdownReport(result), popsiclChart(result));
} else if (subject === 'mimiq') {
  const result = await measureMimiq(options);
  conclude(mimiqTerminalReport(result), mimiqTargets(result));
  write(result, mimiqMarkdownReport(result), mimiqChart(result));
} else if (subject === 'mimiq-client') {
  const result = await measureMimiqClient(options);
  conclude(mimiqClientTerminalReport(result), mimiqClientTargets(result));
  write(result, mimiqClientMarkdownReport(result), mimiqClientChart(result));
} else {
  const result = await measureController({ ...options, parts: (values.part ?? PARTS) as readonly Part[] });
  conclude(terminalReport(result), targetsOf(result));
  write(result, markdownReport(result), chartOf(result));
}
process.exit(0);

function argumentsOf() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        quick: { type: 'boolean', default: false },
        rounds: { type: 'string' },
        part: { type: 'string', multiple: true },
        output: { type: 'string' },
        offload: { type: 'boolean', default: false },
      },
    });
  } catch {
    return refuse();
  }
}

function refuse(): never {
  const usage = Object.entries(PARTS_OF).map(([name, parts]) => {
    const some = parts.length > 0 ? ` [--part ${parts.join('|')} ...]` : '';
    const offload = name === 'popsicl' ? ' [--offload]' : '';
    return `npm run bench -- ${name} [--quick] [--rounds N]${some} [--output FOLDER]${offload}`;
  });
  console.error(`usage: ${usage.join('\n       ')}`);
  process.exit(2);
}

function conclude(report: string, targets: readonly Target[]): void {
  console.log(report);
  const missed = targets.filter(target => !target.reached);
  console.log(missed.length === 0 ? 'Every target is reached.' : `${missed.length} targets are not reached.`);
}

function write(result: object, markdown: string, chart: string | undefined): void {
  const isWhole = !values.quick && values.part === undefined && !values.offload;
  const folder = values.output ?? (isWhole ? usual : undefined);
  if (folder === undefined) return;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${subject}.json`), `${JSON.stringify(result, null, 2)}\n`);
  writeFileSync(join(folder, `${subject}.md`), markdown);
  if (chart !== undefined) writeFileSync(join(folder, `${subject}.svg`), chart);
  console.log(`Written to ${folder}.`);
}

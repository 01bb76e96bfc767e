import { type Bar, barChart } from '../report/chart.js';
import { figure, markdownTable, plainTable } from '../report/figures.js';
import type { ControllerBenchmark } from './benchmark.js';
import { sectionsOf } from './sections.js';

const CHARTED_WINDOW = 256;

/** The report for a terminal. */
export function terminalReport(result: ControllerBenchmark): string {
  return sectionsOf(result)
    .map(({ title, table }) => `\n${title}\n\n${plainTable(table)}`)
    .join('');
}

/** The report for the documentation; everything in it comes from `result`. */
export function markdownReport(result: ControllerBenchmark): string {
  const { machine, command, date, packetIn } = result;
  const chart = packetIn ? '\n![Packet-ins answered per CPU second](controller.svg)\n' : '';
  const versions = Object.entries(machine.versions).map(([name, version]) => `${name}: ${version}`);
  const sections = sectionsOf(result).map(
    ({ title, text, table }) => `\n## ${title}\n\n${text}\n\n${markdownTable(table)}`,
  );
  return [
    '# Benchmark of the controller\n\n',
    `Written by \`${command}\` on ${date}, from [controller.json](controller.json). Figures are medians, with the `,
    'smallest and the largest of all rounds behind them; absolute ones say as much about the machine as about ',
    'the program, ratios within one run much less.\n',
    chart,
    ...sections,
    '\n## Machine\n\n',
    `${machine.processor}, ${machine.cores} cores, ${machine.memoryGiB} GiB, Linux ${machine.kernel}; `,
    `cloakflow ${machine.cloakflow}, Node ${machine.node}; ${versions.join('; ')}.\n`,
  ].join('');
}

/** Packet-ins per CPU second as bars; undefined when they were not measured. */
export function chartOf({ packetIn }: ControllerBenchmark): string | undefined {
  if (packetIn === undefined) return undefined;
  const bars = packetIn.figures.map(({ peer, throughput }): Bar => {
    const { perCpuSecond, ratio } = throughput.find(each => each.window === CHARTED_WINDOW)!;
    const times = ratio === undefined || ratio.median < 1 ? '' : ` (1/${figure(ratio.median)})`;
    return { label: peer, value: perCpuSecond.median, text: `${figure(perCpuSecond.median)}${times}` };
  });
  return barChart('Packet-ins answered per CPU second', bars);
}

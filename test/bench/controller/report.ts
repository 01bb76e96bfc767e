import { figure } from '../../../mininet/report/figures.js';
import { type Bar, barChart } from '../report/chart.js';
import { markdownText, terminalText } from '../report/section.js';
import type { ControllerBenchmark } from './benchmark.js';
import { sectionsOf } from './sections.js';

const CHARTED_WINDOW = 256;
const CHART = 'Packet-ins answered per CPU second';

/** The report for a terminal. */
export function terminalReport(result: ControllerBenchmark): string {
  return terminalText(sectionsOf(result));
}

/** The report for the documentation; everything in it comes from `result`. */
export function markdownReport(result: ControllerBenchmark): string {
  const { machine, command, date, packetIn } = result;
  const chart = packetIn ? CHART : undefined;
  const sections = sectionsOf(result);
  return markdownText({
    ...{ subject: 'the controller', name: 'controller' },
    ...{ command, date, machine, chart, sections },
  });
}

/** Packet-ins per CPU second as bars; undefined when they were not measured. */
export function chartOf({ packetIn }: ControllerBenchmark): string | undefined {
  if (packetIn === undefined) return undefined;
  const bars = packetIn.figures.map(({ peer, throughput }): Bar => {
    const { perCpuSecond, ratio } = throughput.find(each => each.window === CHARTED_WINDOW)!;
    const times = ratio === undefined || ratio.median < 1 ? '' : ` (1/${figure(ratio.median)})`;
    return { label: peer, value: perCpuSecond.median, text: `${figure(perCpuSecond.median)}${times}` };
  });
  return barChart(CHART, bars);
}

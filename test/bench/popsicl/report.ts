import { figure } from '../../../mininet/report/figures.js';
import { type Bar, barChart } from '../report/chart.js';
import { markdownText, terminalText } from '../report/section.js';
import type { PopsiclBenchmark } from './benchmark.js';
import { WAYS } from './cloud-under-test.js';
import { popsiclSections } from './sections.js';

const CHART = 'Accesses per second, 1 KiB, a handshake each';

/** The report for a terminal. */
export function popsiclTerminalReport(result: PopsiclBenchmark): string {
  return terminalText(popsiclSections(result));
}

/** The report for the documentation; everything in it comes from `result`. */
export function popsiclMarkdownReport(result: PopsiclBenchmark): string {
  const { machine, command, date, ways } = result;
  return markdownText({
    ...{ subject: 'PoPSiCl', name: 'popsicl', command, date, machine },
    chart: ways === undefined ? undefined : CHART,
    sections: popsiclSections(result),
  });
}

/** Accesses per second as bars; undefined when they were not measured. */
export function popsiclChart({ ways }: PopsiclBenchmark): string | undefined {
  if (ways === undefined) return undefined;
  const bars = ways.rate.map(({ way, perSecond, ratio }): Bar => {
    const times = ratio === undefined ? '' : ` (${figure(ratio.median)} x)`;
    return {
      label: WAYS[way].text.replaceAll('`', ''),
      value: perSecond.median,
      text: `${figure(perSecond.median)}${times}`,
    };
  });
  return barChart(CHART, bars);
}

import { figure } from '../../../mininet/report/figures.js';
import { type Bar, barChart } from '../report/chart.js';
import { markdownText, terminalText } from '../report/section.js';
import type { MimiqClientBenchmark } from './benchmark.js';
import { mimiqClientSections } from './sections.js';

const CHART = 'Throughput with migrations, of that without (paper at 50 ms and 4: 0.90)';

/** The report for a terminal. */
export function mimiqClientTerminalReport(result: MimiqClientBenchmark): string {
  return terminalText(mimiqClientSections(result));
}

/** The report for the documentation. */
export function mimiqClientMarkdownReport(result: MimiqClientBenchmark): string {
  const { machine, command, date } = result;
  return markdownText({
    ...{ subject: "MIMIQ's clients", name: 'mimiq-client', command, date, machine },
    chart: CHART,
    sections: mimiqClientSections(result),
  });
}

/** Throughput by round trip and frequency, as bars. */
export function mimiqClientChart({ grid }: MimiqClientBenchmark): string {
  const bars = grid.figures
    .filter(({ asked }) => asked > 0)
    .map(({ roundTripMs, asked, ratio }): Bar => {
      const label = `${roundTripMs} ms, ${asked} of 100 packets`;
      return { label, value: ratio.median, text: `${figure(ratio.median)} x` };
    });
  return barChart(CHART, bars);
}

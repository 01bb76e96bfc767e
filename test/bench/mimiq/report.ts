import { figure } from '../../../mininet/report/figures.js';
import { type Bar, barChart } from '../report/chart.js';
import { markdownText, terminalText } from '../report/section.js';
import type { MimiqBenchmark } from './benchmark.js';
import { mimiqSections } from './sections.js';

const CHART = 'Addresses acknowledged per second';

/** The report for a terminal. */
export function mimiqTerminalReport(result: MimiqBenchmark): string {
  return terminalText(mimiqSections(result));
}

/** The report for the documentation. */
export function mimiqMarkdownReport(result: MimiqBenchmark): string {
  const { machine, command, date } = result;
  return markdownText({
    ...{ subject: 'MIMIQ in the network', name: 'mimiq', command, date, machine },
    chart: CHART,
    sections: mimiqSections(result),
  });
}

/** Addresses acknowledged per second as bars. */
export function mimiqChart({ allocations, dhcp }: MimiqBenchmark): string {
  const highest = Math.max(...dhcp.rates);
  const bar = (label: string, value: number): Bar => ({ label, value, text: figure(value) });
  return barChart(CHART, [
    ...allocations.figures.map(({ rules, addressesPerSecond }) =>
      bar(rules ? 'with rules confirmed' : 'without rules', addressesPerSecond.median),
    ),
    ...dhcp.figures
      .filter(({ offered, server }) => offered === highest && !server.startsWith('answers alone'))
      .map(({ server, completed }) => bar(`DHCP: ${server}`, completed.median)),
  ]);
}

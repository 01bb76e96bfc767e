import type { Table } from '../../../mininet/report/figures.js';
import { figure, markdownTable, plainTable } from '../../../mininet/report/figures.js';
import type { Machine } from '../../../mininet/report/machine.js';

/** A part of a report: what was done, and what came out. */
export interface Section {
  title: string;
  text: string;
  table: Table;
}

/** One claim, and what was measured. */
export interface Target {
  claim: string;
  limit: number;
  /** What the limit is: the least or the most that will do. */
  bound: 'at least' | 'at most';
  measured: number;
  unit: string;
  reached: boolean;
}

/** Collects the targets whose figure is there. */
export class TargetList {
  readonly targets: Target[] = [];

  add(
    claim: string,
    bound: Target['bound'],
    limit: number,
    measured: number | undefined,
    unit: string,
  ): void {
    if (measured === undefined) return;
    const reached = bound === 'at least' ? measured >= limit : measured <= limit;
    this.targets.push({ claim, bound, limit, measured, unit, reached });
  }
}

export function targetSection(text: string, targets: readonly Target[]): Section {
  return {
    title: 'Targets',
    text,
    table: {
      titles: ['', 'target', 'measured', ''],
      rows: targets.map(({ claim, bound, limit, measured, unit, reached }) => [
        claim,
        `${bound} ${figure(limit)} ${unit}`.trim(),
        `${figure(measured)} ${unit}`.trim(),
        reached ? 'reached' : 'not reached',
      ]),
    },
  };
}

export interface Report {
  /** After "Benchmark of". */
  subject: string;
  /** Name of the files. */
  name: string;
  command: string;
  date: string;
  machine: Machine;
  /** What the chart shows, if there is one. */
  chart: string | undefined;
  sections: readonly Section[];
}

/** The report for a terminal. */
export function terminalText(sections: readonly Section[]): string {
  return sections.map(({ title, table }) => `\n${title}\n\n${plainTable(table)}`).join('');
}

/** The report for the documentation. */
export function markdownText({ subject, name, command, date, machine, chart, sections }: Report): string {
  const versions = Object.entries(machine.versions).map(([program, version]) => `${program}: ${version}`);
  return [
    `# Benchmark of ${subject}\n\n`,
    `Written by \`${command}\` on ${date}, from [${name}.json](${name}.json). Figures are medians, with the `,
    'smallest and the largest of all rounds behind them; absolute ones say as much about the machine as about ',
    'the program, ratios within one run much less.\n',
    chart === undefined ? '' : `\n![${chart}](${name}.svg)\n`,
    ...sections.map(({ title, text, table }) => `\n## ${title}\n\n${text}\n\n${markdownTable(table)}`),
    '\n## Machine\n\n',
    `${machine.processor}, ${machine.cores} cores, ${machine.memoryGiB} GiB, Linux ${machine.kernel}; `,
    `cloakflow ${machine.cloakflow}, Node ${machine.node}; ${versions.join('; ')}.\n`,
  ].join('');
}

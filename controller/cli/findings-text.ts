import type { Finding, FindingStatus } from '../doctor/finding.js';
import type { Palette, Style } from './palette.js';
import { printable } from './printable.js';

const MARKS: Readonly<Record<FindingStatus, readonly [mark: string, style: Style]>> = {
  ok: ['ok      ', 'green'],
  warning: ['warning ', 'yellow'],
  problem: ['problem ', 'red'],
  skipped: ['skipped ', 'dim'],
};
const INDENT = ' '.repeat(MARKS.ok[0].length);

/** Findings as a person reads them: one line each, with explanation and mend below what is not well. */
export function formatFindings(findings: readonly Finding[], palette: Palette): string {
  const lines = findings.flatMap(({ id, status, subject, finding, explanation, mend }) => {
    const [mark, style] = MARKS[status];
    const about = subject === null ? '' : `${printable(subject)}: `;
    const name = status === 'ok' ? '' : palette('dim', ` [${id}]`);
    return [
      `${palette(style, mark)}${about}${printable(finding)}${name}`,
      ...(explanation === null ? [] : [`${INDENT}${printable(explanation)}`]),
      ...(mend === null ? [] : [`${INDENT}${palette('bold', 'mend:')} ${printable(mend)}`]),
    ];
  });
  return `${[...lines, summary(findings)].join('\n')}\n`;
}

function summary(findings: readonly Finding[]): string {
  const count = (status: FindingStatus, one: string, many: string) => {
    const number = findings.filter(finding => finding.status === status).length;
    return `${number} ${number === 1 ? one : many}`;
  };
  return `${count('problem', 'problem', 'problems')}, ${count('warning', 'warning', 'warnings')}`;
}

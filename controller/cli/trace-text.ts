import type { TableStep, TraceReport, TraceStep } from '../trace/report.js';
import type { Palette } from './palette.js';
import { printable } from './printable.js';

/** A trace as a person reads it: tables with what matched and whose it is, actions below, the verdict last. */
export function formatTrace(report: TraceReport, palette: Palette): string {
  const lines: string[] = [];
  for (const pass of report.passes) {
    if (pass.resumes !== null) lines.push('', palette('yellow', `again: ${printable(pass.resumes)}`));
    lines.push(palette('dim', `packet: ${printable(pass.flow)}`));
    for (const step of pass.steps) lines.push(...stepLines(step, 0, palette));
    if (pass.finalFlow !== null) lines.push(palette('dim', `leaves as: ${printable(pass.finalFlow)}`));
    if (pass.datapathActions !== null) {
      lines.push(palette('dim', `datapath: ${printable(pass.datapathActions)}`));
    }
  }
  lines.push('', palette('bold', printable(report.verdict.sentence)));
  return `${lines.join('\n')}\n`;
}

function stepLines(step: TraceStep, depth: number, palette: Palette): string[] {
  const indent = '  '.repeat(depth);
  const below = (next: number) => step.steps.flatMap(child => stepLines(child, next, palette));
  switch (step.kind) {
    case 'bridge':
      return [`${indent}${palette('bold', `bridge ${printable(step.name)}`)}`, ...below(depth + 1)];
    case 'table':
      return [`${indent}${tableLine(step, palette)}`, ...below(depth + 1)];
    case 'action': {
      const notes = step.notes.map(({ level, text }) => {
        const style = level === 'detail' ? 'dim' : level === 'warning' ? 'yellow' : 'red';
        return `${indent}${step.text === '' ? '' : '  '}${palette(style, `· ${printable(text)}`)}`;
      });
      const own = step.text === '' ? [] : [`${indent}${printable(step.text)}`];
      return [...own, ...notes, ...below(depth + 1)];
    }
  }
}

function tableLine(step: TableStep, palette: Palette): string {
  const name = step.tableName === null ? '' : ` ${printable(step.tableName)}`;
  const owner = step.app === null ? '' : palette('cyan', `  [${printable(step.app)}]`);
  const table = palette('bold', `table ${step.table}${name}`);
  if (step.match === null) return `${table}: ${palette('yellow', 'no flow matched')}${owner}`;
  return `${table}: ${printable(step.match) || 'any packet'}, priority ${step.priority}${owner}`;
}

import type { Spread } from './statistics.js';

/** A figure to three significant digits, thousands apart: `1,230,000`, `12.3`, `0.93`. */
export function figure(value: number): string {
  if (value === 0) return '0';
  if (Math.abs(value) >= 100) {
    const step = 10 ** (Math.floor(Math.log10(Math.abs(value))) - 2);
    return String(Math.round(value / step) * step).replace(/\B(?=(\d{3})+$)/g, ',');
  }
  return String(Number(value.toPrecision(3)));
}

/** The median, and between which values the runs lay. */
export function spreadText({ median, min, max, runs }: Spread): string {
  return runs === 1 ? figure(median) : `${figure(median)} (${figure(min)}–${figure(max)})`;
}

/** A table with its first column to the left and all others to the right. */
export interface Table {
  titles: readonly string[];
  rows: readonly (readonly string[])[];
}

export function markdownTable({ titles, rows }: Table): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |\n`;
  const rule = titles.map((_, index) => (index === 0 ? '---' : '---:'));
  return [titles, rule, ...rows].map(line).join('');
}

export function plainTable({ titles, rows }: Table): string {
  const widths = titles.map((title, index) => Math.max(title.length, ...rows.map(row => row[index]!.length)));
  const pad = (cell: string, index: number) =>
    index === 0 ? cell.padEnd(widths[index]!) : cell.padStart(widths[index]!);
  return [titles, ...rows].map(row => `${row.map(pad).join('  ').trimEnd()}\n`).join('');
}

import { type Palette, plain } from './palette.js';
import { printable } from './printable.js';

export interface Column<Row> {
  title: string;
  /** Text of the cell; null and undefined show as `-`. */
  value: (row: Row) => string | number | null | undefined;
  align?: 'left' | 'right';
}

/** Rows under their titles, columns padded to their widest cell; ends with a newline. */
export function formatTable<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  palette: Palette = plain,
): string {
  const cells = rows.map(row => columns.map(column => printable(String(column.value(row) ?? '-'))));
  const widths = columns.map((column, index) =>
    cells.reduce((widest, row) => Math.max(widest, row[index]!.length), column.title.length),
  );
  const line = (texts: readonly string[]) =>
    texts
      .map((text, index) => {
        if (columns[index]!.align === 'right') return text.padStart(widths[index]!);
        return index === columns.length - 1 ? text : text.padEnd(widths[index]!);
      })
      .join('  ');
  const title = palette('bold', line(columns.map(column => column.title)));
  return `${[title, ...cells.map(line)].join('\n')}\n`;
}

import { type Comparison, compareResults, type Difference } from '../../../mininet/experiments/compare.js';
import { conditionText } from '../../../mininet/experiments/parameters.js';
import { readResult } from '../../../mininet/experiments/result.js';
import { figure, spreadText } from '../../../mininet/report/figures.js';
import { type Invocation, write, writeJson } from '../invocation.js';
import { type Palette, paletteFor } from '../palette.js';
import { formatTable } from '../table.js';

export async function compareCommand(
  before: string,
  after: string,
  options: { json?: boolean },
  invocation: Invocation,
): Promise<void> {
  const comparison = compareResults(readResult(before), readResult(after));
  if (options.json) return writeJson(invocation, comparison);
  await write(invocation.stdout, comparisonText(comparison, paletteFor(invocation.stdout, invocation.env)));
}

function comparisonText(
  { differences, onlyBefore, onlyAfter, caveats }: Comparison,
  palette: Palette,
): string {
  const columns = [
    { title: 'condition', value: ({ condition }: Difference) => conditionText(condition) },
    {
      title: 'measure',
      value: ({ measure, unit }: Difference) => (unit === '' ? measure : `${measure} (${unit})`),
    },
    { title: 'before', value: (one: Difference) => spreadText(one.before), align: 'right' as const },
    { title: 'after', value: (one: Difference) => spreadText(one.after), align: 'right' as const },
    {
      title: 'ratio',
      value: ({ ratio }: Difference) => (ratio === undefined ? undefined : figure(ratio)),
      align: 'right' as const,
    },
    { title: '', value: ({ verdict }: Difference) => (verdict === 'same' ? 'within the spread' : verdict) },
  ];
  const only = (which: string, conditions: Comparison['onlyBefore']) =>
    conditions.length === 0 ? '' : `Only ${which}: ${conditions.map(conditionText).join('; ')}\n`;
  const warning =
    caveats.length === 0
      ? ''
      : `${palette('yellow', 'Not the same in both runs:')}\n  ${caveats.join('\n  ')}\n`;
  const table = formatTable(columns, differences, palette).replaceAll(/ +$/gm, '');
  return `${table}${only('before', onlyBefore)}${only('after', onlyAfter)}${warning}`;
}

import type { Command } from 'commander';
import { withExamples } from '../../../controller/cli/examples.js';
import { type Invocation, write, writeJson } from '../../../controller/cli/invocation.js';
import type { Column } from '../../../controller/cli/table.js';
import type { AliasReport } from '../allocator/reports.js';
import { minuteText } from './minute-text.js';
import { type OperatorOptions, withOperatorOptions } from './operator-options.js';

const COLUMNS: readonly Column<AliasReport>[] = [
  { title: 'alias', value: report => report.alias },
  { title: 'used for', value: report => (report.state === 'valid' ? 'packets in flight' : report.state) },
  { title: 'valid until', value: report => minuteText(report.validUntil) },
];

export function defineAliases(mimiq: Command, invocation: Invocation): void {
  const command = mimiq
    .command('aliases')
    .description('list the valid alias names in IPv6 addresses; which switch each means nobody is told');
  withOperatorOptions(command);
  withExamples(command, [['cloakflow mimiq aliases', 'what the edge switches match now']]);
  command.action(async (options: OperatorOptions) => {
    const { adminClient, printTable } = await import('../../../controller/cli/query.js');
    const answer = await adminClient(options, invocation).callApp(options.instance, 'aliases');
    const rows = answer as unknown as AliasReport[];
    if (options.json) return writeJson(invocation, rows);
    if (rows.length === 0) return write(invocation.stdout, 'there are no aliases\n');
    return printTable(invocation, COLUMNS, rows);
  });
}

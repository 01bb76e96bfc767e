import type { Command } from 'commander';
import { withExamples } from '../../../controller/cli/examples.js';
import { type Invocation, writeJson } from '../../../controller/cli/invocation.js';
import type { Column } from '../../../controller/cli/table.js';
import type { PoolReport } from '../allocator/reports.js';
import { type OperatorOptions, withOperatorOptions } from './operator-options.js';

const COLUMNS: readonly Column<PoolReport>[] = [
  { title: 'prefix', value: report => report.prefix },
  { title: 'size', value: report => report.size.toLocaleString('en'), align: 'right' },
  { title: 'in use', value: report => report.inUse, align: 'right' },
];

export function definePools(mimiq: Command, invocation: Invocation): void {
  const command = mimiq.command('pools').description('list the pools of addresses and how full they are');
  withOperatorOptions(command);
  withExamples(command, [['cloakflow mimiq pools', 'whether addresses run out']]);
  command.action(async (options: OperatorOptions) => {
    const { adminClient, printTable } = await import('../../../controller/cli/query.js');
    const answer = await adminClient(options, invocation).callApp(options.instance, 'pools');
    const rows = answer as unknown as PoolReport[];
    if (options.json) return writeJson(invocation, rows);
    return printTable(invocation, COLUMNS, rows);
  });
}

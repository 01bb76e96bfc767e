import type { Command } from 'commander';
import type { SwitchReport } from '../../api/reports.js';
import { withExamples } from '../examples.js';
import { type Invocation, write, writeJson } from '../invocation.js';
import { type QueryOptions, withQueryOptions } from '../query-options.js';
import type { Column } from '../table.js';

const COLUMNS: readonly Column<SwitchReport>[] = [
  { title: 'datapath id', value: report => report.id },
  { title: 'name', value: report => report.name },
  { title: 'peer', value: report => report.peer },
  { title: 'ports', value: report => report.ports, align: 'right' },
  { title: 'tables', value: report => report.tables, align: 'right' },
  {
    title: 'software',
    value: report => [report.hardware, report.software].filter(text => text).join(' ') || null,
  },
];

export function defineSwitches(program: Command, invocation: Invocation): void {
  const command = program
    .command('switches')
    .description('list the switches that are connected to the running controller');
  withQueryOptions(command);
  withExamples(command, [
    ['cloakflow switches', 'what is connected'],
    ["cloakflow switches --json | jq -r '.[].id'", 'datapath ids alone'],
  ]);
  command.action(async (options: QueryOptions) => {
    const { adminClient, printTable } = await import('../query.js');
    const switches = await adminClient(options, invocation).switches();
    if (options.json) return writeJson(invocation, switches);
    if (switches.length === 0) return write(invocation.stdout, 'no switch is connected\n');
    return printTable(invocation, COLUMNS, switches);
  });
}

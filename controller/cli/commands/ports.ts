import type { Command } from 'commander';
import type { PortReport, SwitchReport } from '../../api/reports.js';
import { withExamples } from '../examples.js';
import { type Invocation, writeJson } from '../invocation.js';
import { portNumberText } from '../port-number.js';
import { type QueryOptions, withQueryOptions } from '../query-options.js';
import type { Column } from '../table.js';

interface Row extends PortReport {
  switch: SwitchReport;
}

const COLUMNS: readonly Column<Row>[] = [
  { title: 'switch', value: row => row.switch.name ?? row.switch.id },
  { title: 'port', value: row => portNumberText(row.number), align: 'right' },
  { title: 'name', value: row => row.name },
  { title: 'mac', value: row => row.mac },
  { title: 'state', value: row => [...row.config, ...row.state].join(' ') || 'up' },
  { title: 'Mbit/s', value: row => (row.speed > 0 ? Math.round(row.speed / 1000) : null), align: 'right' },
  { title: 'rx packets', value: row => row.counters?.rxPackets, align: 'right' },
  { title: 'tx packets', value: row => row.counters?.txPackets, align: 'right' },
  { title: 'rx dropped', value: row => row.counters?.rxDropped, align: 'right' },
  { title: 'tx dropped', value: row => row.counters?.txDropped, align: 'right' },
];

export function definePorts(program: Command, invocation: Invocation): void {
  const command = program
    .command('ports')
    .description('list the ports of one switch, or of all')
    .argument('[switch]', 'name of the bridge, or datapath id');
  withQueryOptions(command);
  withExamples(command, [
    ['cloakflow ports br0', 'ports of the bridge br0'],
    ['cloakflow ports 1 --json', 'ports of datapath 0000000000000001, with every counter'],
  ]);
  command.action(async (name: string | undefined, options: QueryOptions) => {
    const { adminClient, askEach, printTable } = await import('../query.js');
    const client = adminClient(options, invocation);
    const reports = await askEach(invocation, client, name, 'ports', chosen => client.ports(chosen.id));
    const rows: Row[] = reports.flatMap(({ from, items }) => items.map(port => ({ switch: from, ...port })));
    if (options.json)
      return writeJson(
        invocation,
        rows.map(row => ({ ...row, switch: row.switch.id })),
      );
    return printTable(invocation, COLUMNS, rows);
  });
}

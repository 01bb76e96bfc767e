import type { Command } from 'commander';
import { withExamples } from '../../../controller/cli/examples.js';
import { type Invocation, write, writeJson } from '../../../controller/cli/invocation.js';
import type { Column } from '../../../controller/cli/table.js';
import type { LeaseReport, PortReport } from '../allocator/reports.js';
import { minuteText } from './minute-text.js';
import { type OperatorOptions, withOperatorOptions } from './operator-options.js';

const LEASE_COLUMNS: readonly Column<LeaseReport>[] = [
  { title: 'address', value: report => report.address },
  { title: 'state', value: report => report.state },
  { title: 'expires', value: report => minuteText(report.expiresAt) },
];
const PORT_COLUMNS: readonly Column<PortReport>[] = [
  { title: 'switch', value: report => report.switch },
  { title: 'port', value: report => report.port, align: 'right' },
  { title: 'addresses', value: report => report.addresses, align: 'right' },
];

export function defineLeases(mimiq: Command, invocation: Invocation): void {
  const command = mimiq
    .command('leases')
    .description('list the ephemeral addresses in use; whose they are nobody is told')
    .option('--ports', 'list how many addresses each port has instead, without the addresses');
  withOperatorOptions(command);
  withExamples(command, [
    ['cloakflow mimiq leases', 'addresses that are not free, with their ends to the minute'],
    ['cloakflow mimiq leases --ports --json', 'where many addresses are in use, for programs'],
  ]);
  command.action(async (options: OperatorOptions & { ports?: boolean }) => {
    const { adminClient, printTable } = await import('../../../controller/cli/query.js');
    const ports = options.ports === true;
    const answer = await adminClient(options, invocation).callApp(options.instance, 'leases', { ports });
    const rows = answer as unknown[];
    if (options.json) return writeJson(invocation, rows);
    if (rows.length === 0) return write(invocation.stdout, 'no address is in use\n');
    if (ports) return printTable(invocation, PORT_COLUMNS, rows as PortReport[]);
    return printTable(invocation, LEASE_COLUMNS, rows as LeaseReport[]);
  });
}

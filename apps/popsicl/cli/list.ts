import type { Command } from 'commander';
import { withExamples } from '../../../controller/cli/examples.js';
import { type Invocation, write, writeJson } from '../../../controller/cli/invocation.js';
import type { Column } from '../../../controller/cli/table.js';
import type { PseudonymReport } from '../registry/reports.js';
import { type OperatorOptions, withOperatorOptions } from './operator-options.js';

const COLUMNS: readonly Column<PseudonymReport>[] = [
  { title: 'pseudonym', value: report => report.name },
  { title: 'state', value: report => report.state },
  { title: 'form', value: report => report.form },
  { title: 'tenant', value: report => report.tenant },
  { title: 'blocks', value: report => (report.isOutsideBlocks ? 'outside' : 'inside') },
  { title: 'expires', value: report => new Date(report.expiresAt).toISOString().slice(0, 16) },
];

export function defineList(popsicl: Command, invocation: Invocation): void {
  const command = popsicl
    .command('list')
    .description('list the pseudonyms of the running controller; their tenants only with --unseal')
    .option('--unseal', 'tell which tenant each pseudonym stands for');
  withOperatorOptions(command);
  withExamples(command, [['cloakflow popsicl list --json', 'pseudonyms and their ends, for programs']]);
  command.action(async (options: OperatorOptions & { unseal?: boolean }) => {
    const { adminClient, printTable } = await import('../../../controller/cli/query.js');
    const answer = await adminClient(options, invocation).callApp(options.instance, 'list', {
      unseal: options.unseal === true,
    });
    const reports = answer as unknown as PseudonymReport[];
    if (options.json) return writeJson(invocation, reports);
    if (reports.length === 0) return write(invocation.stdout, 'there are no pseudonyms\n');
    return printTable(invocation, COLUMNS, reports);
  });
}

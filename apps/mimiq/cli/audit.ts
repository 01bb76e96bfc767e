import type { Command } from 'commander';
import { withExamples } from '../../../controller/cli/examples.js';
import { CommandError } from '../../../controller/cli/failure.js';
import { type Invocation, write, writeJson } from '../../../controller/cli/invocation.js';
import type { Column } from '../../../controller/cli/table.js';
import type { AuditRecord } from '../audit/audit-log.js';

const COLUMNS: readonly Column<AuditRecord>[] = [
  { title: 'at', value: record => record.at },
  { title: 'address', value: record => record.address },
  { title: 'until', value: record => record.until },
  { title: 'switch', value: record => record.switch },
  { title: 'port', value: record => record.port, align: 'right' },
  { title: 'MAC', value: record => record.mac },
];

export function defineAudit(mimiq: Command, invocation: Invocation): void {
  const command = mimiq
    .command('audit')
    .description('open a sealed audit log with the private key; asks no controller')
    .argument('<key>', 'file of the private key')
    .argument('<log>', 'the sealed log')
    .option('--address <address>', 'only records of this address')
    .option('--json', 'print JSON');
  withExamples(command, [
    ['cloakflow mimiq audit court.key audit.log --address 2001:db8::17', 'who had one address, and when'],
  ]);
  command.action(async (key: string, log: string, options: { address?: string; json?: boolean }) => {
    const { readFile } = await import('node:fs/promises');
    const { readAuditLog } = await import('../audit/audit-log.js');
    const { printTable } = await import('../../../controller/cli/query.js');
    const privateKey = Buffer.from((await readFile(key, 'utf8')).trim(), 'base64');
    if (privateKey.length !== 32) {
      throw new CommandError('bad-key', `${key} is no private key`, {
        mend: 'Name the file that `cloakflow mimiq audit-key` wrote.',
      });
    }
    const { records, unreadable } = readAuditLog(await readFile(log, 'utf8'), privateKey);
    const chosen = records.filter(
      ({ address }) => options.address === undefined || address === options.address,
    );
    if (options.json) return writeJson(invocation, { records: chosen, unreadable });
    if (chosen.length > 0) await printTable(invocation, COLUMNS, chosen);
    if (unreadable > 0)
      await write(invocation.stderr, `${unreadable} records are for another key, or damaged\n`);
  });
}

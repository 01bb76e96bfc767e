import type { Command } from 'commander';
import type { AppReport } from '../../api/reports.js';
import { withExamples } from '../examples.js';
import { type Invocation, write, writeJson } from '../invocation.js';
import { type QueryOptions, withQueryOptions } from '../query-options.js';
import type { Column } from '../table.js';

const COLUMNS: readonly Column<AppReport>[] = [
  { title: 'app', value: report => report.name },
  { title: 'state', value: report => report.state },
  {
    title: 'tables',
    value: report => report.tables.map(({ name, number }) => `${number}:${name}`).join(' ') || null,
  },
  { title: 'packet-ins', value: report => report.packetIns, align: 'right' },
  { title: 'failures', value: report => report.failures, align: 'right' },
  { title: 'what it does', value: report => report.summary },
];

export function defineApps(program: Command, invocation: Invocation): void {
  const command = program
    .command('apps')
    .description('list the apps of the running controller, or start and stop one')
    .argument('[start|stop]', 'what to do with an app', undefined)
    .argument('[name]', 'name of the app');
  withQueryOptions(command);
  withExamples(command, [
    ['cloakflow apps', 'apps in their order, with their tables'],
    ['cloakflow apps stop learning-switch', 'take an app and its flows out of every switch'],
  ]);
  command.action(async (action: string | undefined, name: string | undefined, options: QueryOptions) => {
    if (action !== undefined && ((action !== 'start' && action !== 'stop') || name === undefined)) {
      command.error(
        'error: write `cloakflow apps`, `cloakflow apps start NAME` or `cloakflow apps stop NAME`',
      );
    }
    const { adminClient, printTable } = await import('../query.js');
    const client = adminClient(options, invocation);
    if (action === 'start') await client.startApp(name!);
    if (action === 'stop') await client.stopApp(name!);
    const apps = await client.apps();
    if (options.json) return writeJson(invocation, apps);
    if (apps.length === 0) return write(invocation.stdout, 'the controller runs no app\n');
    return printTable(invocation, COLUMNS, apps);
  });
}

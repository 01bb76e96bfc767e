import { type Command, InvalidArgumentError } from 'commander';
import type { FlowReport } from '../../api/reports.js';
import { withExamples } from '../examples.js';
import { CommandError } from '../failure.js';
import { byPipeline, FLOW_COLUMNS } from '../flow-table.js';
import { type Invocation, write, writeJson } from '../invocation.js';
import { paletteFor } from '../palette.js';
import { printable } from '../printable.js';
import { type QueryOptions, withQueryOptions } from '../query-options.js';

interface FlowOptions extends QueryOptions {
  app?: string;
  table?: number;
  unseal?: boolean;
}

/** What else flows can belong to: the controller itself, and nobody. */
const WITHOUT_APP = new Set(['host', 'none']);
/** OFPTT_MAX (OpenFlow 1.3.5, 7.3.4.1). */
const MAX_TABLE = 0xfe;

export function defineFlows(program: Command, invocation: Invocation): void {
  const command = program
    .command('flows')
    .description('list the flows of one switch, or of all, with the app that owns each')
    .argument('[switch]', 'name of the bridge, or datapath id')
    .option(
      '--app <name>',
      'only flows of this app; `host` for those of the controller itself, `none` for those of no app',
    )
    .option('--table <number>', 'only flows of this table', tableNumber)
    .option('--unseal', 'tell addresses and ports in flows of single clients, too');
  withQueryOptions(command);
  withExamples(command, [
    ['cloakflow flows br0', 'flows of the bridge br0, in the order in which packets meet them'],
    ['cloakflow flows --app learning-switch', 'what the learning switch installed, everywhere'],
    ["cloakflow flows br0 --json | jq '.[] | select(.packets == 0)'", 'flows that no packet has used'],
  ]);
  command.action(async (name: string | undefined, options: FlowOptions) => {
    const { adminClient, askEach, printTable } = await import('../query.js');
    const client = adminClient(options, invocation);
    const keep = selection(options);
    if (options.app !== undefined && !WITHOUT_APP.has(options.app)) {
      const names = (await client.apps()).map(app => app.name);
      if (!names.includes(options.app)) {
        throw new CommandError(
          'unknown-app',
          `no app of the controller is named ${JSON.stringify(options.app)}`,
          {
            mend: `It has ${[...names, ...WITHOUT_APP].join(', ')}.`,
          },
        );
      }
    }
    const reports = await askEach(invocation, client, name, 'flows', async chosen =>
      (await client.flows(chosen.id, options.unseal)).filter(keep).sort(byPipeline),
    );
    if (options.json) {
      return writeJson(
        invocation,
        reports.flatMap(({ from, items }) => items.map(flow => ({ switch: from.id, ...flow }))),
      );
    }
    const palette = paletteFor(invocation.stdout, invocation.env);
    for (const { from, items } of reports) {
      const title = `${printable(from.name ?? from.id)}: ${items.length} ${items.length === 1 ? 'flow' : 'flows'}`;
      if (name === undefined) await write(invocation.stdout, `${palette('cyan', title)}\n`);
      if (items.length > 0) await printTable(invocation, FLOW_COLUMNS, items);
    }
  });
}

function selection(options: FlowOptions): (flow: FlowReport) => boolean {
  const app = options.app === 'none' ? null : options.app;
  return flow =>
    (app === undefined || flow.app === app) && (options.table === undefined || flow.table === options.table);
}

function tableNumber(text: string): number {
  if (/^\d{1,3}$/.test(text) && Number(text) <= MAX_TABLE) return Number(text);
  throw new InvalidArgumentError(`A table is a number from 0 to ${MAX_TABLE}.`);
}

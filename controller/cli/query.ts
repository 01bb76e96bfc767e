import { AdminClient } from '../api/admin-client.js';
import { defaultAdminPath } from '../api/admin-path.js';
import type { SwitchReport } from '../api/reports.js';
import { CommandError } from './failure.js';
import { type Invocation, write } from './invocation.js';
import { paletteFor } from './palette.js';
import { printable } from './printable.js';
import { withProgress } from './progress.js';
import type { QueryOptions } from './query-options.js';
import { type Column, formatTable } from './table.js';

export function adminClient(options: QueryOptions, invocation: Invocation): AdminClient {
  return new AdminClient(options.admin ?? defaultAdminPath(invocation.env));
}

/**
 * The switch that `text` means: its name (on Open vSwitch the bridge's), or its datapath id in hexadecimal
 * with or without `0x` and leading zeros. Every switch when `text` is undefined.
 */
function chooseSwitches(
  switches: readonly SwitchReport[],
  text: string | undefined,
): readonly SwitchReport[] {
  if (text === undefined) return switches;
  const named = switches.filter(candidate => candidate.name === text);
  const id = /^(0x)?[0-9a-f]{1,16}$/i.test(text)
    ? text.replace(/^0x/i, '').toLowerCase().padStart(16, '0')
    : undefined;
  const chosen = named.length > 0 ? named : switches.filter(candidate => candidate.id === id);
  if (chosen.length === 1) return chosen;
  if (chosen.length > 1) {
    throw new CommandError('ambiguous-switch', `${chosen.length} switches have the name ${text}`, {
      mend: `Use a datapath id: ${chosen.map(candidate => candidate.id).join(', ')}.`,
    });
  }
  throw new CommandError('unknown-switch', `no switch ${JSON.stringify(text)} is connected`, {
    mend: 'See `cloakflow switches` for those that are; a switch goes by its name or its datapath id.',
  });
}

/** Rows as a table on standard output. */
export function printTable<Row>(
  invocation: Invocation,
  columns: readonly Column<Row>[],
  rows: readonly Row[],
): Promise<void> {
  const palette = paletteFor(invocation.stdout, invocation.env);
  return write(invocation.stdout, formatTable(columns, rows, palette));
}

/** Asks for something of the switch `name`, or of each one in turn. */
export async function askEach<Item>(
  invocation: Invocation,
  client: AdminClient,
  name: string | undefined,
  what: string,
  ask: (chosen: SwitchReport) => Promise<readonly Item[]>,
): Promise<{ from: SwitchReport; items: readonly Item[] }[]> {
  const chosen = chooseSwitches(await client.switches(), name);
  return withProgress(invocation, `asking for ${what}`, async report => {
    const answers = [];
    for (const from of chosen) {
      report(`asking ${printable(from.name ?? from.id)} for ${what}`);
      answers.push({ from, items: await ask(from) });
    }
    return answers;
  });
}

import { type Config, ConfigError, describeProblem } from '../host/index.js';
import { planTables } from '../host/table-plan.js';
import { ExitCode } from './exit-codes.js';
import { type Invocation, write, writeJson } from './invocation.js';
import { paletteFor } from './palette.js';
import { printable } from './printable.js';
import { configFor } from './running-controller.js';
import { type Column, formatTable } from './table.js';

interface PlannedTable {
  app: string;
  table: string;
  number: number;
  /** Where a packet goes that matches nothing: a table's number, or what the app states. */
  miss: number | 'own';
}

const COLUMNS: readonly Column<PlannedTable>[] = [
  { title: 'table', value: row => row.number, align: 'right' },
  { title: 'app', value: row => row.app },
  { title: 'name', value: row => row.table },
  {
    title: 'what matches nothing',
    value: row => (row.miss === 'own' ? 'by the app' : `goes to table ${row.miss}`),
  },
];

/** `cloakflow check`. */
export async function checkConfig(
  file: string | undefined,
  json: boolean,
  invocation: Invocation,
): Promise<void> {
  const palette = paletteFor(invocation.stdout, invocation.env);
  let config: Config;
  try {
    config = await configFor(file);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    invocation.exitCode = ExitCode.FAILED;
    if (json) return writeJson(invocation, { ok: false, file: file ?? null, problems: error.problems });
    const lines = error.problems.map(
      problem => `${palette('red', 'error:')} ${printable(describeProblem(problem, error.file))}\n`,
    );
    return write(invocation.stdout, lines.join(''));
  }
  const tables = plannedTables(config);
  if (json) {
    const { listen, connect } = config;
    const apps = config.apps.map(({ instance, definition: { name, summary } }) => ({
      name: instance,
      app: name,
      summary,
    }));
    return writeJson(invocation, { ok: true, file: config.file ?? null, listen, connect, apps, tables });
  }
  const name = file === undefined ? 'the default configuration' : printable(file);
  await write(invocation.stdout, `${name}: ${palette('green', 'ok')}\n`);
  if (tables.length > 0) await write(invocation.stdout, formatTable(COLUMNS, tables, palette));
}

function plannedTables(config: Config): PlannedTable[] {
  const plan = planTables(
    config.apps.map(({ instance, definition: { tables, endsPipeline } }) => ({
      instance,
      tables,
      endsPipeline,
    })),
  );
  const misses = new Map(plan.misses.map(({ table, next }) => [table, next]));
  return config.apps.flatMap(({ instance, definition }) =>
    definition.tables.map(({ name }) => {
      const number = plan.tables.get(instance)!.get(name)!;
      return { app: instance, table: name, number, miss: misses.get(number) ?? ('own' as const) };
    }),
  );
}

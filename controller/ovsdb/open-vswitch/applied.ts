import { OvsdbError } from '../errors.js';
import type { CallOptions } from '../json-rpc.js';
import type { Operation } from '../operation.js';
import type { WireOperation } from '../wire.js';
import type { OpenVswitchDatabase, OpenVswitchTables } from './schema.js';

export interface ApplyOptions extends CallOptions {
  /** Whether to wait until ovs-vswitchd has taken the change up, as `ovs-vsctl` does; true when absent. */
  wait?: boolean | undefined;
}

/**
 * Carries out a transaction and waits until ovs-vswitchd says that it runs with it: the transaction raises
 * `next_cfg`, and the daemon answers in `cur_cfg` (ovs-vswitchd.conf.db(5), table Open_vSwitch).
 * Rejects with `timed-out` when the change is in the database but no daemon took it up.
 */
export async function applyTransaction(
  database: OpenVswitchDatabase,
  operations: readonly Operation<OpenVswitchTables>[],
  options: ApplyOptions = {},
): Promise<void> {
  const schema = await database.schema(options);
  await applyWireTransaction(
    database,
    operations.map(operation => database.encode(operation, schema)),
    options,
  );
}

/** The same for operations in their wire form. */
export async function applyWireTransaction(
  database: OpenVswitchDatabase,
  operations: readonly WireOperation[],
  options: ApplyOptions = {},
): Promise<void> {
  const { wait = true, ...callOptions } = options;
  const { name } = database.definition;
  if (!wait) {
    await database.client.transact(name, operations, callOptions);
    return;
  }
  const results = await database.client.transact(
    name,
    [
      ...operations,
      { op: 'mutate', table: 'Open_vSwitch', where: [], mutations: [['next_cfg', '+=', 1]] },
      { op: 'select', table: 'Open_vSwitch', where: [], columns: ['next_cfg'] },
    ],
    callOptions,
  );
  const wanted = results.at(-1)?.rows?.[0]?.next_cfg;
  if (typeof wanted !== 'number') {
    throw new OvsdbError('malformed', 'the database has no row in its table Open_vSwitch', {
      mend: 'initialise it: `ovs-vsctl init`',
    });
  }
  await waitUntilApplied(database, wanted, callOptions);
}

async function waitUntilApplied(
  database: OpenVswitchDatabase,
  wanted: number,
  options: CallOptions,
): Promise<void> {
  const monitor = await database.monitor({ Open_vSwitch: { columns: ['cur_cfg'] } }, undefined, options);
  try {
    const applied = () =>
      [...monitor.rows('Open_vSwitch').values()].some(row => row.cur_cfg >= wanted) || undefined;
    await monitor.waitFor(applied, 'the change', { timeout: 10_000, ...options });
  } catch (error) {
    if (!(error instanceof OvsdbError) || error.code !== 'timed-out') throw error;
    throw new OvsdbError('timed-out', 'the database holds the change but ovs-vswitchd has not taken it up', {
      cause: error,
      mend: 'see that ovs-vswitchd runs and what its log says',
    });
  } finally {
    await monitor.cancel();
  }
}

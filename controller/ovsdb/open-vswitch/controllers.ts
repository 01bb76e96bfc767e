import { named } from '../column.js';
import type { CallOptions } from '../json-rpc.js';
import { type ApplyOptions, applyTransaction } from './applied.js';
import { getBridge } from './bridges.js';
import { parseControllerTarget } from './controller-target.js';
import type { OpenVswitchDatabase, OpenVswitchRow } from './schema.js';

/** The controllers of a bridge, with what ovs-vswitchd reports of each: is_connected, role, status. */
export async function listControllers(
  database: OpenVswitchDatabase,
  bridge: string,
  options?: CallOptions,
): Promise<OpenVswitchRow<'Controller'>[]> {
  const { controller } = await getBridge(database, bridge, options);
  const rows = await database.select('Controller', [], undefined, options);
  return rows.filter(row => controller.includes(row._uuid));
}

export interface ControllerSettings {
  connectionMode?: 'in-band' | 'out-of-band';
  /** Longest pause between connection attempts, in milliseconds; at least 1000. */
  maxBackoff?: number;
  /** Idle time before an echo request, in milliseconds; 0 for none. */
  inactivityProbe?: number;
}

/** Makes `targets` the controllers of a bridge, in place of those it has; none takes all away. */
export async function setControllers(
  database: OpenVswitchDatabase,
  bridge: string,
  targets: readonly string[],
  settings: ControllerSettings = {},
  options: ApplyOptions = {},
): Promise<void> {
  for (const target of targets) parseControllerTarget(target);
  const { _uuid } = await getBridge(database, bridge, options);
  const { connectionMode, maxBackoff, inactivityProbe } = settings;
  await applyTransaction(
    database,
    [
      ...targets.map((target, index) => ({
        op: 'insert' as const,
        table: 'Controller' as const,
        row: {
          target,
          connection_mode: connectionMode,
          max_backoff: maxBackoff,
          inactivity_probe: inactivityProbe,
        },
        name: `controller_${index}`,
      })),
      {
        op: 'update',
        table: 'Bridge',
        where: [['_uuid', '==', _uuid]],
        row: { controller: targets.map((_, index) => named(`controller_${index}`)) },
      },
      { op: 'comment', comment: `cloakflow: controllers of ${bridge}` },
    ],
    options,
  );
}

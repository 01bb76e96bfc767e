import { named, type Uuid } from '../column.js';
import { OvsdbError } from '../errors.js';
import type { CallOptions } from '../json-rpc.js';
import type { DatabaseSchema } from '../schema.js';
import { UUID_PATTERN } from '../value.js';
import type { WireOperation, WireRow, WireValue } from '../wire.js';
import type { OpenVswitchDatabase, OpenVswitchRow } from './schema.js';

/** The key in a bridge's external_ids that holds what `attach` found. */
export const SNAPSHOT_KEY = 'cloakflow-before';
export const IN_BAND_KEY = 'disable-in-band';

/** A row of the Controller table: every column that is configuration, in wire form. */
export interface ControllerSnapshot {
  uuid: Uuid;
  row: WireRow;
}

/** Everything of a bridge that `attach` changes, as it was before. */
export interface BridgeSnapshot {
  version: 1;
  protocols: readonly string[];
  failMode: string | null;
  /** other_config:disable-in-band. */
  disableInBand: string | null;
  controllers: readonly ControllerSnapshot[];
}

/** The snapshot that a bridge carries; undefined when it is not attached. Throws OvsdbError `bad-snapshot`. */
export function readSnapshot(bridge: OpenVswitchRow<'Bridge'>): BridgeSnapshot | undefined {
  const text = bridge.external_ids.get(SNAPSHOT_KEY);
  if (text === undefined) return undefined;
  let snapshot: unknown;
  try {
    snapshot = JSON.parse(text);
  } catch {
    snapshot = undefined;
  }
  if (!isSnapshot(snapshot)) {
    throw new OvsdbError('bad-snapshot', `external_ids:${SNAPSHOT_KEY} of '${bridge.name}' is no snapshot`, {
      mend: `set the bridge up by hand, then \`ovs-vsctl remove bridge ${bridge.name} external_ids ${SNAPSHOT_KEY}\``,
    });
  }
  return snapshot;
}

function isSnapshot(value: unknown): value is BridgeSnapshot {
  if (typeof value !== 'object' || value === null) return false;
  const { version, protocols, failMode, disableInBand, controllers } = value as Partial<BridgeSnapshot>;
  return (
    version === 1 &&
    Array.isArray(protocols) &&
    protocols.every(name => typeof name === 'string') &&
    (failMode === null || typeof failMode === 'string') &&
    (disableInBand === null || typeof disableInBand === 'string') &&
    Array.isArray(controllers) &&
    controllers.every(
      (item: Partial<ControllerSnapshot> | null) =>
        typeof item?.uuid === 'string' &&
        UUID_PATTERN.test(item.uuid) &&
        typeof item.row === 'object' &&
        item.row !== null,
    )
  );
}

export function takeSnapshot(
  bridge: OpenVswitchRow<'Bridge'>,
  controllers: readonly ControllerSnapshot[],
): BridgeSnapshot {
  return {
    version: 1,
    protocols: bridge.protocols,
    failMode: bridge.fail_mode ?? null,
    disableInBand: bridge.other_config.get(IN_BAND_KEY) ?? null,
    controllers,
  };
}

/** The columns of Controller that are configuration, whatever the server's version has. */
function controllerColumns(schema: DatabaseSchema): string[] {
  const columns = schema.tables.get('Controller') ?? new Map();
  return [...columns].filter(([, column]) => !column.ephemeral).map(([name]) => name);
}

/** The configuration of those of `uuids` that exist. */
export async function readControllers(
  database: OpenVswitchDatabase,
  uuids: readonly Uuid[],
  options?: CallOptions,
): Promise<ControllerSnapshot[]> {
  const columns = controllerColumns(await database.schema(options));
  const results = await database.client.transact(
    database.definition.name,
    uuids.map(uuid => ({
      op: 'select',
      table: 'Controller',
      where: [['_uuid', '==', ['uuid', uuid]]],
      columns,
    })),
    options,
  );
  return results.flatMap((result, index) => (result.rows ?? []).map(row => ({ uuid: uuids[index]!, row })));
}

/** Operations that bring rows of Controller back, and how to refer to each. `keepUuid` asks for the old identity. */
export function restoreControllers(
  controllers: readonly ControllerSnapshot[],
  existing: readonly ControllerSnapshot[],
  schema: DatabaseSchema,
  keepUuid: boolean,
): { operations: WireOperation[]; references: (Uuid | ReturnType<typeof named>)[] } {
  const columns = new Set(controllerColumns(schema));
  const alive = new Set(existing.map(({ uuid }) => uuid));
  const operations: WireOperation[] = [];
  const references = controllers.map(({ uuid, row }, index) => {
    const kept = Object.fromEntries(Object.entries(row).filter(([name]) => columns.has(name)));
    if (alive.has(uuid)) {
      const where: [string, string, WireValue][] = [['_uuid', '==', ['uuid', uuid]]];
      operations.push({ op: 'update', table: 'Controller', where, row: kept });
      return uuid;
    }
    const name = `controller_${index}`;
    const insert = { op: 'insert', table: 'Controller', row: kept, 'uuid-name': name } as const;
    operations.push(keepUuid ? { ...insert, uuid } : insert);
    return named(name);
  });
  return { operations, references };
}

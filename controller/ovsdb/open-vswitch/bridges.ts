import { named } from '../column.js';
import { OvsdbError } from '../errors.js';
import type { CallOptions } from '../json-rpc.js';
import type { Operation } from '../operation.js';
import { type ApplyOptions, applyTransaction } from './applied.js';
import type { OpenVswitchDatabase, OpenVswitchRow, OpenVswitchTables } from './schema.js';

export type FailMode = 'secure' | 'standalone';
export type ProtocolName = `OpenFlow1${0 | 1 | 2 | 3 | 4 | 5}`;

export interface BridgeSettings {
  /** 'system' (the kernel's datapath, also written '') or 'netdev' (userspace). */
  datapathType?: string;
  failMode?: FailMode;
  protocols?: readonly ProtocolName[];
  otherConfig?: Readonly<Record<string, string>>;
  externalIds?: Readonly<Record<string, string>>;
}

export function listBridges(
  database: OpenVswitchDatabase,
  options?: CallOptions,
): Promise<OpenVswitchRow<'Bridge'>[]> {
  return database.select('Bridge', [], undefined, options);
}

/** The bridge `name`. Rejects with OvsdbError `not-found`, which tells the bridges there are. */
export async function getBridge(
  database: OpenVswitchDatabase,
  name: string,
  options?: CallOptions,
): Promise<OpenVswitchRow<'Bridge'>> {
  const rows = await listBridges(database, options);
  const row = rows.find(candidate => candidate.name === name);
  if (row !== undefined) return row;
  const names = rows.map(candidate => candidate.name).sort();
  throw new OvsdbError('not-found', `there is no bridge '${name}'`, {
    mend:
      names.length === 0 ? `make it: \`ovs-vsctl add-br ${name}\`` : `the bridges are: ${names.join(', ')}`,
  });
}

/** Makes a bridge with its local port. Rejects with OvsdbError `exists` when there is one of this name. */
export async function addBridge(
  database: OpenVswitchDatabase,
  name: string,
  settings: BridgeSettings = {},
  options: ApplyOptions = {},
): Promise<void> {
  const nobody: Operation<OpenVswitchTables> = {
    op: 'wait',
    table: 'Bridge',
    where: [['name', '==', name]],
    columns: ['name'],
    until: '==',
    rows: [],
    timeout: 0,
  };
  try {
    await applyTransaction(
      database,
      [
        nobody,
        { op: 'insert', table: 'Interface', row: { name, type: 'internal' }, name: 'local_interface' },
        {
          op: 'insert',
          table: 'Port',
          row: { name, interfaces: [named('local_interface')] },
          name: 'local_port',
        },
        {
          op: 'insert',
          table: 'Bridge',
          row: { name, ports: [named('local_port')], ...columnsOf(settings) },
          name: 'bridge',
        },
        {
          op: 'mutate',
          table: 'Open_vSwitch',
          where: [],
          mutations: [['bridges', 'insert', [named('bridge')]]],
        },
        { op: 'comment', comment: `cloakflow: add bridge ${name}` },
      ],
      options,
    );
  } catch (error) {
    if (!(error instanceof OvsdbError) || error.code !== 'wait-failed') throw error;
    throw new OvsdbError('exists', `there is a bridge '${name}' already`, { cause: error });
  }
}

/** Changes those settings of a bridge that are given; maps are replaced as a whole. */
export async function updateBridge(
  database: OpenVswitchDatabase,
  name: string,
  settings: BridgeSettings,
  options: ApplyOptions = {},
): Promise<void> {
  const { _uuid } = await getBridge(database, name, options);
  await applyTransaction(
    database,
    [
      { op: 'update', table: 'Bridge', where: [['_uuid', '==', _uuid]], row: columnsOf(settings) },
      { op: 'comment', comment: `cloakflow: update bridge ${name}` },
    ],
    options,
  );
}

/** Removes a bridge with its ports; what only it refers to goes with it. */
export async function removeBridge(
  database: OpenVswitchDatabase,
  name: string,
  options: ApplyOptions = {},
): Promise<void> {
  const { _uuid } = await getBridge(database, name, options);
  await applyTransaction(
    database,
    [
      { op: 'mutate', table: 'Open_vSwitch', where: [], mutations: [['bridges', 'delete', [_uuid]]] },
      { op: 'comment', comment: `cloakflow: remove bridge ${name}` },
    ],
    options,
  );
}

function columnsOf(settings: BridgeSettings) {
  return {
    ...(settings.datapathType === undefined ? {} : { datapath_type: settings.datapathType }),
    ...(settings.failMode === undefined ? {} : { fail_mode: settings.failMode }),
    ...(settings.protocols === undefined ? {} : { protocols: settings.protocols }),
    ...(settings.otherConfig === undefined ? {} : { other_config: settings.otherConfig }),
    ...(settings.externalIds === undefined ? {} : { external_ids: settings.externalIds }),
  };
}

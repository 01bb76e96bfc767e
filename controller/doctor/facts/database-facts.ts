import {
  listBridges,
  type OpenVswitchDatabase,
  type OpenVswitchRow,
  readSnapshot,
} from '../../ovsdb/index.js';
import type { BridgeFacts, ControllerFacts, DatabaseFacts, InterfaceFacts } from './facts.js';
import { findOpenChecksums } from './open-checksums.js';
import { findNearby, probeController } from './probe-controller.js';

/** The lock that every ovs-vswitchd holds while it serves a database (vswitchd/bridge.c). */
const VSWITCHD_LOCK = 'ovs_vswitchd';

export interface DatabaseQuestion {
  /** The bridge to look at; all that have a controller or are attached when undefined. */
  bridge: string | undefined;
  /** The words that get a command into the namespace of ovs-vswitchd. */
  namespace: readonly string[];
}

/** What the database tells of Open vSwitch and of the bridges in question. */
export async function gatherDatabaseFacts(
  database: OpenVswitchDatabase,
  question: DatabaseQuestion,
): Promise<DatabaseFacts> {
  const schema = await database.schema();
  const [root] = await database.select('Open_vSwitch');
  const rows = await listBridges(database);
  const chosen = rows.filter(row =>
    question.bridge === undefined
      ? row.controller.length > 0 || isAttached(row)
      : row.name === question.bridge,
  );
  const [controllers, ports, interfaces] = await database.transact([
    { op: 'select', table: 'Controller', where: [] },
    { op: 'select', table: 'Port', where: [], columns: ['interfaces'] },
    { op: 'select', table: 'Interface', where: [] },
  ]);
  const local = database.client.endpoint.method === 'unix';
  const bridges: BridgeFacts[] = [];
  for (const row of chosen) {
    const interfaceIds = ports.rows
      .filter(port => row.ports.includes(port._uuid))
      .flatMap(port => port.interfaces);
    const devices = interfaces.rows.filter(device => interfaceIds.includes(device._uuid));
    bridges.push({
      name: row.name,
      datapathType: row.datapath_type || 'system',
      datapathId: row.datapath_id,
      protocols: row.protocols,
      failMode: row.fail_mode,
      attached: isAttached(row),
      inBandDisabled: row.other_config.get('disable-in-band') === 'true',
      controllers: await Promise.all(
        controllers.rows.filter(item => row.controller.includes(item._uuid)).map(controllerFacts),
      ),
      interfaces: await interfaceFacts(row, devices, local, question.namespace),
    });
  }
  return {
    endpoint: database.client.toString(),
    local,
    schemaVersion: schema.version,
    recordedSchemaVersion: root?.db_version,
    ovsVersion: root?.ovs_version,
    datapathTypes: root?.datapath_types ?? [],
    vswitchdRunning: await vswitchdHoldsLock(database),
    hasCertificates: root?.ssl !== undefined,
    bridgeNames: rows.map(row => row.name).sort(),
    bridges,
  };
}

/** Whether somebody holds ovs-vswitchd's lock (RFC 7047, section 4.1.8); it is given back at once. */
async function vswitchdHoldsLock(database: OpenVswitchDatabase): Promise<boolean> {
  const { client } = database;
  const locked = await client.call(
    'lock',
    [VSWITCHD_LOCK],
    result => (result as { locked?: unknown })?.locked,
  );
  await client.call('unlock', [VSWITCHD_LOCK], () => {});
  return locked !== true;
}

function isAttached(row: OpenVswitchRow<'Bridge'>): boolean {
  try {
    return readSnapshot(row) !== undefined;
  } catch {
    return true;
  }
}

async function controllerFacts(row: OpenVswitchRow<'Controller'>): Promise<ControllerFacts> {
  const { target } = row;
  const probe = row.is_connected ? undefined : await probeController(target);
  return {
    target,
    isConnected: row.is_connected,
    connectionMode: row.connection_mode,
    role: row.role,
    state: row.status.get('state'),
    lastError: row.status.get('last_error'),
    probe,
    instead: probe?.kind === 'unreachable' ? await findNearby(target) : undefined,
  };
}

async function interfaceFacts(
  bridge: OpenVswitchRow<'Bridge'>,
  devices: readonly OpenVswitchRow<'Interface'>[],
  local: boolean,
  namespace: readonly string[],
): Promise<InterfaceFacts[]> {
  const named = devices.filter(({ type }) => type === '' || type === 'system').map(({ name }) => name);
  const open =
    local && bridge.datapath_type === 'netdev' && named.length > 0
      ? await findOpenChecksums(named, namespace)
      : new Map<string, InterfaceFacts['openChecksums']>();
  return devices.map(device => ({
    name: device.name,
    type: device.type,
    error: device.error,
    openChecksums: open.get(device.name),
  }));
}

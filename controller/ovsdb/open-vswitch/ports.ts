import { named, type Uuid } from '../column.js';
import { OvsdbError } from '../errors.js';
import type { CallOptions } from '../json-rpc.js';
import { type ApplyOptions, applyTransaction } from './applied.js';
import { getBridge } from './bridges.js';
import type { OpenVswitchDatabase, OpenVswitchRow } from './schema.js';

export interface PortSettings {
  /** '' (a system device), 'internal', 'patch', 'vxlan', …: ovs-vswitchd.conf.db(5), Interface type. */
  type?: string;
  options?: Readonly<Record<string, string>>;
  /** The OpenFlow port number to ask for, 1..65279. */
  ofportRequest?: number;
  externalIds?: Readonly<Record<string, string>>;
}

/** A port with its interfaces (more than one only in a bond). */
export interface BridgePort {
  port: OpenVswitchRow<'Port'>;
  interfaces: OpenVswitchRow<'Interface'>[];
}

/** The ports of a bridge, its local one included, by name. Rejects with OvsdbError `not-found`. */
export async function listPorts(
  database: OpenVswitchDatabase,
  bridge: string,
  options?: CallOptions,
): Promise<BridgePort[]> {
  const { ports } = await getBridge(database, bridge, options);
  const [allPorts, allInterfaces] = await database.transact(
    [
      { op: 'select', table: 'Port', where: [] },
      { op: 'select', table: 'Interface', where: [] },
    ],
    options,
  );
  const interfaces = new Map(allInterfaces.rows.map(row => [row._uuid, row]));
  return allPorts.rows
    .filter(row => ports.includes(row._uuid))
    .map(row => ({
      port: row,
      interfaces: row.interfaces.map(uuid => interfaces.get(uuid)).filter(item => item !== undefined),
    }))
    .sort((a, b) => (a.port.name < b.port.name ? -1 : 1));
}

/**
 * Adds a port with one interface, both called `name`, and gives its OpenFlow port number; undefined with
 * `wait: false`. Adding what is there with the same settings changes nothing. Rejects with OvsdbError `exists`
 * when the name is taken otherwise, `command-failed` when ovs-vswitchd cannot open the device.
 */
export async function addPort(
  database: OpenVswitchDatabase,
  bridge: string,
  name: string,
  settings: PortSettings = {},
  options: ApplyOptions = {},
): Promise<number | undefined> {
  const { _uuid, ports } = await getBridge(database, bridge, options);
  const { type = '', options: deviceOptions = {}, ofportRequest, externalIds = {} } = settings;
  const [found] = await database.select('Port', [['name', '==', name]], undefined, options);
  if (found !== undefined) {
    await checkSame(database, bridge, found, ports, { type, deviceOptions }, options);
  } else {
    await applyTransaction(
      database,
      [
        {
          op: 'insert',
          table: 'Interface',
          row: {
            name,
            type,
            options: deviceOptions,
            external_ids: externalIds,
            ...(ofportRequest === undefined ? {} : { ofport_request: ofportRequest }),
          },
          name: 'interface',
        },
        {
          op: 'insert',
          table: 'Port',
          row: { name, interfaces: [named('interface')], external_ids: externalIds },
          name: 'port',
        },
        {
          op: 'mutate',
          table: 'Bridge',
          where: [['_uuid', '==', _uuid]],
          mutations: [['ports', 'insert', [named('port')]]],
        },
        { op: 'comment', comment: `cloakflow: add port ${name} to ${bridge}` },
      ],
      options,
    );
  }
  return options.wait === false ? undefined : portNumber(database, name, options);
}

async function checkSame(
  database: OpenVswitchDatabase,
  bridge: string,
  found: OpenVswitchRow<'Port'>,
  ports: readonly Uuid[],
  wanted: { type: string; deviceOptions: Readonly<Record<string, string>> },
  options: CallOptions,
): Promise<void> {
  if (!ports.includes(found._uuid)) {
    throw new OvsdbError('exists', `the port '${found.name}' is on another bridge than '${bridge}'`);
  }
  const [device] = await database.select(
    'Interface',
    [['name', '==', found.name]],
    ['type', 'options'],
    options,
  );
  const same =
    device !== undefined &&
    device.type === wanted.type &&
    device.options.size === Object.keys(wanted.deviceOptions).length &&
    Object.entries(wanted.deviceOptions).every(([key, value]) => device.options.get(key) === value);
  if (!same) {
    throw new OvsdbError('exists', `'${bridge}' has a port '${found.name}' of another kind already`, {
      mend: `remove it first: \`ovs-vsctl del-port ${bridge} ${found.name}\``,
    });
  }
}

/** The OpenFlow number of the interface `name`, once ovs-vswitchd has given it one. */
async function portNumber(
  database: OpenVswitchDatabase,
  name: string,
  options: CallOptions,
): Promise<number> {
  const monitor = await database.monitor(
    { Interface: { columns: ['ofport', 'error'], where: [['name', '==', name]] } },
    undefined,
    options,
  );
  try {
    const row = await monitor.waitFor(
      () => [...monitor.rows('Interface').values()].find(item => item.ofport !== undefined),
      `an OpenFlow number for port ${name}`,
      { timeout: 10_000, ...options },
    );
    if (row.ofport === -1) {
      throw new OvsdbError(
        'command-failed',
        `ovs-vswitchd cannot open '${name}': ${row.error ?? 'no reason given'}`,
      );
    }
    return row.ofport!;
  } finally {
    await monitor.cancel();
  }
}

/** Takes a port off its bridge. Rejects with OvsdbError `not-found`. */
export async function removePort(
  database: OpenVswitchDatabase,
  bridge: string,
  name: string,
  options: ApplyOptions = {},
): Promise<void> {
  const row = await getBridge(database, bridge, options);
  const [port] = await database.select('Port', [['name', '==', name]], ['name'], options);
  if (port === undefined || !row.ports.includes(port._uuid)) {
    throw new OvsdbError('not-found', `'${bridge}' has no port '${name}'`);
  }
  await applyTransaction(
    database,
    [
      {
        op: 'mutate',
        table: 'Bridge',
        where: [['_uuid', '==', row._uuid]],
        mutations: [['ports', 'delete', [port._uuid]]],
      },
      { op: 'comment', comment: `cloakflow: remove port ${name} from ${bridge}` },
    ],
    options,
  );
}

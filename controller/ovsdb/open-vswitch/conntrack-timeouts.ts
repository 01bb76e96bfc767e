import { named } from '../column.js';
import { OvsdbError } from '../errors.js';
import type { CallOptions } from '../json-rpc.js';
import { type ApplyOptions, applyTransaction } from './applied.js';
import type { OpenVswitchDatabase } from './schema.js';

/** Conntrack states that a zone may time out in its own way: ovs-vswitchd.conf.db(5), CT_Timeout_Policy. */
export type ConntrackState =
  | `tcp_${'syn_sent' | 'syn_recv' | 'established' | 'fin_wait' | 'close_wait' | 'last_ack' | 'time_wait'}`
  | `tcp_${'close' | 'syn_sent2' | 'retransmit' | 'unack'}`
  | `udp_${'first' | 'single' | 'multiple'}`
  | `icmp_${'first' | 'reply'}`;

/** Seconds until a connection in a state is forgotten; states not named keep the datapath's default. */
export type ConntrackTimeouts = Readonly<Partial<Record<ConntrackState, number>>>;

/** The timeouts of a zone; undefined where it has none of its own. `datapathType` is 'system' or 'netdev'. */
export async function getConntrackTimeouts(
  database: OpenVswitchDatabase,
  datapathType: string,
  zone: number,
  options?: CallOptions,
): Promise<ConntrackTimeouts | undefined> {
  const datapath = await findDatapath(database, datapathType, options);
  const zoneUuid = datapath?.ct_zones.get(zone);
  if (zoneUuid === undefined) return undefined;
  const [row] = await database.select('CT_Zone', [['_uuid', '==', zoneUuid]], undefined, options);
  if (row?.timeout_policy === undefined) return undefined;
  const [policy] = await database.select(
    'CT_Timeout_Policy',
    [['_uuid', '==', row.timeout_policy]],
    undefined,
    options,
  );
  return Object.fromEntries(policy?.timeouts ?? []);
}

/**
 * Sets the timeouts of one conntrack zone (0..65535) of a datapath; what the zone had is replaced.
 * Rejects with OvsdbError `bad-value`, or `schema-mismatch` before Open vSwitch 2.13.
 */
export async function setConntrackTimeouts(
  database: OpenVswitchDatabase,
  datapathType: string,
  zone: number,
  timeouts: ConntrackTimeouts,
  options: ApplyOptions = {},
): Promise<void> {
  checkZone(zone);
  const datapath = await findDatapath(database, datapathType, options);
  const policy = { op: 'insert', table: 'CT_Timeout_Policy', row: { timeouts }, name: 'policy' } as const;
  const zoneRow = {
    op: 'insert',
    table: 'CT_Zone',
    row: { timeout_policy: named('policy') },
    name: 'zone',
  } as const;
  const comment = { op: 'comment', comment: `cloakflow: timeouts of conntrack zone ${zone}` } as const;
  if (datapath === undefined) {
    await applyTransaction(
      database,
      [
        policy,
        zoneRow,
        {
          op: 'insert',
          table: 'Datapath',
          row: { ct_zones: new Map([[zone, named('zone')]]) },
          name: 'datapath',
        },
        {
          op: 'mutate',
          table: 'Open_vSwitch',
          where: [],
          mutations: [['datapaths', 'insert', { [datapathKey(datapathType)]: named('datapath') }]],
        },
        comment,
      ],
      options,
    );
    return;
  }
  await applyTransaction(
    database,
    [
      policy,
      zoneRow,
      {
        op: 'mutate',
        table: 'Datapath',
        where: [['_uuid', '==', datapath._uuid]],
        mutations: [
          ['ct_zones', 'delete', [zone]],
          ['ct_zones', 'insert', new Map([[zone, named('zone')]])],
        ],
      },
      comment,
    ],
    options,
  );
}

/** Gives a zone the datapath's defaults back; harmless where it has them. */
export async function removeConntrackTimeouts(
  database: OpenVswitchDatabase,
  datapathType: string,
  zone: number,
  options: ApplyOptions = {},
): Promise<void> {
  checkZone(zone);
  const datapath = await findDatapath(database, datapathType, options);
  if (datapath === undefined || !datapath.ct_zones.has(zone)) return;
  await applyTransaction(
    database,
    [
      {
        op: 'mutate',
        table: 'Datapath',
        where: [['_uuid', '==', datapath._uuid]],
        mutations: [['ct_zones', 'delete', [zone]]],
      },
      { op: 'comment', comment: `cloakflow: default timeouts for conntrack zone ${zone}` },
    ],
    options,
  );
}

async function findDatapath(database: OpenVswitchDatabase, type: string, options: CallOptions | undefined) {
  const [root] = await database.select('Open_vSwitch', [], ['datapaths'], options);
  const uuid = root?.datapaths.get(datapathKey(type));
  if (uuid === undefined) return undefined;
  const [row] = await database.select('Datapath', [['_uuid', '==', uuid]], undefined, options);
  return row;
}

/** Bridges write the kernel's datapath as '' or 'system'; the table of datapaths knows only the latter. */
function datapathKey(type: string): string {
  return type === '' ? 'system' : type;
}

function checkZone(zone: number): void {
  if (!Number.isInteger(zone) || zone < 0 || zone > 65535) {
    throw new OvsdbError('bad-value', `the conntrack zone ${zone} is not within 0..65535`);
  }
}

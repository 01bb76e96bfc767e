import { named } from '../column.js';
import { OvsdbError } from '../errors.js';
import type { DatabaseSchema } from '../schema.js';
import type { WireOperation } from '../wire.js';
import { type ApplyOptions, applyWireTransaction } from './applied.js';
import { type FailMode, getBridge } from './bridges.js';
import { getCertificates } from './certificates.js';
import { parseControllerTarget } from './controller-target.js';
import type { OpenVswitchDatabase, OpenVswitchRow } from './schema.js';
import {
  type BridgeSnapshot,
  type ControllerSnapshot,
  IN_BAND_KEY,
  readControllers,
  readSnapshot,
  SNAPSHOT_KEY,
  takeSnapshot,
} from './snapshot.js';

export interface AttachOptions extends ApplyOptions {
  /** The bridge's behaviour without a controller; 'keep' leaves it. 'secure' when absent: flows stay. */
  failMode?: FailMode | 'keep' | undefined;
}

export interface AttachReport {
  bridge: string;
  /** Columns that were changed; empty when the bridge was as wanted. */
  changed: string[];
  /** What `detach` will put back. */
  before: BridgeSnapshot;
  /** Sentences about what will keep the bridge from reaching the controller. */
  warnings: string[];
}

/** Times a transaction is planned anew when somebody else changed the bridge in between. */
const ATTEMPTS = 8;
/** The shortest pause between connection attempts that ovs-vswitchd takes, in milliseconds. */
const MAX_BACKOFF = 1000;

/**
 * Sets `bridge` up for the controller at `target`: OpenFlow13 among the protocols, this controller and no other,
 * out of band, the fail mode, no in-band control. What it found goes into the bridge's external_ids in the same
 * transaction, so that `detachBridge` can put it back from any process; a second attach keeps the first record.
 *
 * Rejects with OvsdbError `not-found`, `bad-endpoint`, `bad-snapshot`, `wait-failed` (somebody else keeps
 * changing the bridge), or what the database met.
 */
export async function attachBridge(
  database: OpenVswitchDatabase,
  bridge: string,
  target: string,
  options: AttachOptions = {},
): Promise<AttachReport> {
  const { failMode = 'secure', ...applyOptions } = options;
  const { method } = parseControllerTarget(target);
  const schema = await database.schema(applyOptions);
  for (let attempt = 1; ; attempt++) {
    const row = await getBridge(database, bridge, applyOptions);
    const controllers = await readControllers(database, row.controller, applyOptions);
    const recorded = readSnapshot(row);
    const before = recorded ?? takeSnapshot(row, controllers);
    const plan = planAttach(row, controllers, target, failMode, schema);
    if (recorded === undefined) plan.changed.push(`external_ids:${SNAPSHOT_KEY}`);
    const warnings = await certificateWarnings(database, method, applyOptions);
    if (plan.changed.length === 0) return { bridge, changed: [], before, warnings };
    const record = recorded === undefined ? [[SNAPSHOT_KEY, JSON.stringify(before)] as [string, string]] : [];
    const operations: WireOperation[] = [
      ...unchanged(database, schema, row, controllers),
      ...plan.operations,
      {
        op: 'mutate',
        table: 'Bridge',
        where: [['_uuid', '==', ['uuid', row._uuid]]],
        mutations: [
          ['other_config', 'delete', ['set', [IN_BAND_KEY]]],
          ['other_config', 'insert', ['map', [[IN_BAND_KEY, 'true']]]],
          ['external_ids', 'insert', ['map', record]],
        ],
      },
      { op: 'comment', comment: `cloakflow: attach ${bridge} to ${target}` },
    ];
    try {
      await applyWireTransaction(database, operations, applyOptions);
      return { bridge, changed: plan.changed, before, warnings };
    } catch (error) {
      if (!changedMeanwhile(error) || attempt === ATTEMPTS) throw error;
    }
  }
}

function planAttach(
  row: OpenVswitchRow<'Bridge'>,
  controllers: readonly ControllerSnapshot[],
  target: string,
  failMode: FailMode | 'keep',
  schema: DatabaseSchema,
): { changed: string[]; operations: WireOperation[] } {
  const changed: string[] = [];
  const operations: WireOperation[] = [];
  const update = (columns: Extract<WireOperation, { op: 'update' }>['row']) =>
    operations.push({
      op: 'update',
      table: 'Bridge',
      where: [['_uuid', '==', ['uuid', row._uuid]]],
      row: columns,
    });
  if (!row.protocols.includes('OpenFlow13')) {
    changed.push('protocols');
    update({ protocols: ['set', withOpenflow13(row.protocols, schema)] });
  }
  if (failMode !== 'keep' && row.fail_mode !== failMode) {
    changed.push('fail_mode');
    update({ fail_mode: failMode });
  }
  if (row.other_config.get(IN_BAND_KEY) !== 'true') changed.push(`other_config:${IN_BAND_KEY}`);
  if (!(controllers.length === 1 && isWanted(controllers[0]!, target))) {
    changed.push('controller');
    operations.push({
      op: 'insert',
      table: 'Controller',
      row: {
        target,
        connection_mode: 'out-of-band',
        max_backoff: MAX_BACKOFF,
        external_ids: ['map', [['owner', 'cloakflow']]],
      },
      'uuid-name': 'controller',
    });
    update({ controller: ['set', [['named-uuid', named('controller').namedUuid]]] });
  }
  return { changed, operations };
}

/**
 * An empty column stands for every version, and naming one version shuts the others out, `ovs-ofctl` with its
 * OpenFlow 1.0 among them: so an empty column becomes every version that the server knows.
 */
function withOpenflow13(protocols: readonly string[], schema: DatabaseSchema): string[] {
  if (protocols.length > 0) return [...protocols, 'OpenFlow13'];
  const known = schema.tables.get('Bridge')?.get('protocols')?.values ?? ['OpenFlow10', 'OpenFlow13'];
  return known.filter(name => typeof name === 'string');
}

function isWanted({ row }: ControllerSnapshot, target: string): boolean {
  return row.target === target && row.connection_mode === 'out-of-band' && row.max_backoff === MAX_BACKOFF;
}

/** Preconditions: the transaction holds only for the bridge and the controllers that were read. */
export function unchanged(
  database: OpenVswitchDatabase,
  schema: DatabaseSchema,
  row: OpenVswitchRow<'Bridge'>,
  controllers: readonly ControllerSnapshot[],
): WireOperation[] {
  const { controller, protocols, fail_mode, other_config, external_ids } = row;
  return [
    database.encode(
      {
        op: 'wait',
        table: 'Bridge',
        where: [['_uuid', '==', row._uuid]],
        columns: ['controller', 'protocols', 'fail_mode', 'other_config', 'external_ids'],
        until: '==',
        rows: [{ controller, protocols, fail_mode, other_config, external_ids }],
        timeout: 0,
      },
      schema,
    ),
    ...controllers.map(
      ({ uuid, row: wire }): WireOperation => ({
        op: 'wait',
        table: 'Controller',
        where: [['_uuid', '==', ['uuid', uuid]]],
        columns: Object.keys(wire),
        until: '==',
        rows: [wire],
        timeout: 0,
      }),
    ),
  ];
}

export function changedMeanwhile(error: unknown): boolean {
  return error instanceof OvsdbError && error.code === 'wait-failed';
}

async function certificateWarnings(
  database: OpenVswitchDatabase,
  method: string,
  options: ApplyOptions,
): Promise<string[]> {
  if (method !== 'ssl' && method !== 'pssl') return [];
  if ((await getCertificates(database, options)) !== undefined) return [];
  return [
    'the switch has no certificates and cannot speak TLS: set them with `ovs-vsctl set-ssl KEY CERT CA`',
  ];
}

import { OvsdbError } from '../errors.js';
import type { WireMutation, WireOperation } from '../wire.js';
import { type ApplyOptions, applyWireTransaction } from './applied.js';
import { changedMeanwhile, unchanged } from './attach.js';
import { getBridge } from './bridges.js';
import type { OpenVswitchDatabase } from './schema.js';
import {
  type BridgeSnapshot,
  IN_BAND_KEY,
  readControllers,
  readSnapshot,
  restoreControllers,
  SNAPSHOT_KEY,
} from './snapshot.js';

export interface DetachReport {
  bridge: string;
  /** What was put back; undefined when the bridge was not attached, and nothing was changed. */
  restored: BridgeSnapshot | undefined;
}

const ATTEMPTS = 8;

/**
 * Puts back what `attachBridge` found, down to the identities of the controllers' rows, and removes its record.
 * What was changed by others in the same columns since then is undone as well. A bridge that is not attached is
 * left alone. Rejects with OvsdbError `not-found`, `bad-snapshot`, `wait-failed`, or what the database met.
 */
export async function detachBridge(
  database: OpenVswitchDatabase,
  bridge: string,
  options: ApplyOptions = {},
): Promise<DetachReport> {
  const schema = await database.schema(options);
  let keepUuid = true;
  for (let attempt = 1; ; attempt++) {
    const row = await getBridge(database, bridge, options);
    const snapshot = readSnapshot(row);
    if (snapshot === undefined) return { bridge, restored: undefined };
    const current = await readControllers(database, row.controller, options);
    const { operations: rows, references } = restoreControllers(
      snapshot.controllers,
      current,
      schema,
      keepUuid,
    );
    const mutations: WireMutation[] = [
      ['other_config', 'delete', ['set', [IN_BAND_KEY]]],
      ['external_ids', 'delete', ['set', [SNAPSHOT_KEY]]],
    ];
    if (snapshot.disableInBand !== null) {
      mutations.push(['other_config', 'insert', ['map', [[IN_BAND_KEY, snapshot.disableInBand]]]]);
    }
    const operations: WireOperation[] = [
      ...unchanged(database, schema, row, current),
      ...rows,
      database.encode(
        {
          op: 'update',
          table: 'Bridge',
          where: [['_uuid', '==', row._uuid]],
          row: {
            protocols: snapshot.protocols,
            fail_mode: snapshot.failMode ?? undefined,
            controller: references,
          },
        },
        schema,
      ),
      { op: 'mutate', table: 'Bridge', where: [['_uuid', '==', ['uuid', row._uuid]]], mutations },
      { op: 'comment', comment: `cloakflow: detach ${bridge}` },
    ];
    try {
      await applyWireTransaction(database, operations, options);
      return { bridge, restored: snapshot };
    } catch (error) {
      // Servers before Open vSwitch 2.13 choose the identity of a new row themselves.
      if (keepUuid && error instanceof OvsdbError && error.reason === 'syntax error') keepUuid = false;
      else if (!changedMeanwhile(error) || attempt === ATTEMPTS) throw error;
    }
  }
}

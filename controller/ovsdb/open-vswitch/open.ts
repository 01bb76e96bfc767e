import { OvsdbClient, type OvsdbClientOptions } from '../client.js';
import { Database } from '../database.js';
import type { OvsdbEndpoint } from '../endpoint.js';
import { DEFAULT_OVSDB, OPEN_VSWITCH, type OpenVswitchDatabase } from './schema.js';

/** The Open_vSwitch database behind `endpoint`; its `client.close()` ends it. See OvsdbClient.open. */
export async function openOpenVswitch(
  endpoint: OvsdbEndpoint | string = DEFAULT_OVSDB,
  options: OvsdbClientOptions & { signal?: AbortSignal } = {},
): Promise<OpenVswitchDatabase> {
  return new Database(await OvsdbClient.open(endpoint, options), OPEN_VSWITCH);
}

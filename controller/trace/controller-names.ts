import type { AppReport } from '../api/reports.js';
import type { OpenVswitchDatabase } from '../ovsdb/index.js';
import { listPorts } from '../ovsdb/index.js';
import type { TraceNames } from './names.js';

/** Who owns a cookie: `ownerOfCookie` and `ownerNumber` of the switch room, given so that this room needs none. */
export interface CookieOwners {
  ownerOfCookie(cookie: bigint): number | undefined;
  ownerNumber(app: string): number;
}

/** Names of apps and tables, from what a running controller tells of its apps. */
export function appNames(
  apps: readonly AppReport[],
  owners: CookieOwners,
): Pick<TraceNames, 'appOfCookie' | 'table'> {
  const byOwner = new Map(apps.map(app => [owners.ownerNumber(app.name), app.name]));
  const tables = new Map(
    apps.flatMap(app => app.tables.map(({ name, number }) => [number, { app: app.name, name }] as const)),
  );
  return {
    appOfCookie: cookie => {
      const owner = owners.ownerOfCookie(cookie);
      if (owner === undefined) return undefined;
      return owner === 0 ? 'cloakflow' : (byOwner.get(owner) ?? 'an app that is not configured');
    },
    table: number => tables.get(number),
  };
}

/** Names of the interfaces of the given bridges by OpenFlow port number. */
export async function portNames(
  database: OpenVswitchDatabase,
  bridges: readonly string[],
): Promise<TraceNames['port']> {
  const names = new Map<string, string>();
  for (const bridge of bridges) {
    for (const { interfaces } of await listPorts(database, bridge)) {
      for (const { name, ofport } of interfaces) names.set(`${bridge} ${ofport}`, name);
    }
  }
  return (bridge, number) => names.get(`${bridge} ${number}`);
}

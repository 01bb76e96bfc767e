import type { AdminClient } from '../api/admin-client.js';
import { CodedError } from '../coded-error.js';
import { findControlSocket, openOpenVswitch, runControlCommand, type TlsFiles } from '../ovsdb/index.js';
import { CHECKS } from './checks/catalogue.js';
import { gatherDatabaseFacts } from './facts/database-facts.js';
import type { Facts } from './facts/facts.js';
import { gatherMachineFacts, readOvsVersion } from './facts/machine-facts.js';
import { vswitchdNamespace } from './facts/vswitchd-namespace.js';
import { type Finding, runChecks } from './finding.js';

export interface Examination {
  bridge?: string | undefined;
  ovsdb: string;
  tls?: TlsFiles | undefined;
  /** Control socket of ovs-vswitchd; found beside the database's socket when undefined. */
  vswitchd?: string | undefined;
  /** Where pid files are, when `vswitchd` is undefined. */
  runDirectory?: string | undefined;
  admin: AdminClient;
}

/** Looks at Open vSwitch, the bridge, the controller and the machine, and says what is wrong with them. */
export async function examine(examination: Examination): Promise<Finding[]> {
  return runChecks(CHECKS, await gatherFacts(examination));
}

async function gatherFacts(examination: Examination): Promise<Facts> {
  const [machine, database, controller] = await Promise.all([
    gatherMachineFacts(),
    orError(() => databaseFacts(examination)),
    orError(async () => ({ switchIds: (await examination.admin.switches()).map(({ id }) => id) })),
  ]);
  return { bridge: examination.bridge, machine, database, controller };
}

async function databaseFacts({ bridge, ovsdb, tls, vswitchd, runDirectory }: Examination) {
  const database = await openOpenVswitch(ovsdb, { tls });
  try {
    const socket = vswitchd ?? (await findControlSocket('ovs-vswitchd', runDirectory).catch(() => undefined));
    const namespace = await vswitchdNamespace(socket);
    const facts = await gatherDatabaseFacts(database, { bridge, namespace });
    return { ...facts, ovsVersion: (await daemonVersion(socket)) ?? facts.ovsVersion };
  } finally {
    database.client.close();
  }
}

/** What the daemon itself says; the database holds only what the start-up script wrote. */
async function daemonVersion(socket: string | undefined): Promise<string | undefined> {
  if (socket === undefined) return undefined;
  const text = await runControlCommand(socket, 'version', [], { timeout: 5_000 }).catch(() => '');
  return readOvsVersion(text);
}

async function orError<T>(gather: () => Promise<T>): Promise<T | { error: CodedError }> {
  try {
    return await gather();
  } catch (error) {
    if (error instanceof CodedError) return { error };
    throw error;
  }
}

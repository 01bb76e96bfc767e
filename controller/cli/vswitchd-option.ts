import { dirname } from 'node:path';
import type { OvsdbOptions } from './ovsdb-options.js';

export const VSWITCHD_OPTION = [
  '--vswitchd <socket>',
  "control socket of ovs-vswitchd (else found by its pid file beside OVSDB's socket)",
] as const;

export interface VswitchdOptions {
  vswitchd?: string;
}

/** The control socket to use. Rejects with OvsdbError `connect-failed` when no daemon left its pid file. */
export async function controlSocket(options: VswitchdOptions & OvsdbOptions): Promise<string> {
  if (options.vswitchd !== undefined) return options.vswitchd;
  const { findControlSocket } = await import('../ovsdb/index.js');
  return findControlSocket('ovs-vswitchd', runDirectory(options.ovsdb));
}

/** The daemons' run directory; undefined for a server elsewhere. */
export function runDirectory(endpoint: string): string | undefined {
  return endpoint.startsWith('unix:') ? dirname(endpoint.slice('unix:'.length)) : undefined;
}

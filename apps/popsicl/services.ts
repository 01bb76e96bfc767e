import type { Json } from '../../controller/openflow/index.js';
import type { CookieKeys } from './cookie/cookie-keys.js';
import type { Decoys } from './decoy/decoys.js';
import type { TenantAgents } from './handoff/repair.js';
import type { Directory } from './model.js';

/** What the packet path needs from the rest of the app. */
export interface Services {
  readonly directory: Directory;
  readonly keys: CookieKeys;
  /** Absent where no agents can connect: nothing is known of tenants, and nobody restores connections. */
  readonly agents?: TenantAgents | undefined;
  /** Absent: names that are none of a pseudonym are refused. */
  readonly decoys?: Decoys | undefined;
  /** Answers the operator; absent where nothing can be asked. */
  readonly call?: (name: string, parameters: Json) => Promise<Json>;
  readonly close?: () => Promise<void>;
}

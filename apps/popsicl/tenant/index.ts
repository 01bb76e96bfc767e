/** What a tenant's own server needs to serve pseudonyms (`cloakflow/tenant`). */

export type { CapabilityDirectory } from './capabilities/capability-directory.js';
export { CapabilityFiles } from './capabilities/capability-files.js';
export { acceptHandoffs, type HandoffServerOptions } from './node/handoff-server.js';
export { PseudonymContexts } from './node/pseudonym-contexts.js';
export {
  type PseudonymServer,
  type PseudonymServerOptions,
  servePseudonyms,
} from './node/pseudonym-server.js';
export { TenantError, type TenantErrorCode } from './tenant-error.js';
export { protect, TenantWeb, type TenantWebOptions } from './web/tenant-web.js';

export type { BatchFailure, BatchOptions } from './checked-batches.js';
export type { SessionHandler } from './handler.js';
export type { SessionState } from './inbound-dispatch.js';
export { type SessionOptions, sessionOptions } from './options.js';
export { OpenflowReplyError } from './reply-error.js';
export type {
  DecodedExperimenter,
  DecodedOf,
  MessageOf,
  ReplyTo,
  RequestMessage,
  RequestOptions,
} from './requests.js';
export { type ControllerRole, type GrantedRole, nextGenerationId, requestRole } from './role.js';
export { Session } from './session.js';
export {
  type SessionCloseCode,
  SessionError,
  type SessionErrorCode,
  type SessionRequestCode,
} from './session-error.js';
export { SessionStatistics } from './statistics.js';
export { TokenBucket } from './token-bucket.js';
export { WriterPool } from './writer-pool.js';

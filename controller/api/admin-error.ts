import { CodedError } from '../coded-error.js';

/**
 * What can go wrong between the command line and a running controller. The first group concerns the socket,
 * the second the request; further codes come from the controller's own errors.
 */
export type AdminErrorCode =
  | 'no-controller'
  | 'admin-denied'
  | 'admin-timeout'
  | 'admin-bad-answer'
  | 'admin-in-use'
  | 'admin-path'
  | 'unknown-switch'
  | 'unknown-app'
  | 'bad-request'
  | 'not-found'
  | 'internal';

export class AdminError extends CodedError<AdminErrorCode | (string & {})> {}

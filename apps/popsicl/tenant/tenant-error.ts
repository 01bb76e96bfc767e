import { CodedError } from '../../../controller/coded-error.js';

export type TenantErrorCode =
  /** A program of the system is missing. */
  | 'program-missing'
  /** A program of the system said no. */
  | 'program-failed'
  /** The configuration of the agent is wrong. */
  | 'bad-configuration'
  /** A name that is no domain name, and so names no file. */
  | 'bad-name'
  /** Certificate, key and anchor do not belong together, or are none. */
  | 'bad-material'
  /** The web server did not take over what was put. */
  | 'web-server-failed'
  /** The kernel did not restore the connection. */
  | 'restore-failed'
  /** A helper process is gone or says what it should not. */
  | 'helper-failed';

/** What can go wrong on a tenant. Texts never hold a pseudonym, an address of a client or a key. */
export class TenantError extends CodedError<TenantErrorCode> {}

import { CodedError } from '../coded-error.js';

export type OvsdbErrorCode =
  /** The endpoint's text is none, or lacks what it needs (certificates of `ssl:`). */
  | 'bad-endpoint'
  /** No connection could be made. */
  | 'connect-failed'
  /** The connection went while the call was waiting. */
  | 'connection-lost'
  /** The server said nothing for two probe intervals, not even the answer to an echo. */
  | 'silent'
  /** The client was closed by its owner. */
  | 'closed'
  /** The call's own time limit passed. */
  | 'timed-out'
  /** The call's AbortSignal fired. */
  | 'aborted'
  /** What the server sent is not JSON, or not JSON-RPC, or not what RFC 7047 lets it say. */
  | 'malformed'
  /** A message, its nesting or a monitored table is larger than the client accepts. */
  | 'too-large'
  /** Too many calls wait for answers, or the server does not read. */
  | 'too-busy'
  /** The server answered a call with an error. */
  | 'rpc-error'
  /** An operation of a transaction failed and the transaction changed nothing. */
  | 'transaction-failed'
  /** A `wait` operation found the database other than the transaction assumes. */
  | 'wait-failed'
  /** The server's schema lacks a table or column, or has it with another type. */
  | 'schema-mismatch'
  /** A value does not fit its column. */
  | 'bad-value'
  /** No bridge, port or other row of this name. */
  | 'not-found'
  /** A row of this name exists already, with other properties. */
  | 'exists'
  /** What `attach` recorded in the bridge cannot be read. */
  | 'bad-snapshot'
  /** The daemon answered a unixctl command with an error. */
  | 'command-failed';

export interface OvsdbErrorDetails {
  mend?: string;
  cause?: unknown;
  /** Index of the operation that failed, within its transaction. */
  operation?: number;
  /** The server's own word for the error (RFC 7047, section 3.1 `<error>`). */
  reason?: string;
}

/** Everything the OVSDB client rejects or throws. */
export class OvsdbError extends CodedError<OvsdbErrorCode> {
  readonly operation: number | undefined;
  readonly reason: string | undefined;

  constructor(code: OvsdbErrorCode, message: string, details: OvsdbErrorDetails = {}) {
    super(code, message, details);
    this.operation = details.operation;
    this.reason = details.reason;
  }
}

import { CodedError } from '../../../controller/coded-error.js';

export type ClientErrorCode =
  | 'aborted'
  | 'address-ended'
  | 'agent-refused'
  | 'agent-unreachable'
  | 'bad-strategy'
  | 'bad-url'
  | 'binding-missing'
  | 'certificate-rejected'
  | 'connect-failed'
  | 'connect-timeout'
  | 'connection-closed'
  | 'connection-lost'
  | 'migration-disabled'
  | 'no-address'
  | 'no-spare-connection-id'
  | 'path-unreachable'
  | 'request-malformed'
  | 'request-refused'
  | 'resolve-failed'
  | 'response-malformed'
  | 'stream-reset';

/** What can go wrong between an application and its server. The texts name no client address. */
export class ClientError extends CodedError<ClientErrorCode> {}

/** Reasons for which a hop is not made; the connection goes on from the address that it has. */
export const HOP_REFUSALS: ReadonlySet<ClientErrorCode> = new Set([
  'address-ended',
  'migration-disabled',
  'no-address',
  'no-spare-connection-id',
  'path-unreachable',
]);

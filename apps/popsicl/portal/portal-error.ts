import { CodedError } from '../../../controller/coded-error.js';

export type PortalErrorCode =
  | 'not-found'
  | 'bad-request'
  | 'too-large'
  | 'unsupported-media-type'
  | 'internal'
  /** For its client: nothing answers, what answers is not trusted, or is no portal. */
  | 'portal-unreachable'
  | 'portal-untrusted'
  | 'portal-bad-answer';

export class PortalError extends CodedError<PortalErrorCode | (string & {})> {}

import { CodedError } from '../../../controller/coded-error.js';

export type PkiErrorCode =
  /** A certificate request that cannot be read, is too large, or is not signed by its own key. */
  | 'bad-request-certificate'
  /** A key of a kind or size that is not issued for. */
  | 'unsupported-key'
  /** The cloud's certificate authority is incomplete, expired, or not one. */
  | 'bad-authority';

export class PkiError extends CodedError<PkiErrorCode> {}

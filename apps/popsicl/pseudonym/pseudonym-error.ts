import { CodedError } from '../../../controller/coded-error.js';

export type PseudonymErrorCode =
  /** A block of pseudo-addresses is no CIDR block, or too small. */
  | 'bad-block'
  /** No free pseudo-address was found. */
  | 'addresses-exhausted'
  /** The stateless form cannot hold these addresses. */
  | 'too-many-addresses'
  /** All key ids are taken. */
  | 'keys-exhausted'
  | 'bad-tenant-number'
  /** The cloud domain leaves no place for a label, or is no domain. */
  | 'bad-cloud-domain';

export class PseudonymError extends CodedError<PseudonymErrorCode> {}

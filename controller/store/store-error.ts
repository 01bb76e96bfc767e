import { CodedError } from '../coded-error.js';

export type StoreErrorCode =
  /** Another process, or another part of this one, has the file open. */
  | 'store-in-use'
  /** The file is no database, is damaged, or was written by a later version. */
  | 'store-unusable'
  /** A constraint, or the number of changed rows that a statement demands, refused a write. */
  | 'not-applied'
  /** The statement is no SQL, or does not fit the database. */
  | 'bad-statement'
  /** The disk did not take it: the write did not happen as far as this process can tell. */
  | 'store-failed'
  | 'store-closed';

export class StoreError extends CodedError<StoreErrorCode> {}

import { CodedError } from '../coded-error.js';

export type SwitchErrorCode =
  | 'not-connected'
  | 'foreign-table'
  | 'bad-cookie'
  | 'reserved-priority'
  | 'duplicate-flow'
  | 'too-many-groups'
  | 'too-many-meters';

/** A call on a switch that cannot be done, or a wanted state that contradicts itself. */
export class SwitchError extends CodedError<SwitchErrorCode> {}

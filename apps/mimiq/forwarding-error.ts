import { CodedError } from '../../controller/coded-error.js';
import type { Lease } from './model.js';

export type ForwardingErrorCode = 'rule-refused' | 'switch-unreachable' | 'switch-unknown' | 'table-full';

/** Rules that are not in force: which leases, and why. The text names no address. */
export class ForwardingError extends CodedError<ForwardingErrorCode> {
  readonly leases: readonly Lease[];

  constructor(
    code: ForwardingErrorCode,
    message: string,
    leases: readonly Lease[],
    options: { mend?: string; cause?: unknown } = {},
  ) {
    super(code, message, options);
    this.leases = leases;
  }
}

import { CodedError } from '../../controller/coded-error.js';

export type AllocationErrorCode =
  | 'bad-request'
  | 'busy'
  | 'client-limit'
  | 'exhausted'
  | 'no-alias'
  | 'no-pool'
  | 'not-held'
  | 'port-limit'
  | 'rate-limit'
  | 'rule-refused'
  | 'stopped'
  | 'store-failed'
  | 'too-many-switches';

/** Why a client does not get what it asked for. The texts go to clients: they name no other client and no address. */
export class AllocationError extends CodedError<AllocationErrorCode> {
  /** When asking again may help, in milliseconds from now; undefined when it does not. */
  readonly retryAfter: number | undefined;

  constructor(
    code: AllocationErrorCode,
    message: string,
    options: { mend?: string; cause?: unknown; retryAfter?: number } = {},
  ) {
    super(code, message, options);
    this.retryAfter = options.retryAfter;
  }
}

import { CodedError } from '../../../controller/coded-error.js';

export type AgentErrorCode =
  | 'allocator-refused'
  | 'allocator-unreachable'
  | 'interface-refused'
  | 'bad-option'
  | 'no-rights'
  | 'socket-refused'
  | 'socket-taken';

/** What keeps an agent from working. The texts name no address of the client. */
export class AgentError extends CodedError<AgentErrorCode> {
  /** Milliseconds after which asking again may help. */
  readonly retryAfter: number | undefined;

  constructor(
    code: AgentErrorCode,
    message: string,
    options: { mend?: string; cause?: unknown; retryAfter?: number } = {},
  ) {
    super(code, message, options);
    this.retryAfter = options.retryAfter;
  }
}

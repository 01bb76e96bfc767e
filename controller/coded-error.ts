/**
 * The root of every error that cloakflow raises on purpose: a stable code for programs and logs, a sentence
 * that says what was wrong, and, where there is one, what to do about it.
 */
export class CodedError<Code extends string = string> extends Error {
  readonly code: Code;
  /** What the reader can do; undefined where the message already says it. */
  readonly mend: string | undefined;

  constructor(code: Code, message: string, options: { mend?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.code = code;
    this.mend = options.mend;
  }
}

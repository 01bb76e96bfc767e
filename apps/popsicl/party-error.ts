import { CodedError } from '../../controller/coded-error.js';

export interface PartyErrorOptions {
  readonly mend?: string;
  readonly cause?: unknown;
  readonly isUnheard?: boolean;
}

/** Why a party could not be told of a pseudonym, or told to forget it. No text names one. */
export class PartyError<Code extends string> extends CodedError<Code> {
  /** The party certainly knows nothing of what it was told: there is nothing to undo. */
  readonly isUnheard: boolean;

  constructor(code: Code, message: string, options: PartyErrorOptions = {}) {
    super(code, message, options);
    this.isUnheard = options.isUnheard ?? false;
  }
}

import { CodedError } from '../../../controller/coded-error.js';

export type ExitErrorCode = 'bad-option' | 'certificate-unreadable' | 'listen-failed' | 'proxy-failed';

/** What keeps an exit, or a local proxy, from working. */
export class ExitError extends CodedError<ExitErrorCode> {}

import { CodedError } from '../coded-error.js';
import { ExitCode } from './exit-codes.js';
import type { Palette } from './palette.js';

/** A command that cannot do what was asked; the exit code goes with it. */
export class CommandError extends CodedError {
  readonly exitCode: number;

  constructor(
    code: string,
    message: string,
    options: { mend?: string; cause?: unknown; exitCode?: number } = {},
  ) {
    super(code, message, options);
    this.exitCode = options.exitCode ?? ExitCode.FAILED;
  }
}

/** Codes of errors from elsewhere that end the process with a code of their own. */
const EXIT_CODES_BY_ERROR: Readonly<Record<string, ExitCode>> = {
  'no-controller': ExitCode.NO_CONTROLLER,
  'admin-denied': ExitCode.NO_CONTROLLER,
  'admin-timeout': ExitCode.NO_CONTROLLER,
  'admin-bad-answer': ExitCode.NO_CONTROLLER,
  'unknown-experiment': ExitCode.USAGE,
  'unknown-parameter': ExitCode.USAGE,
  'bad-parameter': ExitCode.USAGE,
  'too-little-memory': ExitCode.MISSING_PREREQUISITE,
  'not-root': ExitCode.MISSING_PREREQUISITE,
  'tool-missing': ExitCode.MISSING_PREREQUISITE,
  'ovs-missing': ExitCode.MISSING_PREREQUISITE,
  'ovs-not-running': ExitCode.MISSING_PREREQUISITE,
  'mininet-missing': ExitCode.MISSING_PREREQUISITE,
  'runner-missing': ExitCode.MISSING_PREREQUISITE,
  'delay-line-missing': ExitCode.MISSING_PREREQUISITE,
};

/** Exit code of an error that ended a command. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof CommandError) return error.exitCode;
  if (error instanceof CodedError) return EXIT_CODES_BY_ERROR[error.code] ?? ExitCode.FAILED;
  return isSystemError(error) ? ExitCode.FAILED : ExitCode.INTERNAL;
}

/** JSON form of an error: what `--json` prints. */
export function failureJson(error: unknown): { error: Record<string, unknown> } {
  if (error instanceof CodedError) {
    const { code, message, mend } = error;
    return { error: mend === undefined ? { code, message } : { code, message, mend } };
  }
  if (isSystemError(error)) return { error: { code: error.code.toLowerCase(), message: error.message } };
  return { error: { code: 'internal', message: error instanceof Error ? error.message : String(error) } };
}

/** An error as a person reads it: the sentence, its code, and on the next line what to do. */
export function failureText(error: unknown, palette: Palette): string {
  const label = palette('red', 'error:');
  if (error instanceof CodedError) {
    // Problems of a configuration have theirs in the message.
    const told = error.mend === undefined || error.message.includes(error.mend);
    const mend = told ? '' : `\n  ${error.mend}`;
    return `${label} ${error.message} ${palette('dim', `[${error.code}]`)}${mend}\n`;
  }
  if (isSystemError(error))
    return `${label} ${systemText(error)} ${palette('dim', `[${error.code.toLowerCase()}]`)}\n`;
  const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return `${label} internal error, please report it\n${detail}\n`;
}

const SYSTEM_WORDS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or folder',
  EACCES: 'this user may not; run it with sudo, or as the user to whom it belongs',
  EEXIST: 'it is there already',
  EISDIR: 'it is a folder',
  ENOTDIR: 'a part of the path is no folder',
};

function systemText(error: NodeJS.ErrnoException & { code: string }): string {
  const words = SYSTEM_WORDS[error.code];
  return words === undefined || error.path === undefined ? error.message : `${error.path}: ${words}`;
}

/** Errors of the operating system (ENOENT, EACCES, …): the environment's fault, not a bug. */
function isSystemError(error: unknown): error is NodeJS.ErrnoException & { code: string } {
  return (
    error instanceof Error && 'syscall' in error && typeof (error as { code?: unknown }).code === 'string'
  );
}

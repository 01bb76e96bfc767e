import { CodedError } from '../../coded-error.js';

export type ConfigErrorCode =
  | 'config-missing'
  | 'config-unreadable'
  | 'config-syntax'
  | 'config-unknown-key'
  | 'config-bad-value'
  | 'app-unknown'
  | 'app-load-failed'
  | 'app-conflict';

/** One thing wrong with a configuration. */
export interface ConfigProblem {
  code: ConfigErrorCode;
  /** A sentence without the place. */
  message: string;
  /** Keys and list indexes from the root of the file. */
  path: readonly (string | number)[];
  /** Line and column from 1, where they are known. */
  line?: number;
  column?: number;
  mend?: string;
}

/** A configuration that cannot be used. The message tells every problem with its place, one a line. */
export class ConfigError extends CodedError<ConfigErrorCode> {
  /** Path of the file as it was given; undefined for a configuration that is not from a file. */
  readonly file: string | undefined;
  /** At least one, in the order of the file. */
  readonly problems: readonly ConfigProblem[];

  constructor(file: string | undefined, problems: readonly ConfigProblem[], cause?: unknown) {
    const first = problems[0]!;
    super(first.code, problems.map(problem => describeProblem(problem, file)).join('\n'), {
      ...(first.mend === undefined ? {} : { mend: first.mend }),
      cause,
    });
    this.file = file;
    this.problems = problems;
  }

  get line(): number | undefined {
    return this.problems[0]!.line;
  }

  get path(): readonly (string | number)[] {
    return this.problems[0]!.path;
  }
}

/** One line: `cloakflow.yaml:4:5: apps[0].learning-switch.idleTimeout: expected a number`. */
export function describeProblem(problem: ConfigProblem, file: string | undefined): string {
  const place = [file, problem.line, problem.column].filter(part => part !== undefined).join(':');
  const path = pathText(problem.path);
  const mend = problem.mend === undefined ? '' : ` (${problem.mend})`;
  return [place, path, `${problem.message}${mend}`].filter(part => part !== '').join(': ');
}

/** `apps[0].learning-switch.idleTimeout`. */
function pathText(path: readonly (string | number)[]): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[${part}]`;
    return text === '' ? part : `${text}.${part}`;
  }, '');
}

import { CodedError } from '../../controller/coded-error.js';

export type ExperimentErrorCode =
  | 'unknown-experiment'
  | 'unknown-parameter'
  | 'bad-parameter'
  | 'not-root'
  | 'tool-missing'
  | 'too-little-memory'
  | 'run-in-progress'
  | 'other-run'
  | 'output-unusable'
  | 'bad-result'
  | 'not-comparable'
  | 'measurement-failed'
  | 'interrupted';

export class ExperimentError extends CodedError<ExperimentErrorCode> {}

import { closeSync, existsSync, fsyncSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs';
import type { Parameters, Sample } from './experiment.js';
import { ExperimentError } from './experiment-error.js';

/** What a run is; a state is continued only by a run that is the same. */
export interface RunIdentity {
  experiment: string;
  size: string;
  parameters: Parameters;
  cloakflow: string;
  processor: string;
}

/**
 * The finished repetitions of a run that is not over, as JSON lines: the identity, then a line each. A line is on the
 * disk when `append` returns; one that was cut off by a crash is dropped.
 */
export class RunState {
  readonly samples: Sample[] = [];
  private readonly descriptor: number;

  /** Continues the state in `file`, or starts one. @throws ExperimentError `other-run`, `output-unusable` */
  constructor(file: string, identity: RunIdentity) {
    const own = JSON.stringify(identity);
    const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
    const whole = text.slice(0, text.lastIndexOf('\n') + 1);
    const [head, ...lines] = whole.split('\n').slice(0, -1);
    if (head !== undefined && head !== own)
      throw new ExperimentError('other-run', `${file} holds ${otherRun(head, identity)}`, {
        mend: 'repeat that run as it was to finish it, or give --fresh to throw it away',
      });
    for (const line of lines) this.samples.push(JSON.parse(line) as Sample);
    try {
      this.descriptor = openSync(file, 'a');
    } catch (cause) {
      throw new ExperimentError('output-unusable', `cannot write ${file}: ${(cause as Error).message}`, {
        cause,
      });
    }
    ftruncateSync(this.descriptor, Buffer.byteLength(whole));
    if (head === undefined) this.write(own);
  }

  append(sample: Sample): void {
    this.write(JSON.stringify(sample));
    this.samples.push(sample);
  }

  close(): void {
    closeSync(this.descriptor);
  }

  private write(line: string): void {
    writeSync(this.descriptor, `${line}\n`);
    fsyncSync(this.descriptor);
  }
}

/** How the run that a state's first line names differs from this one. */
function otherRun(head: string, identity: RunIdentity): string {
  let other: Partial<RunIdentity>;
  try {
    other = JSON.parse(head) as Partial<RunIdentity>;
  } catch {
    return 'something else than an unfinished run';
  }
  const { cloakflow, processor } = other;
  const rest = JSON.stringify({ ...other, cloakflow: identity.cloakflow, processor: identity.processor });
  if (rest !== JSON.stringify(identity)) return 'an unfinished run with other parameters';
  if (cloakflow !== identity.cloakflow) return `an unfinished run of cloakflow ${cloakflow}`;
  return `an unfinished run of another machine (${processor})`;
}

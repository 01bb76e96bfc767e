import type { Size } from '../../../mininet/experiments/experiment.js';
import { findExperiment } from '../../../mininet/experiments/find-experiment.js';
import { figuresTable } from '../../../mininet/experiments/report/page.js';
import type { Result } from '../../../mininet/experiments/result.js';
import { runExperiment } from '../../../mininet/experiments/run-experiment.js';
import { plainTable } from '../../../mininet/report/figures.js';
import { EmulationSignals } from '../emulation/emulation-signals.js';
import { type Invocation, write, writeJson } from '../invocation.js';
import { type Palette, paletteFor } from '../palette.js';
import { withProgress } from '../progress.js';
import { signalExitCode } from '../signals.js';

export interface RunExperimentOptions {
  smoke?: boolean;
  quick?: boolean;
  full?: boolean;
  set?: string[];
  output: string;
  fresh?: boolean;
  json?: boolean;
}

export async function runExperimentCommand(
  name: string,
  options: RunExperimentOptions,
  invocation: Invocation,
): Promise<void> {
  const experiment = findExperiment(name);
  const size: Size = options.full ? 'full' : options.smoke ? 'smoke' : 'quick';
  const signals = new EmulationSignals();
  try {
    const { file, result, kept } = await withProgress(invocation, name, report =>
      runExperiment(experiment, {
        size,
        sets: options.set ?? [],
        output: options.output,
        fresh: options.fresh ?? false,
        signal: signals.signal,
        progress: text => {
          report(`${name}  ${text}`);
          if (invocation.stderr.isTTY !== true && !options.json)
            invocation.stderr.write(`${name}  ${text}\n`);
        },
      }),
    );
    if (options.json) return await writeJson(invocation, { file, result });
    const palette = paletteFor(invocation.stdout, invocation.env);
    const resumed = kept === 0 ? '' : ` (${kept} repetitions were there already)`;
    await write(
      invocation.stdout,
      `${palette('bold', experiment.title)}\n\n${plainTable(figuresTable(experiment, result))}\n` +
        `${claimsText(result, palette)}\nWritten to ${file}${resumed}.\n`,
    );
  } catch (error) {
    if (signals.heard === undefined) throw error;
    invocation.exitCode = signalExitCode(signals.heard);
    const { message, mend } = error as { message: string; mend?: string };
    await write(invocation.stderr, `${message}${mend === undefined ? '' : `: ${mend}`}\n`);
  } finally {
    signals.dispose();
  }
}

/** Every claim with what was found. */
function claimsText({ claims }: Result, palette: Palette): string {
  return claims
    .map(({ says, section, found, holds }) => {
      const mark = holds === undefined ? '?' : holds ? palette('green', '✓') : palette('red', '✗');
      return `${mark} ${says} (${section})\n    ${found ?? 'this run cannot tell'}\n`;
    })
    .join('');
}

import { writeReport } from '../../../mininet/experiments/report/write-report.js';
import { type Invocation, write, writeJson } from '../invocation.js';

export async function reportResults(
  files: readonly string[],
  options: { output: string; json?: boolean },
  invocation: Invocation,
): Promise<void> {
  const written = await writeReport(files, options.output);
  if (options.json) return writeJson(invocation, { written });
  await write(invocation.stdout, written.map(file => `${file}\n`).join(''));
}

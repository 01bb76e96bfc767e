import { cleanLeftovers } from '../../../mininet/driver/index.js';
import { ExitCode } from '../exit-codes.js';
import { type Invocation, write } from '../invocation.js';
import type { EmulateOptions } from './emulate-options.js';

/** `cloakflow emulate --clean`: says what was removed; exit code 1 when something could not be. */
export async function removeLeftovers(options: EmulateOptions, invocation: Invocation): Promise<void> {
  const { removed, failed } = await cleanLeftovers();
  if (failed.length > 0) invocation.exitCode = ExitCode.FAILED;
  if (options.json) {
    await write(invocation.stdout, `${JSON.stringify({ removed, failed })}\n`);
    return;
  }
  for (const { id, message } of failed)
    await write(invocation.stderr, `${id} could not be removed: ${message}\n`);
  const text = removed.length === 0 ? 'nothing was left behind' : `removed ${removed.join(', ')}`;
  await write(invocation.stdout, `${text}\n`);
}

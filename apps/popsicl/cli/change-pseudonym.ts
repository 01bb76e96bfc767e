import { type Invocation, write, writeJson } from '../../../controller/cli/invocation.js';
import { adminClient } from '../../../controller/cli/query.js';
import type { PseudonymReport } from '../registry/reports.js';
import type { OperatorOptions } from './operator-options.js';

/** Asks the controller to renew or revoke a pseudonym, and says what became of it. */
export async function changePseudonym(
  call: 'renew' | 'revoke',
  name: string,
  options: OperatorOptions,
  invocation: Invocation,
): Promise<void> {
  const answer = await adminClient(options, invocation).callApp(options.instance, call, { name });
  const report = answer as unknown as PseudonymReport;
  if (options.json) return writeJson(invocation, report);
  await write(invocation.stdout, `${sentence(report)}\n`);
}

function sentence({ state, expiresAt }: PseudonymReport): string {
  switch (state) {
    case 'active':
      return `renewed until ${new Date(expiresAt).toISOString()}`;
    case 'withdrawing':
      return 'revoked; not every party could be told yet, and the controller goes on trying';
    default:
      return state;
  }
}

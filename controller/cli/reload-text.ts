import { isEmpty, type ReloadReport } from '../host/index.js';
import { type Invocation, write, writeJson } from './invocation.js';
import { printable } from './printable.js';

/** What each list of the report says of its members, and of what kind they are. */
const LINES: readonly [keyof ReloadReport, string, string][] = [
  ['started', 'app', 'started'],
  ['stopped', 'app', 'stopped'],
  ['restarted', 'app', 'restarted'],
  ['opened', 'endpoint', 'opened'],
  ['closed', 'endpoint', 'closed'],
  ['settings', 'setting', 'applied'],
];

/** Prints a report, with `tense` in front of each deed. Whether it tells of a change. */
export async function showReload(
  report: ReloadReport,
  tense: 'was' | 'would be',
  json: boolean,
  invocation: Invocation,
): Promise<boolean> {
  const isSomething = !isEmpty(report);
  if (json) {
    await writeJson(invocation, report);
    return isSomething;
  }
  const lines = LINES.flatMap(([list, kind, deed]) =>
    report[list].map(name => `${kind} ${printable(name)} ${tense} ${deed}`),
  );
  for (const name of report.atNextStart) lines.push(`setting ${printable(name)} changes with the next start`);
  if (!isSomething) lines.push('nothing to change');
  await write(invocation.stdout, `${lines.join('\n')}\n`);
  return isSomething;
}

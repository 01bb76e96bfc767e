import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, sep } from 'node:path';
import { runCommand } from '../driver/index.js';

const PREFIX = 'cloakflow-experiment-';
const NAME = new RegExp(`^${PREFIX}(\\d+)\\.(\\d+)-`);
/** What is taken down at the same moment may still write there. */
const PATIENT = { recursive: true, force: true, maxRetries: 5, retryDelay: 200 } as const;

/** Makes a temporary folder whose name says which process it belongs to. */
export function makeScratch(): string {
  return mkdtempSync(join(tmpdir(), `${PREFIX}${process.pid}.${startOf(process.pid)}-`));
}

/** Removes a folder, and what is mounted in it. */
export async function removeScratch(folder: string): Promise<void> {
  for (const mount of mountsIn(folder)) await runCommand(['umount', mount]);
  rmSync(folder, PATIENT);
}

/** Removes the folders of processes that have ended without doing so. Returns how many. */
export async function removeAbandonedScratch(): Promise<number> {
  let removed = 0;
  for (const name of readdirSync(tmpdir())) {
    const [, pid, start] = NAME.exec(name) ?? [];
    const folder = join(tmpdir(), name);
    if (pid === undefined || startOf(Number(pid)) === start || !isOwn(folder)) continue;
    await removeScratch(folder);
    removed++;
  }
  return removed;
}

/** When a process began, in clock ticks since boot; undefined when there is none (proc(5), stat, field 22). */
function startOf(pid: number): string | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const [state, ...fields] = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return state === 'Z' || state === 'X' ? undefined : fields[18];
  } catch {
    return undefined;
  }
}

function isOwn(folder: string): boolean {
  const found = statSync(folder, { throwIfNoEntry: false });
  return found?.isDirectory() === true && found.uid === process.getuid?.();
}

/** Mount points below the folder, the deepest first. */
function mountsIn(folder: string): string[] {
  return readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .flatMap(line => line.split(' ')[4] ?? [])
    .filter(point => point.startsWith(folder + sep))
    .reverse();
}

import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';

/** As /proc/PID/stat numbers scheduling policies (sched(7)). */
const SCHED_OTHER = 0;
/** Place of the policy behind the name of the process (proc_pid_stat(5), field 41). */
const POLICY = 38;

/**
 * Has Linux run this process by SCHED_BATCH: woken, it waits until the processor is free, instead of taking it from the switch that
 * has just sent a packet-in and is about to send more. Whoever has started it by another policy than the usual one keeps that.
 * Resolves with whether anything was changed; never rejects.
 */
export async function scheduleAsBatch(): Promise<boolean> {
  const stat = await readFile('/proc/self/stat', 'utf8').catch(() => undefined);
  const policy = stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[POLICY];
  if (Number(policy) !== SCHED_OTHER) return false;
  return new Promise(resolve => {
    // util-linux: all threads (-a) of this process (-p), which hand the policy on to those that they start.
    execFile('chrt', ['-a', '-b', '-p', '0', String(process.pid)], error => resolve(error === null));
  });
}

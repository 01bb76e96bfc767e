import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import type { EmulatedSwitch } from '../driver/index.js';
import { ExperimentError } from './experiment-error.js';

/** Process id of the ovs-vswitchd of a private switch. */
export function vswitchdOf(sw: EmulatedSwitch): number {
  const namespaceOf = (pid: number) => readlinkSync(`/proc/${pid}/ns/net`);
  const own = namespaceOf(sw.pid!);
  const found = readdirSync('/proc')
    .map(Number)
    .find(pid => {
      try {
        const isIt = pid > 0 && readFileSync(`/proc/${pid}/comm`, 'utf8').trim() === 'ovs-vswitchd';
        return isIt && namespaceOf(pid) === own;
      } catch {
        // It has ended meanwhile.
        return false;
      }
    });
  if (found !== undefined) return found;
  throw new ExperimentError('measurement-failed', `${sw.name} has no ovs-vswitchd`);
}

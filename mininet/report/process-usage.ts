/** What a process of this machine uses, as Linux counts it. */
import { readdirSync, readFileSync } from 'node:fs';

/** CPU seconds of all threads. The first field of schedstat: nanoseconds on a processor. */
export function cpuSecondsOf(pid: number): number {
  let nanoseconds = 0;
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    nanoseconds += Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]);
  }
  return nanoseconds / 1e9;
}

/** CPU seconds of a process and of all that it started, as far as they still run. */
export function cpuSecondsOfFamily(pid: number): number {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean);
  return children.reduce((sum, child) => sum + cpuSecondsOfFamily(Number(child)), cpuSecondsOf(pid));
}

/** How often threads left a processor: because they had to wait for something, or because another was given it. */
export interface ContextSwitches {
  voluntary: number;
  involuntary: number;
}

/** Context switches of all threads. Each voluntary one but the last was followed by being woken. */
export function contextSwitchesOf(pid: number): ContextSwitches {
  const switches: ContextSwitches = { voluntary: 0, involuntary: 0 };
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    const status = readFileSync(`/proc/${pid}/task/${thread}/status`, 'utf8');
    switches.voluntary += Number(/^voluntary_ctxt_switches:\s+(\d+)$/m.exec(status)![1]);
    switches.involuntary += Number(/^nonvoluntary_ctxt_switches:\s+(\d+)$/m.exec(status)![1]);
  }
  return switches;
}

/** Resident bytes. */
export function residentBytesOf(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)![1]) * 1024;
}

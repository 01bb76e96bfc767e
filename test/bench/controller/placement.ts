/** Keeps the two processes of a measurement out of each other's way, and of everybody else's. */
import { spawnSync } from 'node:child_process';
import { cpus, setPriority } from 'node:os';

const PRIORITY = -15;

/** How the processes of a run are placed: on a core each where there are two, before others where root allows it. */
export interface Placement {
  pinned: boolean;
  priority: number;
}

/** The core of the generator, and that of the controller. */
export const GENERATOR_CORE = 0;
export const CONTROLLER_CORE = 1;

/** What this machine allows. */
export function choosePlacement(): Placement {
  const hasTaskset = spawnSync('taskset', ['--version']).error === undefined;
  return { pinned: hasTaskset && cpus().length > 1, priority: process.getuid?.() === 0 ? PRIORITY : 0 };
}

/** Places a running process with all its threads. */
export function place(pid: number, core: number, placement: Placement): void {
  if (placement.pinned) spawnSync('taskset', ['-a', '-c', '-p', String(core), String(pid)]);
  if (placement.priority === 0) return;
  try {
    setPriority(pid, placement.priority);
  } catch {
    // It has ended: the measurement will say so.
  }
}

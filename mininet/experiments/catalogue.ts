import type { Experiment } from './experiment.js';
import { forwardingTable } from './mimiq/forwarding-table.js';
import { migrationOverhead } from './mimiq/migration-overhead.js';

/** Every experiment, in the order of the papers. */
export const experiments: readonly Experiment[] = [migrationOverhead, forwardingTable];

import type { Experiment } from './experiment.js';
import { censor } from './mimiq/censor.js';
import { feasibility } from './mimiq/feasibility.js';
import { fingerprinting } from './mimiq/fingerprinting.js';
import { forwardingTable } from './mimiq/forwarding-table.js';
import { migrationOverhead } from './mimiq/migration-overhead.js';
import { proofGrid } from './mimiq/proof-grid.js';
import { concurrentConnections } from './popsicl/concurrent-connections.js';
import { downloadLatency } from './popsicl/download-latency.js';
import { latencyUnderLoad } from './popsicl/latency-under-load.js';
import { linker } from './popsicl/linker.js';
import { manyPseudonyms } from './popsicl/many-pseudonyms.js';
import { offeredRate } from './popsicl/offered-rate.js';
import { pageSizes } from './popsicl/page-sizes.js';
import { pageWithDefence } from './popsicl/page-with-defence.js';
import { probeTiming } from './popsicl/probe-timing.js';
import { proxyOrHandoff } from './popsicl/proxy-or-handoff.js';
import { switchLoad } from './popsicl/switch-load.js';
import { torLatency } from './popsicl/tor-latency.js';

/** Every experiment, in the order of the papers. */
export const experiments: readonly Experiment[] = [
  downloadLatency,
  torLatency,
  latencyUnderLoad,
  linker,
  offeredRate,
  concurrentConnections,
  proxyOrHandoff,
  switchLoad,
  manyPseudonyms,
  pageWithDefence,
  pageSizes,
  probeTiming,
  feasibility,
  proofGrid,
  migrationOverhead,
  forwardingTable,
  fingerprinting,
  censor,
];

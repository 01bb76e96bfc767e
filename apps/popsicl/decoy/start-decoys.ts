import { join } from 'node:path';
import type { AppContext } from '../../../controller/host/index.js';
import type { PopsiclConfig } from '../config.js';
import type { CloudAuthority } from '../pki/cloud-authority.js';
import type { TenantParty } from '../tenant-party.js';
import { DecoyStore } from './decoy-store.js';
import { Decoys } from './decoys.js';

/** In the registration's folder. */
const FILE = 'decoys.db';
const DAY = 24 * 60 * 60 * 1000;

export interface RunningDecoys {
  readonly decoys: Decoys;
  close(): Promise<void>;
}

/** Decoys where the configuration has a server for them. Throws StoreError. */
export async function startDecoys(
  { config, clock, log, metrics }: AppContext<PopsiclConfig>,
  authority: CloudAuthority,
  agents: TenantParty | undefined,
): Promise<RunningDecoys | undefined> {
  const { decoy, registration, domain } = config;
  if (decoy === undefined || registration === undefined || agents === undefined) return undefined;
  const store = await DecoyStore.open(join(registration.folder, FILE));
  const decoys = new Decoys({
    domain,
    authority,
    keyType: registration.keyType,
    lifetime: registration.lifetimeDays * DAY,
    capacity: decoy.names,
    perMinute: decoy.perMinute,
    perSource: decoy.perSource,
    firstAnswer: decoy.firstAnswer,
    server: {
      publish: material => agents.publishDecoy(decoy.domain, material),
      withdraw: name => agents.withdraw(name, decoy.domain),
    },
    keeper: store,
    known: await store.all(),
    clock,
    wallClock: Date.now,
    failed: error => log.write('popsicl-decoy-not-kept', {}, error),
  });
  const { counts } = decoys;
  metrics.counter('decoys_total', 'Names that the decoy got a certificate for.', () => counts.made);
  metrics.counter('declined_decoys_total', 'Names that came too fast for that.', () => counts.declined);
  metrics.counter(
    'late_decoys_total',
    'Decoys that took longer than the first answer to pseudonyms does.',
    () => decoys.late,
  );
  return { decoys, close: () => store.close() };
}

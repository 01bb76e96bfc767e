import type { AppContext } from '../../../controller/host/index.js';
import type { PopsiclConfig } from '../config.js';
import type { Decoys } from '../decoy/decoys.js';
import type { Directory } from '../model.js';
import type { Endpoint } from './relay-connection.js';
import { type RelayOptions, startRelay } from './relay-process.js';

/** Milliseconds before a relay that ended is started again. */
const PAUSE = 1000;

export function relayOptions({ proxy, port, limits }: PopsiclConfig): RelayOptions | undefined {
  if (proxy === undefined) return undefined;
  const { ipv4, ipv6, connections, perSource } = proxy;
  const addresses = [ipv4, ipv6].filter(address => address !== undefined);
  return { addresses, port, connections, perSource, patience: limits.pendingSeconds * 1000 };
}

/** Where the relay finds the tenant of a pseudonym. */
export function tenantEndpoint(directory: Directory, name: string): Endpoint | undefined {
  const tenant = directory.tenantOfName(name);
  return tenant === undefined ? undefined : { host: (tenant.ipv4 ?? tenant.ipv6)!, port: tenant.port };
}

/** Names that are none of a pseudonym are relayed to the decoy, as they are handed over to it elsewhere. */
async function decoyEndpoint(
  { decoy, port }: PopsiclConfig,
  decoys: Decoys | undefined,
  name: string,
): Promise<Endpoint | undefined> {
  const lower = name.toLowerCase();
  if (decoy === undefined || !decoys?.fits(lower)) return undefined;
  await decoys.prepare(lower);
  return { host: (decoy.ipv4 ?? decoy.ipv6)!, port };
}

/**
 * Runs the relay where the configuration asks for one, and starts it again whenever it ends; the function returned ends that.
 * Throws RelayError when it does not start at first.
 */
export async function keepRelay(
  { config, clock, log }: AppContext<PopsiclConfig>,
  directory: Directory,
  decoys: Decoys | undefined,
): Promise<(() => void) | undefined> {
  const options = relayOptions(config);
  const lookUp = async (name: string) =>
    tenantEndpoint(directory, name) ?? (await decoyEndpoint(config, decoys, name));
  if (options === undefined) return undefined;
  let isOver = false;
  let end: () => void = () => {};
  const start = async () => {
    end = await startRelay(options, lookUp, again);
    if (isOver) end();
  };
  const again = () => {
    if (isOver) return;
    log.write('popsicl-relay-gone', {});
    clock.after(PAUSE, () => void start().catch(again));
  };
  await start();
  return () => {
    isOver = true;
    end();
  };
}

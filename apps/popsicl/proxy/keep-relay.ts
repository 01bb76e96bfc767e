import type { AppContext } from '../../../controller/host/index.js';
import type { PopsiclConfig } from '../config.js';
import type { Decoys } from '../decoy/decoys.js';
import type { Directory } from '../model.js';
import type { Endpoint } from './relay-connection.js';
import { type RelayOptions, type RelayQuestion, startRelay } from './relay-process.js';

/** Milliseconds before a relay that ended is started again. */
const PAUSE = 1000;

function relayOptions({ proxy, port, limits }: PopsiclConfig): RelayOptions | undefined {
  if (proxy === undefined) return undefined;
  const { ipv4, ipv6, connections, perSource } = proxy;
  const addresses = [ipv4, ipv6].filter(address => address !== undefined);
  return { addresses, port, connections, perSource, patience: limits.pendingSeconds * 1000 };
}

/** Addresses by family, of a machine or of the relay; what a family has none of is absent. */
interface Addresses {
  readonly ipv4?: string | undefined;
  readonly ipv6?: string | undefined;
}

/** Where the relay finds the tenant of a pseudonym. */
export function tenantEndpoint(directory: Directory, relay: Addresses, name: string): Endpoint | undefined {
  const tenant = directory.tenantOfName(name);
  return tenant === undefined ? undefined : endpointOf(tenant, relay, tenant.port);
}

/** The relay reaches a machine over the families that it has an address of itself: IPv4 first. */
function endpointOf(machine: Addresses, relay: Addresses, port: number): Endpoint | undefined {
  const host =
    (relay.ipv4 === undefined ? undefined : machine.ipv4) ??
    (relay.ipv6 === undefined ? undefined : machine.ipv6);
  return host === undefined ? undefined : { host, port };
}

/** Names that are none of a pseudonym are relayed to the decoy, as they are handed over to it elsewhere; and as late. */
async function endpointFor(
  { decoy, port }: PopsiclConfig,
  relay: Addresses,
  directory: Directory,
  decoys: Decoys | undefined,
  { name, source }: RelayQuestion,
): Promise<Endpoint | undefined> {
  const tenant = tenantEndpoint(directory, relay, name);
  const lower = name.toLowerCase();
  if (decoy === undefined || !decoys?.fits(lower)) return tenant;
  const answer = decoys.answer(source, lower, tenant !== undefined);
  if (answer.isRefused) return undefined;
  await answer.ready;
  return tenant ?? endpointOf(decoy, relay, port);
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
  const relay = config.proxy ?? {};
  const lookUp = (question: RelayQuestion) => endpointFor(config, relay, directory, decoys, question);
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

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Agent } from '../../../../apps/popsicl/tenant/agent/agent.js';
import { ControllerLink } from '../../../../apps/popsicl/tenant/agent/controller-link.js';
import { Backoff } from '../../../../controller/transport/backoff.js';

/** Connects an agent to the channel at a port of this machine, by the credentials that `enrol` has written into the folder. */
export function linkAgent(
  agent: Agent,
  port: number,
  folder: string,
  backoff = new Backoff(5, 20),
): ControllerLink {
  const credential = (file: string) => readFileSync(join(folder, file), 'utf8');
  return new ControllerLink({
    host: '127.0.0.1',
    port,
    certificatePem: credential('agent.pem'),
    keyPem: credential('agent.key'),
    authorityPem: credential('authority.pem'),
    hello: async () => agent.hello(),
    inventory: () => agent.inventory(),
    handle: message => agent.handle(message),
    backoff,
  });
}

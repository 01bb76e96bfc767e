/** The agent of a tenant for `refill.ts`: `node refill-agent-program.js FOLDER PORT`. Ends with its standard input. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Agent } from '../../../apps/popsicl/tenant/agent/agent.js';
import { ControllerLink } from '../../../apps/popsicl/tenant/agent/controller-link.js';
import { CapabilityFolder } from '../../../apps/popsicl/tenant/capabilities/capability-folder.js';
import { PseudonymFolder } from '../../../apps/popsicl/tenant/web-server/pseudonym-folder.js';
import { Backoff } from '../../../controller/transport/backoff.js';

const [folder, port] = process.argv.slice(2) as [string, string];
const credential = (file: string) => readFileSync(join(folder, 'agent', file), 'utf8');
const agent = new Agent({
  webServer: new PseudonymFolder(join(folder, 'tenant')),
  capabilities: new CapabilityFolder(join(folder, 'tenant')),
  hindrances: [],
});
new ControllerLink({
  host: '127.0.0.1',
  port: Number(port),
  certificatePem: credential('agent.pem'),
  keyPem: credential('agent.key'),
  authorityPem: credential('authority.pem'),
  hello: async () => agent.hello(),
  inventory: () => agent.inventory(),
  handle: message => agent.handle(message),
  backoff: new Backoff(50, 200),
});
process.stdin.on('end', () => process.exit(0)).resume();

import { join } from 'node:path';
import { Agent } from '../../../apps/popsicl/tenant/agent/agent.js';
import { CapabilityFolder } from '../../../apps/popsicl/tenant/capabilities/capability-folder.js';
import { PseudonymFolder } from '../../../apps/popsicl/tenant/web-server/pseudonym-folder.js';
import { Backoff } from '../../../controller/transport/backoff.js';
import { linkAgent } from '../../unit/popsicl/tenant/linked-agent.js';

const [folder, port] = process.argv.slice(2) as [string, string];
const agent = new Agent({
  webServer: new PseudonymFolder(join(folder, 'tenant')),
  capabilities: new CapabilityFolder(join(folder, 'tenant')),
  hindrances: [],
});
linkAgent(agent, Number(port), join(folder, 'agent'), new Backoff(50, 200));
process.stdin.on('end', () => process.exit(0)).resume();

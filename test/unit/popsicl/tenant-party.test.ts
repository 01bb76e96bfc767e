import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { pino } from 'pino';
import { drawCapability } from '../../../apps/popsicl/capability.js';
import { MESSAGES } from '../../../apps/popsicl/messages.js';
import type { Pseudonym, ServerMaterial } from '../../../apps/popsicl/model.js';
import { Agent } from '../../../apps/popsicl/tenant/agent/agent.js';
import { CapabilityFolder } from '../../../apps/popsicl/tenant/capabilities/capability-folder.js';
import { enrol } from '../../../apps/popsicl/tenant/channel/enrol.js';
import { TenantParty } from '../../../apps/popsicl/tenant-party.js';
import { systemClock } from '../../../controller/host/index.js';
import { messageLog } from '../../../controller/host/messages/log.js';
import { until } from '../../../mininet/driver/until.js';
import { FixedDirectory } from '../../simulator/fixed-directory.js';
import { freePort } from '../../simulator/free-port.js';
import { linkAgent } from './tenant/linked-agent.js';
import { Shelf } from './tenant/shelf.js';

const DOMAIN = 'shop.example';
const NAME = 'abc.popsicls.example';
const MATERIAL: ServerMaterial = { name: NAME, certificatePem: 'c', keyPem: 'k', anchorPem: 'a' };
const PSEUDONYM = { name: NAME, tenant: DOMAIN, capability: drawCapability() } as Pseudonym;

describe('the agents of tenants, as a party of a registration', () => {
  let folder: string;
  const open: (() => unknown)[] = [];

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cloakflow-party-'));
  });
  afterEach(async () => {
    for (const close of open.splice(0).reverse()) await close();
    await rm(folder, { recursive: true, force: true, maxRetries: 10 });
  });

  it('keep a pseudonym that the directory does not know yet, though they connect anew, until it is withdrawn', async () => {
    const log: string[] = [];
    const [port, control] = [await freePort(), join(folder, 'control')];
    const party = new TenantParty({ host: '127.0.0.1', port, control }, 7);
    await party.open({
      directory: new FixedDirectory(),
      isDecoy: () => false,
      async *wanted() {},
      cloud: () => ({ linker: '', tenants: [DOMAIN], trusted: [] }),
      clock: systemClock,
      log: messageLog(pino({ level: 'debug' }, { write: (line: string) => void log.push(line) }), MESSAGES),
    });
    open.push(() => party.close());
    await enrol(DOMAIN, control, join(folder, 'agent'), Date.now());
    const shelf = new Shelf();
    const connect = async () => {
      const before = caughtUp();
      const agent = new Agent({
        webServer: shelf,
        capabilities: new CapabilityFolder(folder),
        hindrances: [],
      });
      const link = linkAgent(agent, port, join(folder, 'agent'));
      open.push(() => link.close());
      await until('the agent', () => caughtUp() > before);
      return link;
    };
    const caughtUp = () => log.filter(line => line.includes('popsicl-agent-caught-up')).length;

    const link = await connect();
    await party.publish(PSEUDONYM, MATERIAL);
    link.close();
    const again = await connect();
    expect([...shelf.served.keys()]).to.deep.equal([NAME]);
    await party.withdraw(NAME, DOMAIN);
    expect(shelf.served.size).to.equal(0);
    again.close();
    shelf.served.set(NAME, MATERIAL);
    await connect();
    await until('the revocation', () => shelf.served.size === 0);
    expect(log.join('\n')).to.not.contain(NAME).and.to.not.contain(DOMAIN);
  });
});

/** A port that was free a moment ago: the configuration names one. */

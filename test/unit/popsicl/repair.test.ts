import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { Punt } from '../../../apps/popsicl/pipeline.js';
import type { RegistrationAnswer } from '../../../apps/popsicl/portal/portal-requests.js';
import { Agent } from '../../../apps/popsicl/tenant/agent/agent.js';
import type { ControllerLink } from '../../../apps/popsicl/tenant/agent/controller-link.js';
import { CapabilityFolder } from '../../../apps/popsicl/tenant/capabilities/capability-folder.js';
import { enrol } from '../../../apps/popsicl/tenant/channel/enrol.js';
import type { RestoredConnection } from '../../../apps/popsicl/tenant/repair/restored-connection.js';
import type { Restorer } from '../../../apps/popsicl/tenant/repair/restorer.js';
import { cookieOf, ownerNumber } from '../../../controller/switch/index.js';
import { until } from '../../../mininet/driver/until.js';
import { freePort } from '../../simulator/free-port.js';
import { SimulatedClient } from '../../simulator/simulated-client.js';
import { SimulatedSwitch } from '../../simulator/simulated-switch.js';
import { Simulation } from '../../simulator/simulation.js';
import { clientHello } from './client-hello.js';
import { linkAgent } from './tenant/linked-agent.js';
import { Shelf } from './tenant/shelf.js';

const DOMAIN = 'tenant-a.example';

describe('the strategy `repair`', () => {
  let folder: string;
  let simulation: Simulation;
  let link: ControllerLink;
  let sw: SimulatedSwitch;
  let name: string;
  const asked: RestoredConnection[] = [];
  let answer: { resolve(): void; reject(error: Error): void };

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cloakflow-repair-'));
    const control = join(folder, 'control');
    await enrol(DOMAIN, control, join(folder, 'agent'), Date.now());
    const port = await freePort();
    const restorer = {
      restore(connection: RestoredConnection) {
        asked.push(connection);
        return new Promise<void>((resolve, reject) => {
          answer = { resolve, reject };
        });
      },
    } as Restorer;
    const agent = new Agent({
      capabilities: new CapabilityFolder(join(folder, 'capabilities')),
      webServer: new Shelf(),
      restorer,
      hindrances: ['no-btf'],
    });
    // The tenant is for `cookie`: its agent knows better.
    simulation = await Simulation.start({
      config: `{discovery: {enabled: false}, apps: [{popsicl: {domain: popsicls.test,
        blocks: {ipv4: [198.51.100.0/24], ipv6: ['2001:db8:1::/64']}, registration: {folder: ${folder}/registry},
        tenantChannel: {host: 127.0.0.1, port: ${port}, control: ${control}},
        tenants: [{domain: ${DOMAIN}, ipv4: 10.0.0.11, ipv6: 'fd00::11', mac: '02:00:00:00:00:11',
          strategy: {ipv4: cookie, ipv6: cookie}}]}}]}`,
    });
    link = linkAgent(agent, port, join(folder, 'agent'));
    await until('the agent', () => simulation.log.some(({ id }) => id === 'popsicl-agent-caught-up'));
    sw = new SimulatedSwitch({ datapathId: 1n, ports: [1, 2] });
    await simulation.connect(sw);
    const registered = await simulation.controller.callApp('popsicl', 'register', { domain: DOMAIN });
    ({ name } = registered as unknown as RegistrationAnswer);
  });
  after(async () => {
    link?.close();
    await simulation?.stop();
    if (folder !== undefined) await rm(folder, { recursive: true, force: true, maxRetries: 10 });
  });

  const owner = ownerNumber('popsicl');
  const cookies = { syn: cookieOf(owner, Punt.SYN), segment: cookieOf(owner, Punt.SEGMENT) };
  let port = 40_000;

  /** A client whose ClientHello the agent has been asked to take. */
  async function waiting(family: 4 | 6): Promise<{ client: SimulatedClient; hello: Uint8Array }> {
    asked.length = 0;
    const ends =
      family === 4
        ? { address: '192.0.2.1', pseudo: '198.51.100.7' }
        : { address: '2001:db8:ffff::1', pseudo: '2001:db8:1::7' };
    const client = new SimulatedClient(sw, { ...ends, port: port++, cookies });
    client.syn();
    await simulation.settle();
    client.heard();
    sw.forget();
    const hello = client.data(clientHello(name));
    await until('the agent to be asked', async () => {
      await simulation.settle();
      return asked.length === 1;
    });
    return { client, hello };
  }

  const sent = async () => {
    await simulation.settle();
    return sw.received.flatMap(message => (message.type === 'packet-out' ? [Buffer.from(message.data)] : []));
  };

  it('asks the agent for no connection that there is no room to wait for', async () => {
    asked.length = 0;
    const most = 64;
    for (let count = 0; count <= most; count++) {
      const ends = { address: '192.0.2.77', pseudo: '198.51.100.7', port: port++ };
      const client = new SimulatedClient(sw, { ...ends, cookies });
      client.syn();
      await simulation.settle();
      client.heard();
      client.data(clientHello(name));
    }
    await until('the agent to be asked', async () => {
      await simulation.settle();
      return asked.length >= most;
    });
    await simulation.settle();
    expect(asked).to.have.length(most);
    await simulation.pass(20_000);
  });

  for (const family of [4, 6] as const) {
    it(`tells the agent all of the connection, and sends nothing before it has it, on IPv${family}`, async () => {
      const { client, hello } = await waiting(family);
      expect(asked[0]).to.deep.equal({
        family,
        tenant: { address: family === 4 ? '10.0.0.11' : 'fd00::11', port: 443 },
        client: { address: client.options.address, port: client.options.port },
        sendSequence: (client.synAck!.sequence + 1) >>> 0,
        receiveSequence: 0xffff_fff1,
        tsval: stampOf(client) + 2,
        sackPermitted: true,
        windowScale: { client: 10, tenant: 7 },
        mss: family === 4 ? 1460 : 1440,
        clientWindow: 65_535 << 10,
        offeredWindow: 16_384,
      });
      const again = client.data(clientHello(name));
      expect(await sent()).to.deep.equal([]);
      answer.resolve();
      await until('the handoff', async () => (await sent()).length > 0);
      expect(await sent()).to.deep.equal([Buffer.from(hello), Buffer.from(again)]);
      sw.forget();
      const late = client.data(clientHello(name));
      expect(await sent()).to.deep.equal([Buffer.from(late)]);
      expect(asked).to.have.length(1);
    });
  }

  it('counts what waits for the agent among the bytes of pending ClientHellos', async () => {
    const { client, hello } = await waiting(4);
    const bytes = async () =>
      Number(/pending_bytes\{.*\} (\d+)/.exec(await simulation.controller.metricsText())![1]);
    const before = await bytes();
    expect(before).to.be.above(hello.length);
    const more = client.data(new Uint8Array(1000), 1000);
    await simulation.settle();
    expect(await bytes()).to.equal(before + more.length);
    answer.resolve();
    await until('the handoff', async () => (await sent()).length === 2);
    expect(await bytes()).to.equal(0);
  });

  it('refuses the client when the agent cannot, and is tried anew', async () => {
    const { client } = await waiting(4);
    answer.reject(new Error('no'));
    await until('the refusal', async () => (await sent()).length > 0);
    expect(client.heard().map(({ flags }) => flags)).to.deep.equal([['rst']]);
    await waiting(4);
    answer.resolve();
    await until('the handoff', async () => (await sent()).length > 0);
  });
});

function stampOf(client: SimulatedClient): number {
  const stamps = client.synAck!.options.find(({ type }) => type === 'timestamps');
  return (stamps as { value: number }).value;
}

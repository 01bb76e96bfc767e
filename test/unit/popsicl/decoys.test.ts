import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { popsiclWith } from '../../../apps/popsicl/app.js';
import { configSchema } from '../../../apps/popsicl/config.js';
import { CookieKeys } from '../../../apps/popsicl/cookie/cookie-keys.js';
import { DecoyStore } from '../../../apps/popsicl/decoy/decoy-store.js';
import type { DecoysOptions } from '../../../apps/popsicl/decoy/decoys.js';
import type { TenantMaterial } from '../../../apps/popsicl/model.js';
import { Punt } from '../../../apps/popsicl/pipeline.js';
import type { CloudAuthority } from '../../../apps/popsicl/pki/cloud-authority.js';
import { drawLabel } from '../../../apps/popsicl/pseudonym/label.js';
import { Agent } from '../../../apps/popsicl/tenant/agent/agent.js';
import { CapabilityFolder } from '../../../apps/popsicl/tenant/capabilities/capability-folder.js';
import { enrol } from '../../../apps/popsicl/tenant/channel/enrol.js';
import { checkMaterial } from '../../../apps/popsicl/tenant/web-server/check-material.js';
import { defineApp, systemClock } from '../../../controller/host/index.js';
import { cookieOf, ownerNumber } from '../../../controller/switch/index.js';
import { until } from '../../../mininet/driver/until.js';
import { FixedDirectory } from '../../simulator/fixed-directory.js';
import { freePort } from '../../simulator/free-port.js';
import { SimulatedClient } from '../../simulator/simulated-client.js';
import { SimulatedSwitch } from '../../simulator/simulated-switch.js';
import { Simulation } from '../../simulator/simulation.js';
import { clientHello } from './client-hello.js';
import { DOMAIN, decoysWith, drawName, oldAuthority } from './decoys-under-test.js';
import { withoutClock } from './handed-over.js';
import { linkAgent } from './tenant/linked-agent.js';
import { Shelf } from './tenant/shelf.js';

describe('decoys', () => {
  let authority: CloudAuthority;
  let served: Map<string, TenantMaterial>;

  before(async () => {
    authority = await oldAuthority();
  });
  beforeEach(() => {
    served = new Map();
  });

  const start = (options: Partial<DecoysOptions> = {}) =>
    decoysWith({
      authority,
      clock: systemClock,
      server: {
        publish: async material => void served.set(material.name, material),
        withdraw: async name => void served.delete(name),
      },
      ...options,
    });

  it('are served as pseudonyms are: material that a tenant would take', async () => {
    const decoys = start();
    const name = drawName();
    expect(decoys.fits(name)).to.equal(true);
    await decoys.prepare(name);
    checkMaterial(served.get(name)!);
    expect(decoys.prepare(name)).to.equal(undefined);
    expect(decoys.counts.made).to.equal(1);
  });

  it('are made once for questions that come together', async () => {
    const decoys = start();
    const name = drawName();
    await Promise.all([decoys.prepare(name), decoys.prepare(name), decoys.prepare(name)]);
    expect(decoys.counts.made).to.equal(1);
  });

  it('are no names that cannot be pseudonyms of this cloud', () => {
    const decoys = start();
    const label = drawLabel();
    for (const name of [
      DOMAIN,
      `portal.${DOMAIN}`,
      `${label}.other.test`,
      `a.${label}.${DOMAIN}`,
      label,
      '',
    ]) {
      expect(decoys.fits(name), name).to.equal(false);
    }
  });

  it('are so many at most; the one asked for longest ago goes', async () => {
    const decoys = start({ capacity: 2 });
    const [first, second, third] = [drawName(), drawName(), drawName()];
    for (const name of [first, second, first, third]) await decoys.prepare(name);
    expect([...served.keys()]).to.have.members([first, third]);
    expect(decoys.knows(second)).to.equal(false);
  });

  it('are so many new ones a minute at most', async () => {
    const decoys = start({ perMinute: 2 });
    const outcomes = await Promise.allSettled(
      [drawName(), drawName(), drawName()].map(n => decoys.prepare(n)),
    );
    expect(outcomes.map(({ status }) => status)).to.deep.equal(['fulfilled', 'fulfilled', 'rejected']);
    expect(decoys.counts.declined).to.equal(1);
  });

  it('are tried again when their server could not take them', async () => {
    let isAway = true;
    const publish = async (material: TenantMaterial) => {
      if (isAway) throw new Error('away');
      served.set(material.name, material);
    };
    const decoys = start({ server: { publish, withdraw: async () => {} } });
    const name = drawName();
    expect((await Promise.allSettled([decoys.prepare(name)]))[0]!.status).to.equal('rejected');
    expect(decoys.knows(name)).to.equal(false);
    isAway = false;
    await decoys.prepare(name);
    expect(served.has(name)).to.equal(true);
  });

  it('are the same after a restart', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'cloakflow-decoys-'));
    try {
      const name = drawName();
      const store = await DecoyStore.open(join(folder, 'decoys.db'));
      await start({ keeper: store }).prepare(name);
      await store.close();
      const again = await DecoyStore.open(join(folder, 'decoys.db'));
      const known = await again.all();
      expect(known).to.deep.equal([served.get(name)]);
      const decoys = start({ known, keeper: again });
      expect(decoys.prepare(name)).to.equal(undefined);
      await again.close();
    } finally {
      await rm(folder, { recursive: true, force: true, maxRetries: 10 });
    }
  });

  it('are refused with the pseudonyms that are somebody’s, once one source has tried too many names of either kind', async () => {
    const directory = new FixedDirectory();
    const known = drawName();
    directory.add(known, { domain: 'tenant-a.example', ipv4: '10.0.0.11', port: 443 });
    const app = popsiclWith(({ clock }) => ({
      directory,
      keys: new CookieKeys(),
      decoys: start({ perSource: 4, clock }),
    }));
    const simulation = await Simulation.start({
      config: `{discovery: {enabled: false}, apps: [{intercept: {domain: ${DOMAIN}, blocks: {ipv4: [198.51.100.0/24]},
        registration: {folder: /nowhere}, tenantChannel: {host: 127.0.0.1, control: /nowhere},
        decoy: {domain: decoy.example, ipv4: 10.0.0.12, mac: '02:00:00:00:00:12'},
        tenants: [{domain: tenant-a.example, ipv4: 10.0.0.11, mac: '02:00:00:00:00:11'}]}}]}`,
      apps: [defineApp({ ...app, name: 'intercept' })],
    });
    try {
      const sw = new SimulatedSwitch({ datapathId: 1n, ports: [1, 2] });
      await simulation.connect(sw);
      const owner = ownerNumber('intercept');
      const cookies = { syn: cookieOf(owner, Punt.SYN), segment: cookieOf(owner, Punt.SEGMENT) };
      let port = 40_000;
      /** What a name is answered by: a handoff or an RST. */
      const ask = async (name: string, address = '192.0.2.1') => {
        const client = new SimulatedClient(sw, { address, pseudo: '198.51.100.7', port: port++, cookies });
        client.syn();
        await simulation.settle();
        client.heard();
        sw.forget();
        client.data(clientHello(name));
        await until('what becomes of the connection', async () => {
          await simulation.settle();
          return sw.received.some(message => message.type === 'packet-out');
        });
        return client.heard().length > 0 ? 'rst' : 'handed over';
      };
      expect(await ask(known)).to.equal('handed over');
      for (let index = 0; index < 3; index++) expect(await ask(drawName())).to.equal('handed over');
      expect(await ask(drawName())).to.equal('rst');
      expect(await ask(known)).to.equal('rst');
      // Two sources share a limit by a chance of 1 in 65,536.
      const others = [
        await ask(known, '192.0.2.2'),
        await ask(known, '192.0.2.3'),
        await ask(known, '192.0.2.4'),
      ];
      expect(others).to.include('handed over');
      await simulation.pass(60_000);
      expect(await ask(known)).to.equal('handed over');
    } finally {
      await simulation.stop();
    }
  });

  it('come to the web server of their own agent, over the channel, and stay there over a restart', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'cloakflow-decoys-'));
    const control = join(folder, 'control');
    await enrol('decoy.example', control, join(folder, 'decoy'), Date.now());
    const port = await freePort();
    const shelf = new Shelf();
    const agent = new Agent({
      capabilities: new CapabilityFolder(join(folder, 'capabilities')),
      webServer: shelf,
      hindrances: [],
    });
    const simulation = await Simulation.start({
      config: `{discovery: {enabled: false}, apps: [{popsicl: {domain: ${DOMAIN}, blocks: {ipv4: [198.51.100.0/24]},
        registration: {folder: ${folder}/registry}, tenantChannel: {host: 127.0.0.1, port: ${port}, control: ${control}},
        decoy: {domain: decoy.example, ipv4: 10.0.0.12, mac: '02:00:00:00:00:12'},
        tenants: [{domain: tenant-a.example, ipv4: 10.0.0.11, mac: '02:00:00:00:00:11'}]}}]}`,
    });
    const link = linkAgent(agent, port, join(folder, 'decoy'));
    try {
      const isThere = () => simulation.log.filter(({ id }) => id === 'popsicl-agent-caught-up').length;
      await until('the agent', () => isThere() === 1);
      const sw = new SimulatedSwitch({ datapathId: 1n, ports: [1, 2] });
      await simulation.connect(sw);
      const owner = ownerNumber('popsicl');
      const cookies = { syn: cookieOf(owner, Punt.SYN), segment: cookieOf(owner, Punt.SEGMENT) };
      const client = new SimulatedClient(sw, {
        address: '192.0.2.1',
        port: 40_000,
        pseudo: '198.51.100.7',
        cookies,
      });
      client.syn();
      await simulation.settle();
      client.heard();
      sw.forget();
      const name = drawName();
      const frame = client.data(clientHello(name));
      await until('the handoff', async () => {
        // The agent is real, and the limits of the simulated clock are not to be over before it is done.
        await simulation.pass(2);
        return sw.received.some(({ type }) => type === 'packet-out');
      });
      expect(shelf.served.has(name)).to.equal(true);
      const [out] = sw.received.filter(message => message.type === 'packet-out');
      expect(withoutClock(out!.data)).to.deep.equal(withoutClock(frame));
      await simulation.controller.stopApp('popsicl');
      await simulation.controller.startApp('popsicl');
      await until('the agent again', () => isThere() === 2);
      expect([...shelf.served.keys()]).to.deep.equal([name]);
      expect(shelf.puts.get(name)).to.equal(1);
    } finally {
      link.close();
      await simulation.stop();
      await rm(folder, { recursive: true, force: true, maxRetries: 10 });
    }
  });

  it('need registration, a channel, and a domain that is no tenant’s', () => {
    const tenant = { domain: 'a.example', ipv4: '10.0.0.11' };
    const refusal = (more: object) =>
      configSchema.safeParse({ domain: DOMAIN, blocks: {}, tenants: [tenant], ...more }).error?.issues[0]
        ?.message;
    const decoy = { domain: 'decoy.example', ipv4: '10.0.0.12' };
    const rest = { registration: { folder: '/x' }, tenantChannel: { host: '127.0.0.1', control: '/x' } };
    expect(refusal({ decoy, ...rest })).to.equal(undefined);
    expect(refusal({ decoy })).to.match(/its agent/);
    expect(refusal({ decoy: { ...decoy, domain: 'a.example' }, ...rest })).to.match(/no tenant/);
  });
});

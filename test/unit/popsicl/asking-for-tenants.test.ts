import { expect } from 'chai';
import { popsiclWith } from '../../../apps/popsicl/app.js';
import { CookieKeys } from '../../../apps/popsicl/cookie/cookie-keys.js';
import { Punt } from '../../../apps/popsicl/pipeline.js';
import { buildFrame, findLayer, parseFrame } from '../../../controller/packet/index.js';
import { cookieOf, ownerNumber } from '../../../controller/switch/index.js';
import { FixedDirectory } from '../../simulator/fixed-directory.js';
import { SimulatedSwitch } from '../../simulator/simulated-switch.js';
import { Simulation } from '../../simulator/simulation.js';

describe('the question for a tenant’s MAC address', () => {
  let simulation: Simulation;
  afterEach(() => simulation.stop());

  /** A switch that has just connected to the app with these settings. */
  async function connected(settings: string, directory = new FixedDirectory()): Promise<SimulatedSwitch> {
    const app = popsiclWith(() => ({ directory, keys: new CookieKeys() }));
    simulation = await Simulation.start({
      config: `{discovery: {enabled: false}, apps: [{popsicl: {domain: popsicls.test, ${settings}}}]}`,
      apps: [app],
    });
    const sw = new SimulatedSwitch({ datapathId: 1n, ports: [1, 2] });
    await simulation.connect(sw);
    return sw;
  }
  const IPV4 = `blocks: {ipv4: [198.51.100.0/24]}, gateway: {ipv4: 10.0.0.254},
    tenants: [{domain: tenant-a.example, ipv4: 10.0.0.11}]`;
  const IPV6 = `blocks: {}, gateway: {ipv6: 'fd00::fe'}, tenants: [{domain: tenant-a.example, ipv6: 'FD00:0::11'}]`;
  const MAC = '02:00:00:00:00:11';
  const ADVERTISEMENT = buildFrame([
    { type: 'ethernet', source: MAC, destination: '02:c1:0a:ff:ff:fe' },
    { type: 'ipv6', source: 'fd00::11', destination: 'fd00::fe', hopLimit: 255 },
    {
      type: 'icmpv6',
      body: {
        type: 'neighbour-advertisement',
        target: 'fd00::11',
        router: false,
        solicited: true,
        override: true,
        options: [{ type: 'target-link-layer-address', address: MAC }],
      },
    },
  ]);
  async function punted(sw: SimulatedSwitch, why: number, data: Uint8Array): Promise<void> {
    const cookie = cookieOf(ownerNumber('popsicl'), why);
    sw.tell({
      ...{ type: 'packet-in', totalLen: data.length, reason: 'action', cookie, match: { inPort: 1 }, data },
    });
    await simulation.settle();
  }

  it('goes out when the switch has the flow that brings the answer, and again a second later', async () => {
    const sw = await connected(IPV4);
    const isQuestion = (message: (typeof sw.received)[number]) =>
      message.type === 'packet-out' && findLayer(parseFrame(message.data), 'arp')?.targetIpv4 === '10.0.0.11';
    const isChange = ({ type }: { type: string }) => type === 'onf-bundle-add-message';
    expect(sw.received.findIndex(isQuestion)).to.be.above(sw.received.findLastIndex(isChange));
    expect(sw.received.filter(isChange)).to.not.have.length(0);
    sw.forget();
    await simulation.pass(1000);
    expect(sw.received.filter(isQuestion)).to.have.length(1);
  });

  it('is answered whatever the form in which the configuration writes the address', async () => {
    const sw = await connected(IPV6);
    const leadsToTenant = () =>
      sw.flows.some(({ instructions }) => JSON.stringify(instructions).includes(MAC));
    expect(leadsToTenant()).to.equal(false);
    await punted(sw, Punt.NEIGHBOUR, ADVERTISEMENT);
    expect(leadsToTenant()).to.equal(true);
  });

  it('is answered before a connection is handed over: until then nothing of it is sent', async () => {
    const directory = new FixedDirectory();
    const tenant = { domain: 'tenant-a.example', ipv6: 'fd00::11', port: 443 };
    directory.add('some.popsicls.test', tenant, ['2001:db8:1::7']);
    const sw = await connected(
      `blocks: {ipv6: ['2001:db8:1::/64']}, gateway: {ipv6: 'fd00::fe'},
      tenants: [{domain: tenant-a.example, ipv6: 'fd00::11', strategy: {ipv6: address}}]`,
      directory,
    );
    const syn = buildFrame([
      { type: 'ethernet', source: '02:00:00:00:00:01', destination: '02:c1:0a:ff:ff:fe' },
      { type: 'ipv6', source: 'fd00::1', destination: '2001:db8:1::7' },
      { type: 'tcp', sourcePort: 40_000, destinationPort: 443, sequence: 1, flags: ['syn'], window: 64_000 },
    ]);
    sw.forget();
    await punted(sw, Punt.SYN, syn);
    expect(sw.received).to.deep.equal([]);
    await punted(sw, Punt.NEIGHBOUR, ADVERTISEMENT);
    sw.forget();
    await punted(sw, Punt.SYN, syn);
    const [handedOver] = sw.received.filter(({ type }) => type === 'packet-out');
    expect(JSON.stringify(handedOver, text)).to.include(MAC);
  });

  it('is answered as often as a tenant likes, and changes flows once a second; no group’s address is taken', async () => {
    const sw = await connected(IPV4);
    const leadsTo = (mac: string) =>
      sw.flows.some(({ instructions }) => JSON.stringify(instructions).includes(mac));
    const answer = async (mac: string) => {
      const data = buildFrame([
        { type: 'ethernet', source: '02:00:00:00:00:11', destination: '02:c1:0a:ff:ff:fe' },
        {
          type: 'arp',
          operation: 'reply',
          senderMac: mac,
          senderIpv4: '10.0.0.11',
          targetMac: '02:c1:0a:ff:ff:fe',
          targetIpv4: '10.0.0.254',
        },
      ]);
      await punted(sw, Punt.NEIGHBOUR, data);
    };
    for (const mac of ['ff:ff:ff:ff:ff:ff', '01:00:5e:00:00:01', '00:00:00:00:00:00']) {
      await answer(mac);
      expect(leadsTo(mac), mac).to.equal(false);
    }
    await answer('02:00:00:00:00:11');
    expect(leadsTo('02:00:00:00:00:11')).to.equal(true);
    sw.forget();
    for (let round = 0; round < 10; round++) await answer(`02:00:00:00:01:${10 + round}`);
    expect(sw.received.filter(({ type }) => type.startsWith('onf-bundle'))).to.deep.equal([]);
    await simulation.pass(1000);
    expect(leadsTo('02:00:00:00:01:19')).to.equal(true);
    expect(leadsTo('02:00:00:00:00:11')).to.equal(false);
  });
});

const text = (_: string, value: unknown) => (typeof value === 'bigint' ? String(value) : value);

import { expect } from 'chai';
import { BROADCAST_MAC } from '../../../../controller/address/index.js';
import { isShortLived } from '../../../../controller/switch/index.js';
import { type SimulatedHost, SimulatedNetwork } from '../../../simulator/simulated-network.js';
import { Simulation } from '../../../simulator/simulation.js';

describe('the learning switch', () => {
  let simulation: Simulation;
  let network: SimulatedNetwork;
  let hosts: [SimulatedHost, SimulatedHost, SimulatedHost];

  async function start(settings = '{}') {
    simulation = await Simulation.start({ config: `{apps: [{learning-switch: ${settings}}]}` });
    network = new SimulatedNetwork(1, 4, []);
    hosts = [network.addHost(1, 1), network.addHost(1, 2), network.addHost(1, 3)];
    await network.join(simulation);
  }

  const send = async (from: SimulatedHost, to: number, options?: { vlan?: number; source?: number }) => {
    network.send(from, to, options);
    await simulation.settle();
  };
  const learnt = () => network.switch(1).flows.filter(flow => isShortLived(flow.cookie));
  const packetIns = () => simulation.controller.appSummaries()[0]!.packetIns;
  const metric = async (name: string) => {
    const line = (await simulation.controller.metricsText())
      .split('\n')
      .find(text => text.startsWith(`cloakflow_learning_switch_${name}{`));
    return Number(line!.split(' ')[1]);
  };

  afterEach(() => simulation.stop());

  it('floods what goes to a station that it does not know', async () => {
    await start();
    await send(hosts[0], hosts[1].mac);
    expect(network.takeReceived()).to.deep.equal([0, 1, 1]);
    expect(learnt()).to.deep.equal([]);
    expect(await metric('floods_total')).to.equal(1);
  });

  it('installs a flow for a pair that it knows, and keeps it from the controller from then on', async () => {
    await start();
    await send(hosts[0], BROADCAST_MAC);
    network.takeReceived();
    await send(hosts[1], hosts[0].mac);
    expect(network.takeReceived()).to.deep.equal([1, 0, 0]);
    expect(learnt()).to.have.length(1);
    const [flow] = learnt();
    expect(flow).to.deep.include({ idleTimeout: 60, hardTimeout: 150 });
    expect(flow!.match).to.deep.equal({
      inPort: 2,
      ethDst: '02:00:00:00:00:01',
      ethSrc: '02:00:00:00:00:02',
      vlanVid: 0,
    });
    const before = packetIns();
    await send(hosts[1], hosts[0].mac);
    expect(network.takeReceived()).to.deep.equal([1, 0, 0]);
    expect(packetIns()).to.equal(before);
  });

  it('keeps VLANs apart', async () => {
    await start();
    await send(hosts[0], BROADCAST_MAC, { vlan: 5 });
    await send(hosts[1], hosts[0].mac, { vlan: 6 });
    expect(learnt()).to.deep.equal([]);
    await send(hosts[1], hosts[0].mac, { vlan: 5 });
    expect(learnt().map(flow => flow.match.vlanVid)).to.deep.equal([0x1005]);
    network.takeReceived();
    await send(hosts[1], hosts[0].mac);
    expect(network.takeReceived(), 'untagged frames do not use the flow').to.deep.equal([1, 0, 1]);
  });

  it('never forwards frames to link-local addresses, nor from group addresses', async () => {
    await start();
    for (let last = 0; last < 16; last++) await send(hosts[0], 0x0180_c200_0000 + last);
    await send(hosts[0], BROADCAST_MAC, { source: 0x0300_0000_0001 });
    expect(network.takeReceived()).to.deep.equal([0, 0, 0]);
    expect(await metric('stations')).to.equal(0);
  });

  it('follows a station that moves, and removes the flows that led to its old place', async () => {
    await start();
    await send(hosts[0], BROADCAST_MAC);
    await send(hosts[1], hosts[0].mac);
    expect(learnt()).to.have.length(1);
    const moved = { ...hosts[0], port: 4, received: [] };
    network.hosts.push(moved);
    await send(moved, BROADCAST_MAC);
    expect(learnt()).to.deep.equal([]);
    expect(await metric('moves_total')).to.equal(1);
    network.takeReceived();
    await send(hosts[1], hosts[0].mac);
    expect(network.takeReceived()).to.deep.equal([0, 0, 0, 1]);
  });

  it('forgets the stations of a port that goes down, and their flows', async () => {
    await start();
    await send(hosts[0], BROADCAST_MAC);
    await send(hosts[1], hosts[0].mac);
    await send(hosts[0], hosts[1].mac);
    expect(learnt()).to.have.length(2);
    network.switch(1).setPort(1, false);
    await simulation.settle();
    expect(learnt()).to.deep.equal([]);
    expect(await metric('stations')).to.equal(1);
  });

  it('sends nothing back through the port that a frame came from', async () => {
    await start();
    await send(hosts[0], BROADCAST_MAC);
    network.takeReceived();
    await send(hosts[0], hosts[0].mac, { source: 0x0200_0000_0077 });
    expect(network.takeReceived()).to.deep.equal([0, 0, 0]);
    expect(learnt()).to.deep.equal([]);
  });

  it('learns a bounded number of stations, and forwards the packets of others without a flow', async () => {
    await start('{maxStations: 2}');
    await send(hosts[0], BROADCAST_MAC);
    await send(hosts[1], BROADCAST_MAC);
    for (let index = 0; index < 50; index++) {
      await send(hosts[2], hosts[0].mac, { source: 0x0200_0001_0000 + index });
    }
    expect(await metric('stations')).to.equal(2);
    expect(await metric('full_total')).to.equal(50);
    expect(learnt()).to.deep.equal([]);
    expect(network.takeReceived()[0]).to.equal(51);
  });

  it('forgets stations that were not heard of for long', async () => {
    await start('{stationAge: 20}');
    await send(hosts[0], BROADCAST_MAC);
    await simulation.pass(15_000);
    expect(await metric('stations')).to.equal(1);
    await simulation.pass(20_000);
    expect(await metric('stations')).to.equal(0);
  });

  it('knows after a restart of the controller where stations are, from its flows', async () => {
    await start();
    await send(hosts[0], BROADCAST_MAC);
    await send(hosts[1], hosts[0].mac);
    await send(hosts[0], hosts[1].mac);
    await simulation.stop();
    simulation = await Simulation.start();
    network.switch(1).forget();
    await simulation.connect(network.switch(1));
    expect(network.switch(1).changes).to.deep.equal([]);
    expect(await metric('stations')).to.equal(2);
    network.takeReceived();
    // A flow that ends just now: nothing is lost although the ports have not proved themselves yet.
    network.switch(1).tables.expire(flow => isShortLived(flow.cookie));
    await send(hosts[0], hosts[1].mac);
    expect(network.takeReceived()).to.deep.equal([0, 1, 0]);
  });

  it('removes surviving flows of ports that are gone', async () => {
    await start();
    await send(hosts[0], BROADCAST_MAC);
    await send(hosts[1], hosts[0].mac);
    await simulation.stop();
    network.switch(1).removePort(1);
    simulation = await Simulation.start();
    await simulation.connect(network.switch(1));
    expect(learnt()).to.deep.equal([]);
  });

  it('forwards a packet that the switch has buffered by its number', async () => {
    await start();
    const sw = network.switch(1);
    sw.forget();
    const cookie = sw.flows.find(flow => flow.priority === 0)!.cookie;
    const data = new Uint8Array(60).fill(0xff, 0, 6);
    data[6] = 2;
    sw.tell({
      type: 'packet-in',
      bufferId: 9,
      totalLen: 1500,
      reason: 'no-match',
      cookie,
      match: { inPort: 1 },
      data,
    });
    sw.output = () => undefined;
    await simulation.settle();
    const out = sw.received.find(message => message.type === 'packet-out');
    expect(out).to.deep.include({ bufferId: 9, inPort: 1 });
    expect(out).to.have.property('data').with.length(0);
  });
});

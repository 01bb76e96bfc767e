import { expect } from 'chai';
import { BROADCAST_MAC } from '../../../controller/address/index.js';
import { buildFrame, EtherType } from '../../../controller/packet/index.js';
import { type Place, type SimulatedHost, SimulatedNetwork } from '../../simulator/simulated-network.js';
import { Simulation } from '../../simulator/simulation.js';

const RING: [Place, Place][] = [
  [
    [1, 1],
    [2, 2],
  ],
  [
    [2, 1],
    [3, 2],
  ],
  [
    [3, 1],
    [1, 2],
  ],
];

describe('flooding over links between switches', () => {
  let simulation: Simulation;

  async function build(count: number, ports: number, links: [Place, Place][]): Promise<SimulatedNetwork> {
    simulation = await Simulation.start();
    return new SimulatedNetwork(count, ports, links);
  }

  afterEach(() => simulation.stop());

  it('brings a broadcast to every other host exactly once in a ring', async () => {
    const network = await build(3, 3, RING);
    for (const index of [1, 2, 3]) network.addHost(index, 3);
    await network.join(simulation);
    network.send(network.hosts[0]!, BROADCAST_MAC);
    await simulation.settle();
    expect(network.takeReceived()).to.deep.equal([0, 1, 1]);
  });

  it('brings a broadcast to every other host exactly once in a full mesh with double cables', async () => {
    const links: [Place, Place][] = [];
    const next = [0, 1, 1, 1, 1];
    const cable = (a: number, b: number) => links.push([[a, next[a]!++] as Place, [b, next[b]!++] as Place]);
    for (let a = 1; a <= 4; a++) {
      for (let b = a + 1; b <= 4; b++) {
        cable(a, b);
        cable(b, a);
      }
    }
    const network = await build(4, 7, links);
    for (const index of [1, 2, 3, 4]) network.addHost(index, 7);
    await network.join(simulation);
    for (const host of network.hosts) {
      network.send(host, BROADCAST_MAC);
      await simulation.settle();
      expect(network.takeReceived()).to.deep.equal(network.hosts.map(other => (other === host ? 0 : 1)));
    }
  });

  it('survives a cable that joins two ports of one switch', async () => {
    const network = await build(1, 4, [
      [
        [1, 1],
        [1, 2],
      ],
    ]);
    network.addHost(1, 3);
    network.addHost(1, 4);
    await network.join(simulation);
    network.send(network.hosts[0]!, BROADCAST_MAC);
    await simulation.settle();
    expect(network.takeReceived()).to.deep.equal([0, 1]);
    expect(network.carried).to.equal(1);
  });

  it('floods nothing to a port that has just come up', async () => {
    const network = await build(1, 2, []);
    network.addHost(1, 1);
    network.addHost(1, 2);
    await network.join(simulation, 1000);
    network.send(network.hosts[0]!, BROADCAST_MAC);
    await simulation.settle();
    expect(network.takeReceived()).to.deep.equal([0, 0]);
    await simulation.pass(1100);
    network.send(network.hosts[0]!, BROADCAST_MAC);
    await simulation.settle();
    expect(network.takeReceived()).to.deep.equal([0, 1]);
  });

  it('lets the switch itself drop what comes in at a blocked port', async () => {
    const network = await build(3, 3, RING);
    await network.join(simulation);
    const { topology } = { topology: simulation.controller.discovery };
    const blocked = [...simulation.controller.connected.values()].flatMap(sw =>
      [...topology.blockedPorts(sw)].map(port => [Number(sw.datapathId), port] as const),
    );
    expect(blocked).to.deep.equal([
      [2, 1],
      [3, 2],
    ]);
    for (const [index, port] of blocked) {
      const before = simulation.controller.appSummaries()[0]!.packetIns;
      network.send({ mac: 0x0200_0000_0099, switchIndex: index, port, received: [] }, BROADCAST_MAC);
      await simulation.settle();
      expect(simulation.controller.appSummaries()[0]!.packetIns).to.equal(before);
    }
  });

  it('finds another way when a link of the tree fails, also for stations that were known', async () => {
    const network = await build(3, 3, RING);
    for (const index of [1, 2, 3]) network.addHost(index, 3);
    await network.join(simulation);
    const [one, two] = network.hosts as [SimulatedHost, SimulatedHost];
    network.send(one, BROADCAST_MAC);
    await simulation.settle();
    network.send(two, one.mac);
    await simulation.settle();
    network.send(one, two.mac);
    await simulation.settle();
    network.takeReceived();
    network.unplug([1, 1]);
    await simulation.settle();
    network.send(one, two.mac);
    await simulation.settle();
    network.send(two, one.mac);
    await simulation.settle();
    const [toOne, toTwo] = network.takeReceived();
    expect([toOne, toTwo]).to.deep.equal([1, 1]);
  });

  it('does not loop for a moment when a redundant cable is plugged in', async () => {
    const network = await build(3, 3, RING);
    for (const index of [1, 2, 3]) network.addHost(index, 3);
    network.unplug([3, 1]);
    await network.join(simulation);
    network.replug([3, 1]);
    for (let round = 0; round < 30; round++) {
      network.send(network.hosts[0]!, BROADCAST_MAC);
      await simulation.pass(100);
      const received = network.takeReceived();
      // A frame on its way may be lost when the tree changes; none comes twice.
      if (round < 1) expect(Math.max(...received)).to.be.at.most(1);
      else expect(received, `after ${round * 100} ms`).to.deep.equal([0, 1, 1]);
    }
  });

  it('treats a link of which probes stop arriving as gone', async () => {
    const network = await build(2, 2, [
      [
        [1, 1],
        [2, 1],
      ],
    ]);
    await network.join(simulation);
    expect(simulation.controller.discovery.directions()).to.have.length(2);
    network.switch(1).output = () => undefined;
    await simulation.pass(30_000);
    expect(simulation.controller.discovery.directions()).to.have.length(1);
    expect(simulation.logged('link-lost')).to.have.length(1);
  });

  it('keeps the links of a switch whose connection is cut, since it goes on forwarding', async () => {
    const network = await build(2, 2, [
      [
        [1, 1],
        [2, 1],
      ],
    ]);
    const connection = await simulation.connect(network.switch(1));
    await simulation.connect(network.switch(2));
    await simulation.pass(2100);
    connection.cut();
    await simulation.pass(60_000);
    expect(simulation.controller.discovery.directions()).to.have.length(2);
  });

  it('believes no probe that it has not signed, and none of an earlier round', async () => {
    const network = await build(2, 3, []);
    const recorded: Uint8Array[] = [];
    network.switch(1).output = (port, frame) => void (port === 1 && recorded.push(frame));
    await network.join(simulation);
    const forged = Uint8Array.from(recorded[0]!);
    forged[forged.length - 3]! ^= 1;
    network.switch(2).inject(2, forged);
    await simulation.settle();
    expect(simulation.controller.discovery.directions()).to.have.length(0);
    expect(simulation.logged('probe-forged')).to.have.length(1);
    await simulation.pass(15_000);
    network.switch(2).inject(2, recorded[0]!);
    await simulation.settle();
    expect(simulation.controller.discovery.directions()).to.have.length(0);
    network.switch(2).inject(2, recorded.at(-1)!);
    await simulation.settle();
    expect(simulation.controller.discovery.directions()).to.have.length(1);
  });

  it('leaves foreign LLDP alone', async () => {
    const network = await build(1, 2, []);
    await network.join(simulation);
    const lldp = buildFrame([
      { type: 'ethernet', destination: 0x0180_c200_000e, source: 1, etherType: EtherType.LLDP },
      {
        type: 'lldp',
        tlvs: [
          { type: 'chassis-id', subtype: 4, id: '02:00:00:00:00:01' },
          { type: 'port-id', subtype: 7, id: 'eth0' },
          { type: 'time-to-live', seconds: 120 },
        ],
      },
    ]);
    network.switch(1).inject(1, lldp);
    await simulation.settle();
    expect(simulation.logged('probe-forged')).to.have.length(0);
    expect(simulation.controller.discovery.directions()).to.have.length(0);
  });
});

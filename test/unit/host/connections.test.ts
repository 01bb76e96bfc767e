import { expect } from 'chai';
import { decode, messageLength } from '../../../controller/openflow/index.js';
import { SimulatedSwitch } from '../../simulator/simulated-switch.js';
import { Simulation } from '../../simulator/simulation.js';

describe('connections of switches', () => {
  let simulation: Simulation;
  beforeEach(async () => {
    simulation = await Simulation.start();
  });
  afterEach(() => simulation.stop());

  const simulated = (datapathId: bigint, tables?: number) =>
    new SimulatedSwitch({ datapathId, ports: [1, 2], ...(tables === undefined ? {} : { tables }) });
  const connected = () => [...simulation.controller.connected.keys()];

  it('make switches known by their datapath ids', async () => {
    await simulation.connect(simulated(0x1fn));
    expect(connected()).to.deep.equal(['000000000000001f']);
    const sw = simulation.controller.connected.get('000000000000001f')!;
    expect(sw.datapathId).to.equal(0x1fn);
    expect([...sw.ports.keys()]).to.deep.equal([1, 2]);
    expect(sw.description!.hwDesc).to.equal('simulated switch');
  });

  it('of a second switch with the same datapath id are refused while the first is alive', async () => {
    const first = await simulation.connect(simulated(1n));
    const second = await simulation.connect(simulated(1n));
    expect(second.closedBy!.code).to.equal('duplicate-datapath');
    expect(first.closedBy).to.equal(undefined);
    expect(connected()).to.have.length(1);
    expect(simulation.logged('switch-duplicate')).to.have.length(1);
  });

  it('replace an older one of the same switch that is dead', async () => {
    const dead = simulated(1n);
    const first = await simulation.connect(dead);
    dead.isMute = true;
    const second = await simulation.connect(simulated(1n));
    await simulation.pass(2100);
    expect(first.closedBy!.code).to.equal('connection-lost');
    expect(second.closedBy).to.equal(undefined);
    expect(connected()).to.have.length(1);
    expect(simulation.controller.connected.values().next().value!.isConnected).to.equal(true);
  });

  it('of a switch with too few tables are refused, with the reason', async () => {
    const connection = await simulation.connect(simulated(1n, 0));
    expect(connection.closedBy!.code).to.equal('closed');
    expect(simulation.logged('switch-refused')[0]!.reason).to.equal('it has 0 tables, the apps need 1');
    expect(connected()).to.deep.equal([]);
  });

  it('of a switch that answers nothing are closed in the end, and the others are served', async () => {
    const mute = simulated(1n);
    mute.isMute = true;
    const connection = await simulation.connect(mute);
    await simulation.connect(simulated(2n));
    await simulation.pass(30_000);
    expect(connection.closedBy).not.to.equal(undefined);
    expect(connected()).to.deep.equal(['0000000000000002']);
  });

  it('leave the switch object as it is when they come back', async () => {
    const sw = simulated(1n);
    const first = await simulation.connect(sw);
    const known = simulation.controller.connected.get('0000000000000001')!;
    first.cut();
    await simulation.settle();
    expect(known.isConnected).to.equal(false);
    expect(() => known.send({ type: 'barrier-request' }))
      .to.throw()
      .with.property('code', 'not-connected');
    await simulation.connect(sw);
    expect(simulation.controller.connected.get('0000000000000001')).to.equal(known);
  });

  for (const when of ['it has told its ports', 'it tells its flows']) {
    it(`miss no change of a port of a new switch when ${when}`, async () => {
      const sw = simulated(1n);
      const changes = () => {
        sw.setPort(1, false);
        sw.removePort(2);
        sw.setPort(3, false);
        sw.setPort(3, true);
      };
      const receive = sw.receive.bind(sw);
      sw.receive = bytes => {
        const asked = multiparts(bytes);
        if (when === 'it tells its flows' && asked.includes('flow')) changes();
        receive(bytes);
        if (when === 'it has told its ports' && asked.includes('port-desc')) changes();
      };
      await simulation.connect(sw);
      const { ports } = simulation.controller.connected.get('0000000000000001')!;
      expect([...ports.values()].map(({ portNo, state }) => [portNo, state])).to.deep.equal([
        [1, ['link-down']],
        [3, []],
      ]);
      await simulation.pass(2100);
      const { discovery } = simulation.controller;
      const known = simulation.controller.connected.get('0000000000000001')!;
      expect([1, 2, 3].map(port => discovery.isForwarding(known, port))).to.deep.equal([false, false, true]);
    });
  }

  it('keep ports up to date', async () => {
    const sw = simulated(1n);
    await simulation.connect(sw);
    const { ports } = simulation.controller.connected.get('0000000000000001')!;
    sw.setPort(3, true);
    sw.setPort(1, false);
    sw.removePort(2);
    await simulation.settle();
    expect([...ports.values()].map(port => [port.portNo, port.state])).to.deep.equal([
      [1, ['link-down']],
      [3, []],
    ]);
  });
});

/** What the multipart requests among these messages ask for. */
function multiparts(bytes: Uint8Array): string[] {
  const types = [];
  for (let offset = 0; offset < bytes.length; offset += messageLength(bytes, offset)) {
    const message = decode(bytes, offset);
    if (message.type === 'multipart-request') types.push(message.body.type);
  }
  return types;
}

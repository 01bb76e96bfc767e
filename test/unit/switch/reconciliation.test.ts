import { expect } from 'chai';
import { cookieOf, shortLivedCookieOf, type WantedFlow } from '../../../controller/switch/index.js';
import { drop, OWNER, output, PlannedSwitch } from './planned-switch.js';

describe('reconciliation', () => {
  let world: PlannedSwitch;
  afterEach(() => world.simulation.stop());

  it('installs what is missing and nothing else', async () => {
    world = await PlannedSwitch.start({ before: ({ flows }) => flows.push(['a', drop(1)], ['b', drop(2)]) });
    world.preset(cookieOf(OWNER), 1);
    await world.simulation.connect(world.sw);
    expect(world.sw.changes).to.have.length(1);
    expect(world.inPorts()).to.deep.equal([1, 2]);
  });

  it('sends nothing to a switch that is right, however often it connects', async () => {
    world = await PlannedSwitch.start({
      before: ({ flows }) => flows.push(['a', drop(1, output(2))], ['b', drop(2)]),
    });
    const first = await world.simulation.connect(world.sw);
    for (let round = 0, connection = first; round < 3; round++) {
      connection.cut();
      await world.simulation.settle();
      world.sw.forget();
      connection = await world.simulation.connect(world.sw);
      expect(world.sw.changes).to.deep.equal([]);
    }
  });

  it('corrects other instructions in place, so that counters go on', async () => {
    world = await PlannedSwitch.start({ before: ({ flows }) => flows.push(['a', drop(1, output(2))]) });
    world.preset(cookieOf(OWNER), 1);
    await world.simulation.connect(world.sw);
    expect(world.commands()).to.deep.equal(['modify-strict']);
    expect(world.sw.flows[0]!.instructions).to.have.length(1);
  });

  it('replaces a flow of another cookie, priority kept', async () => {
    world = await PlannedSwitch.start({ before: ({ flows }) => flows.push(['a', drop(1, { cookie: 5 })]) });
    world.preset(cookieOf(OWNER, 4), 1);
    await world.simulation.connect(world.sw);
    expect(world.commands()).to.deep.equal(['add']);
    expect(world.sw.flows.map(flow => flow.cookie)).to.deep.equal([cookieOf(OWNER, 5)]);
  });

  it('removes flows of the app that it does not want any more, after adding the new ones', async () => {
    world = await PlannedSwitch.start({ before: ({ flows }) => flows.push(['a', drop(1)]) });
    world.preset(cookieOf(OWNER), 2);
    await world.simulation.connect(world.sw);
    expect(world.commands()).to.deep.equal(['add', 'delete-strict']);
    expect(world.inPorts()).to.deep.equal([1]);
  });

  it('leaves short-lived flows of its apps alone', async () => {
    world = await PlannedSwitch.start();
    world.preset(shortLivedCookieOf(OWNER, 9), 1, { idleTimeout: 10 });
    await world.simulation.connect(world.sw);
    expect(world.sw.changes).to.deep.equal([]);
    expect(world.inPorts()).to.deep.equal([1]);
  });

  it('removes all flows of an app that is not configured, short-lived ones too, by one message', async () => {
    world = await PlannedSwitch.start();
    world.preset(cookieOf(77), 1);
    world.preset(cookieOf(77), 2);
    world.preset(shortLivedCookieOf(77), 3);
    await world.simulation.connect(world.sw);
    expect(world.sw.changes).to.have.length(1);
    expect(world.sw.flows).to.deep.equal([]);
  });

  it("removes a short-lived flow from a table that is not its app's any more", async () => {
    world = await PlannedSwitch.start();
    world.preset(shortLivedCookieOf(OWNER), 1, { tableId: 7 });
    await world.simulation.connect(world.sw);
    expect(world.sw.flows).to.deep.equal([]);
  });

  it('keeps foreign flows by default', async () => {
    world = await PlannedSwitch.start();
    world.preset(0n, 1);
    await world.simulation.connect(world.sw);
    expect(world.inPorts()).to.deep.equal([1]);
    expect(world.sw.changes).to.deep.equal([]);
  });

  it('removes foreign flows where the configuration says so', async () => {
    world = await PlannedSwitch.start({ foreignFlows: 'remove' });
    world.preset(0n, 1);
    world.preset(0x1234n, 2);
    await world.simulation.connect(world.sw);
    expect(world.sw.flows).to.deep.equal([]);
  });

  it('takes the place of a foreign flow that stands where a wanted one belongs', async () => {
    world = await PlannedSwitch.start({ before: ({ flows }) => flows.push(['a', drop(1)]) });
    world.preset(0n, 1);
    await world.simulation.connect(world.sw);
    expect(world.sw.flows.map(flow => flow.cookie)).to.deep.equal([cookieOf(OWNER)]);
  });

  for (const bundles of [true, false]) {
    const how = bundles ? 'in bundles' : 'without bundles';

    it(`tells the app which flow the switch refuses and why, and installs the rest, ${how}`, async () => {
      const flows = Array.from({ length: 9 }, (_, index): [string, WantedFlow] => [`f${index}`, drop(index)]);
      world = await PlannedSwitch.start({ bundles, before: own => own.flows.push(...flows) });
      const refused = [2, 3, 5, 6, 8];
      world.sw.refuse = message =>
        message.type === 'flow-mod' && refused.includes(message.match.inPort!)
          ? { errorType: 'flow-mod-failed', errorCode: 'table-full' }
          : undefined;
      await world.simulation.connect(world.sw);
      expect(world.inPorts().sort()).to.deep.equal([0, 1, 4, 7]);
      expect(world.planner.refusals.map(({ kind, key }) => [kind, key])).to.have.deep.members(
        refused.map(index => ['flow', `f${index}`]),
      );
      for (const { error } of world.planner.refusals)
        expect(error).to.deep.include({ errorCode: 'table-full' });
      expect([...world.planner.state.refusals.keys()]).to.have.members(
        refused.map(index => `flow f${index}`),
      );
      expect(world.simulation.logged('flow-refused')).to.have.length(refused.length);
      expect(world.simulation.logged('flow-refused')[0]).to.deep.include({
        app: 'planner',
        errorCode: 'table-full',
      });
    });
  }

  it('changes a switch by one bundle, so that no packet meets half of it', async () => {
    world = await PlannedSwitch.start({ before: ({ flows }) => flows.push(['a', drop(1)], ['b', drop(2)]) });
    world.preset(cookieOf(OWNER), 3);
    await world.simulation.connect(world.sw);
    const types = world.sw.received.map(message => message.type).filter(type => type.startsWith('onf-'));
    expect(types).to.deep.equal([
      'onf-bundle-control',
      ...new Array(3).fill('onf-bundle-add-message'),
      'onf-bundle-control',
    ]);
    expect(world.sw.received.filter(({ type }) => type === 'flow-mod')).to.deep.equal([]);
  });

  it('waits for no answer but that to the commit where bundles are known', async () => {
    world = await PlannedSwitch.start({ before: ({ flows }) => flows.push(['a', drop(1)], ['b', drop(2)]) });
    await world.simulation.connect(world.sw);
    const tell = world.sw.tell.bind(world.sw);
    world.sw.tell = (message, xid) => {
      const isOpened = message.type === 'onf-bundle-control' && message.controlType === 'open-reply';
      if (!isOpened) tell(message, xid);
    };
    world.planner.state.setFlow('c', drop(3));
    world.planner.state.setFlow('d', drop(4));
    await world.simulation.settle();
    expect(world.inPorts()).to.deep.equal([1, 2, 3, 4]);
  });

  it('tries a refused flow again with the next connection', async () => {
    world = await PlannedSwitch.start({ before: ({ flows }) => flows.push(['a', drop(1)]) });
    world.sw.refuse = () => ({ errorType: 'flow-mod-failed', errorCode: 'table-full' });
    const connection = await world.simulation.connect(world.sw);
    world.sw.refuse = () => undefined;
    connection.cut();
    await world.simulation.settle();
    await world.simulation.connect(world.sw);
    expect(world.inPorts()).to.deep.equal([1]);
    expect(world.planner.state.refusals.size).to.equal(0);
  });

  it('keeps what the switch has of an app that has not stated everything, until it has', async () => {
    world = await PlannedSwitch.start({
      before: own => {
        own.flows.push(['a', drop(1)]);
        own.also = wanted => wanted.unsettle();
      },
    });
    world.preset(cookieOf(OWNER), 2);
    world.preset(cookieOf(OWNER), 3);
    await world.simulation.connect(world.sw);
    expect(world.inPorts()).to.deep.equal([2, 3, 1]);
    world.sw.forget();
    world.planner.state.setFlow('c', drop(3));
    world.planner.state.settle();
    await world.simulation.settle();
    expect(world.commands()).to.deep.equal(['delete-strict']);
    expect(world.inPorts()).to.deep.equal([3, 1]);
  });
});

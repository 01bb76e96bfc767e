import { expect } from 'chai';
import type { SwitchError } from '../../../controller/switch/index.js';
import { drop, output, PlannedSwitch, type Planner } from './planned-switch.js';

describe('what an app states of a switch', () => {
  let world: PlannedSwitch;
  afterEach(() => world.simulation.stop());

  describe('confirms', () => {
    const outcome = (promise: Promise<void>) =>
      promise.then(
        () => 'confirmed',
        (error: { code?: string }) => error.code,
      );

    it('what was stated when the switch has it, whether it is being compared or not', async () => {
      let first: Promise<unknown> | undefined;
      world = await PlannedSwitch.start({
        before: ({ flows }) => flows.push(['a', drop(1)]),
      });
      world.planner.also = () => {
        first = outcome(world.planner.sw!.confirmed()).then(text => [text, world.inPorts()]);
      };
      await world.simulation.connect(world.sw);
      expect(await first).to.deep.equal(['confirmed', [1]]);
      world.planner.state.setFlow('b', drop(2));
      const second = outcome(world.planner.sw!.confirmed()).then(text => [text, world.inPorts()]);
      world.planner.state.setFlow('c', drop(3));
      await world.simulation.settle();
      expect(await second).to.deep.equal(['confirmed', [1, 2, 3]]);
      const third = outcome(world.planner.sw!.confirmed());
      await world.simulation.settle();
      expect(await third).to.equal('confirmed');
    });

    it('what the switch refused, once its owner was told', async () => {
      world = await PlannedSwitch.start();
      await world.simulation.connect(world.sw);
      world.sw.refuse = () => ({ errorType: 'flow-mod-failed', errorCode: 'table-full' });
      world.planner.state.setFlow('a', drop(1));
      const told = outcome(world.planner.sw!.confirmed()).then(text => [text, world.planner.refusals.length]);
      await world.simulation.settle();
      expect(await told).to.deep.equal(['confirmed', 1]);
    });

    it('nothing when the connection ends before, or is not there', async () => {
      world = await PlannedSwitch.start();
      const connection = await world.simulation.connect(world.sw);
      world.sw.isMute = true;
      world.planner.state.setFlow('a', drop(1));
      const lost = outcome(world.planner.sw!.confirmed());
      await world.simulation.settle();
      connection.cut();
      await world.simulation.settle();
      expect(await lost).to.not.equal('confirmed');
      expect(await outcome(world.planner.sw!.confirmed())).to.equal('not-connected');
    });
  });

  it('sends changes of one turn together, and only what is different in the end', async () => {
    world = await PlannedSwitch.start({ before: ({ flows }) => flows.push(['a', drop(1)]) });
    await world.simulation.connect(world.sw);
    world.sw.forget();
    const { state } = world.planner;
    state.setFlow('b', drop(2));
    state.setFlow('b', drop(2, output(3)));
    state.setFlow('c', drop(3));
    state.removeFlow('c');
    state.removeFlow('a');
    state.setFlow('a', drop(1));
    await world.simulation.settle();
    expect(world.commands()).to.deep.equal(['add']);
    expect(world.inPorts()).to.deep.equal([1, 2]);
  });

  it('keeps statements made while the switch is away for its return', async () => {
    world = await PlannedSwitch.start();
    const connection = await world.simulation.connect(world.sw);
    connection.cut();
    await world.simulation.settle();
    world.planner.flows.push(['late', drop(3)]);
    world.planner.state.setFlow('late', drop(3));
    await world.simulation.settle();
    await world.simulation.connect(world.sw);
    expect(world.inPorts()).to.deep.equal([3]);
  });

  it('refuses statements that contradict each other, and changes nothing then', async () => {
    world = await PlannedSwitch.start({ before: ({ flows }) => flows.push(['a', drop(1)]) });
    await world.simulation.connect(world.sw);
    const { state } = world.planner;
    const codeOf = (state_: () => void) => {
      try {
        state_();
      } catch (error) {
        return (error as SwitchError).code;
      }
      return undefined;
    };
    expect(codeOf(() => state.setFlow('b', drop(1, output(2))))).to.equal('duplicate-flow');
    expect(codeOf(() => state.setFlow('b', drop(2, { tableId: 9 })))).to.equal('foreign-table');
    expect(codeOf(() => state.setFlow('b', drop(2, { cookie: 2 ** 31 })))).to.equal('bad-cookie');
    expect(codeOf(() => state.setFlow('b', drop(2, { match: { ipv4Src: '10.0.0.1' } })))).to.equal(
      'bad-prerequisite',
    );
    expect(codeOf(() => state.setFlow('b', drop(2, { priority: 0xffff })))).to.equal('reserved-priority');
    expect([...state.flowKeys()]).to.deep.equal(['a']);
    await world.simulation.settle();
    expect(world.inPorts()).to.deep.equal([1]);
  });

  it('moves a key to another match', async () => {
    world = await PlannedSwitch.start({ before: ({ flows }) => flows.push(['a', drop(1)]) });
    await world.simulation.connect(world.sw);
    world.sw.forget();
    world.planner.state.setFlow('a', drop(2));
    await world.simulation.settle();
    expect(world.commands()).to.deep.equal(['add', 'delete-strict']);
    expect(world.inPorts()).to.deep.equal([2]);
  });

  it('lets two keys change places', async () => {
    world = await PlannedSwitch.start({ before: ({ flows }) => flows.push(['a', drop(1)], ['b', drop(2)]) });
    await world.simulation.connect(world.sw);
    world.sw.forget();
    world.planner.state.replaceFlows([
      ['a', drop(2)],
      ['b', drop(1)],
    ]);
    await world.simulation.settle();
    expect(world.sw.changes).to.deep.equal([]);
    world.planner.state.removeFlow('a');
    await world.simulation.settle();
    expect(world.inPorts()).to.deep.equal([1]);
  });

  it('brings groups before the flows that use them, and takes them away after', async () => {
    world = await PlannedSwitch.start({
      before: own => {
        own.also = wanted => {
          const groupId = wanted.setGroup('both', {
            groupType: 'all',
            buckets: [1, 2].map(port => ({ actions: [{ type: 'output', port }] })),
          });
          own.flows = [
            [
              'a',
              drop(3, { instructions: [{ type: 'apply-actions', actions: [{ type: 'group', groupId }] }] }),
            ],
          ];
        };
      },
    });
    const connection = await world.simulation.connect(world.sw);
    expect(world.sw.changes.map(({ type }) => type)).to.deep.equal(['group-mod', 'flow-mod']);
    connection.cut();
    await world.simulation.settle();
    world.sw.forget();
    await world.simulation.connect(world.sw);
    expect(world.sw.changes).to.deep.equal([]);
    world.planner.state.removeGroup('both');
    world.planner.state.removeFlow('a');
    await world.simulation.settle();
    expect(world.sw.changes.map(({ type }) => type)).to.deep.equal(['flow-mod', 'group-mod']);
    expect(world.sw.groups.size).to.equal(0);
  });

  it('gives a meter the same number in every run, and corrects its bands', async () => {
    const meter = (rate: number) => ({
      flags: ['pktps'] as const,
      bands: [{ type: 'drop', rate, burstSize: 0 }] as const,
    });
    const limit = (rate: number) => (own: Planner) => {
      own.also = wanted => void wanted.setMeter('limit', meter(rate) as never);
    };
    world = await PlannedSwitch.start({ before: limit(100) });
    const connection = await world.simulation.connect(world.sw);
    const [meterId] = world.sw.meters.keys();
    connection.cut();
    await world.simulation.settle();
    const old = world.sw;
    await world.simulation.stop();
    world = await PlannedSwitch.start({ before: limit(200) });
    old.forget();
    await world.simulation.connect(old);
    expect([...old.meters.keys()]).to.deep.equal([meterId]);
    expect(old.changes.map(message => (message as { command?: string }).command)).to.deep.equal(['modify']);
  });
});

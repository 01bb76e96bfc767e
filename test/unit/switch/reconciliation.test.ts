import { expect } from 'chai';
import { z } from 'zod';
import { type AppInstance, defineApp } from '../../../controller/host/index.js';
import type { DecodedFlowMod } from '../../../controller/openflow/index.js';
import {
  cookieOf,
  ownerNumber,
  type Refusal,
  type Switch,
  type SwitchError,
  shortLivedCookieOf,
  type WantedFlow,
  type WantedState,
} from '../../../controller/switch/index.js';
import { SimulatedSwitch } from '../../simulator/simulated-switch.js';
import { Simulation } from '../../simulator/simulation.js';

const OWNER = ownerNumber('planner');
const drop = (inPort: number, more: Partial<WantedFlow> = {}): WantedFlow => ({
  tableId: 0,
  match: { inPort },
  ...more,
});
const output = (port: number): Partial<WantedFlow> => ({
  instructions: [{ type: 'apply-actions', actions: [{ type: 'output', port }] }],
});

/** An app that states what the test tells it. */
class Planner implements AppInstance {
  flows: [string, WantedFlow][] = [];
  also: (wanted: WantedState) => void = () => undefined;
  readonly refusals: Refusal[] = [];
  sw: Switch | undefined;
  state!: WantedState;
  private readonly wantedOn: (sw: Switch) => WantedState;

  constructor(wantedOn: (sw: Switch) => WantedState) {
    this.wantedOn = wantedOn;
  }

  switchUp(sw: Switch): void {
    this.sw = sw;
    this.state = this.wantedOn(sw);
    this.also(this.state);
    this.state.replaceFlows(this.flows);
  }

  refused(refusal: Refusal): void {
    this.refusals.push(refusal);
  }
}

describe('reconciliation', () => {
  let simulation: Simulation;
  let planner: Planner;
  let sw: SimulatedSwitch;

  async function start(
    options: { foreignFlows?: string; bundles?: boolean; before?: (planner: Planner) => void } = {},
  ) {
    const app = defineApp({
      name: 'planner',
      summary: 'States what a test tells it.',
      config: z.strictObject({}),
      tables: [{ name: 'plan', miss: 'own' }],
      endsPipeline: false,
      start: context => {
        planner = new Planner(found => context.wanted(found));
        options.before?.(planner);
        return planner;
      },
    });
    const foreign = options.foreignFlows ?? 'keep';
    simulation = await Simulation.start({
      config: `{apps: [planner], discovery: {enabled: false}, foreignFlows: ${foreign}}`,
      apps: [app],
    });
    sw = new SimulatedSwitch({ datapathId: 1n, ports: [1, 2, 3], bundles: options.bundles ?? true });
  }

  afterEach(() => simulation.stop());

  /** A flow that the switch has before it connects. */
  function preset(cookie: bigint, inPort: number, more: Partial<DecodedFlowMod> = {}): void {
    sw.tables.apply({
      type: 'flow-mod',
      xid: 0,
      command: 'add',
      cookie,
      cookieMask: 0n,
      tableId: 0,
      idleTimeout: 0,
      hardTimeout: 0,
      priority: 0x8000,
      bufferId: 0xffffffff,
      outPort: 0xffffffff,
      outGroup: 0xffffffff,
      flags: [],
      match: { inPort },
      instructions: [],
      ...more,
    });
  }

  const commands = () => sw.changes.map(message => (message as { command?: string }).command);
  const inPorts = () => sw.flows.map(flow => flow.match.inPort);

  describe('confirms', () => {
    const outcome = (promise: Promise<void>) =>
      promise.then(
        () => 'confirmed',
        (error: { code?: string }) => error.code,
      );

    it('what was stated when the switch has it, whether it is being compared or not', async () => {
      let first: Promise<unknown> | undefined;
      await start({
        before: ({ flows }) => flows.push(['a', drop(1)]),
      });
      planner.also = () => {
        first = outcome(planner.sw!.confirmed()).then(text => [text, inPorts()]);
      };
      await simulation.connect(sw);
      expect(await first).to.deep.equal(['confirmed', [1]]);
      planner.state.setFlow('b', drop(2));
      const second = outcome(planner.sw!.confirmed()).then(text => [text, inPorts()]);
      planner.state.setFlow('c', drop(3));
      await simulation.settle();
      expect(await second).to.deep.equal(['confirmed', [1, 2, 3]]);
      const third = outcome(planner.sw!.confirmed());
      await simulation.settle();
      expect(await third).to.equal('confirmed');
    });

    it('what the switch refused, once its owner was told', async () => {
      await start();
      await simulation.connect(sw);
      sw.refuse = () => ({ errorType: 'flow-mod-failed', errorCode: 'table-full' });
      planner.state.setFlow('a', drop(1));
      const told = outcome(planner.sw!.confirmed()).then(text => [text, planner.refusals.length]);
      await simulation.settle();
      expect(await told).to.deep.equal(['confirmed', 1]);
    });

    it('nothing when the connection ends before, or is not there', async () => {
      await start();
      const connection = await simulation.connect(sw);
      sw.isMute = true;
      planner.state.setFlow('a', drop(1));
      const lost = outcome(planner.sw!.confirmed());
      await simulation.settle();
      connection.cut();
      await simulation.settle();
      expect(await lost).to.not.equal('confirmed');
      expect(await outcome(planner.sw!.confirmed())).to.equal('not-connected');
    });
  });

  it('installs what is missing and nothing else', async () => {
    await start({ before: ({ flows }) => flows.push(['a', drop(1)], ['b', drop(2)]) });
    preset(cookieOf(OWNER), 1);
    await simulation.connect(sw);
    expect(sw.changes).to.have.length(1);
    expect(inPorts()).to.deep.equal([1, 2]);
  });

  it('sends nothing to a switch that is right, however often it connects', async () => {
    await start({ before: ({ flows }) => flows.push(['a', drop(1, output(2))], ['b', drop(2)]) });
    const first = await simulation.connect(sw);
    for (let round = 0, connection = first; round < 3; round++) {
      connection.cut();
      await simulation.settle();
      sw.forget();
      connection = await simulation.connect(sw);
      expect(sw.changes).to.deep.equal([]);
    }
  });

  it('corrects other instructions in place, so that counters go on', async () => {
    await start({ before: ({ flows }) => flows.push(['a', drop(1, output(2))]) });
    preset(cookieOf(OWNER), 1);
    await simulation.connect(sw);
    expect(commands()).to.deep.equal(['modify-strict']);
    expect(sw.flows[0]!.instructions).to.have.length(1);
  });

  it('replaces a flow of another cookie, priority kept', async () => {
    await start({ before: ({ flows }) => flows.push(['a', drop(1, { cookie: 5 })]) });
    preset(cookieOf(OWNER, 4), 1);
    await simulation.connect(sw);
    expect(commands()).to.deep.equal(['add']);
    expect(sw.flows.map(flow => flow.cookie)).to.deep.equal([cookieOf(OWNER, 5)]);
  });

  it('removes flows of the app that it does not want any more, after adding the new ones', async () => {
    await start({ before: ({ flows }) => flows.push(['a', drop(1)]) });
    preset(cookieOf(OWNER), 2);
    await simulation.connect(sw);
    expect(commands()).to.deep.equal(['add', 'delete-strict']);
    expect(inPorts()).to.deep.equal([1]);
  });

  it('leaves short-lived flows of its apps alone', async () => {
    await start();
    preset(shortLivedCookieOf(OWNER, 9), 1, { idleTimeout: 10 });
    await simulation.connect(sw);
    expect(sw.changes).to.deep.equal([]);
    expect(inPorts()).to.deep.equal([1]);
  });

  it('removes all flows of an app that is not configured, short-lived ones too, by one message', async () => {
    await start();
    preset(cookieOf(77), 1);
    preset(cookieOf(77), 2);
    preset(shortLivedCookieOf(77), 3);
    await simulation.connect(sw);
    expect(sw.changes).to.have.length(1);
    expect(sw.flows).to.deep.equal([]);
  });

  it("removes a short-lived flow from a table that is not its app's any more", async () => {
    await start();
    preset(shortLivedCookieOf(OWNER), 1, { tableId: 7 });
    await simulation.connect(sw);
    expect(sw.flows).to.deep.equal([]);
  });

  it('keeps foreign flows by default', async () => {
    await start();
    preset(0n, 1);
    await simulation.connect(sw);
    expect(inPorts()).to.deep.equal([1]);
    expect(sw.changes).to.deep.equal([]);
  });

  it('removes foreign flows where the configuration says so', async () => {
    await start({ foreignFlows: 'remove' });
    preset(0n, 1);
    preset(0x1234n, 2);
    await simulation.connect(sw);
    expect(sw.flows).to.deep.equal([]);
  });

  it('takes the place of a foreign flow that stands where a wanted one belongs', async () => {
    await start({ before: ({ flows }) => flows.push(['a', drop(1)]) });
    preset(0n, 1);
    await simulation.connect(sw);
    expect(sw.flows.map(flow => flow.cookie)).to.deep.equal([cookieOf(OWNER)]);
  });

  for (const bundles of [true, false]) {
    const how = bundles ? 'in bundles' : 'without bundles';

    it(`tells the app which flow the switch refuses and why, and installs the rest, ${how}`, async () => {
      const flows = Array.from({ length: 9 }, (_, index): [string, WantedFlow] => [`f${index}`, drop(index)]);
      await start({ bundles, before: own => own.flows.push(...flows) });
      const refused = [2, 3, 5, 6, 8];
      sw.refuse = message =>
        message.type === 'flow-mod' && refused.includes(message.match.inPort!)
          ? { errorType: 'flow-mod-failed', errorCode: 'table-full' }
          : undefined;
      await simulation.connect(sw);
      expect(inPorts().sort()).to.deep.equal([0, 1, 4, 7]);
      expect(planner.refusals.map(({ kind, key }) => [kind, key])).to.have.deep.members(
        refused.map(index => ['flow', `f${index}`]),
      );
      for (const { error } of planner.refusals) expect(error).to.deep.include({ errorCode: 'table-full' });
      expect([...planner.state.refusals.keys()]).to.have.members(refused.map(index => `flow f${index}`));
      expect(simulation.logged('flow-refused')).to.have.length(refused.length);
      expect(simulation.logged('flow-refused')[0]).to.deep.include({
        app: 'planner',
        errorCode: 'table-full',
      });
    });
  }

  it('changes a switch by one bundle, so that no packet meets half of it', async () => {
    await start({ before: ({ flows }) => flows.push(['a', drop(1)], ['b', drop(2)]) });
    preset(cookieOf(OWNER), 3);
    await simulation.connect(sw);
    const types = sw.received.map(message => message.type).filter(type => type.startsWith('onf-'));
    expect(types).to.deep.equal([
      'onf-bundle-control',
      ...new Array(3).fill('onf-bundle-add-message'),
      'onf-bundle-control',
    ]);
    expect(sw.received.filter(({ type }) => type === 'flow-mod')).to.deep.equal([]);
  });

  it('tries a refused flow again with the next connection', async () => {
    await start({ before: ({ flows }) => flows.push(['a', drop(1)]) });
    sw.refuse = () => ({ errorType: 'flow-mod-failed', errorCode: 'table-full' });
    const connection = await simulation.connect(sw);
    sw.refuse = () => undefined;
    connection.cut();
    await simulation.settle();
    await simulation.connect(sw);
    expect(inPorts()).to.deep.equal([1]);
    expect(planner.state.refusals.size).to.equal(0);
  });

  it('keeps what the switch has of an app that has not stated everything, until it has', async () => {
    await start({
      before: own => {
        own.flows.push(['a', drop(1)]);
        own.also = wanted => wanted.unsettle();
      },
    });
    preset(cookieOf(OWNER), 2);
    preset(cookieOf(OWNER), 3);
    await simulation.connect(sw);
    expect(inPorts()).to.deep.equal([2, 3, 1]);
    sw.forget();
    planner.state.setFlow('c', drop(3));
    planner.state.settle();
    await simulation.settle();
    expect(commands()).to.deep.equal(['delete-strict']);
    expect(inPorts()).to.deep.equal([3, 1]);
  });

  it('sends changes of one turn together, and only what is different in the end', async () => {
    await start({ before: ({ flows }) => flows.push(['a', drop(1)]) });
    await simulation.connect(sw);
    sw.forget();
    const { state } = planner;
    state.setFlow('b', drop(2));
    state.setFlow('b', drop(2, output(3)));
    state.setFlow('c', drop(3));
    state.removeFlow('c');
    state.removeFlow('a');
    state.setFlow('a', drop(1));
    await simulation.settle();
    expect(commands()).to.deep.equal(['add']);
    expect(inPorts()).to.deep.equal([1, 2]);
  });

  it('keeps statements made while the switch is away for its return', async () => {
    await start();
    const connection = await simulation.connect(sw);
    connection.cut();
    await simulation.settle();
    planner.flows.push(['late', drop(3)]);
    planner.state.setFlow('late', drop(3));
    await simulation.settle();
    await simulation.connect(sw);
    expect(inPorts()).to.deep.equal([3]);
  });

  it('refuses statements that contradict each other, and changes nothing then', async () => {
    await start({ before: ({ flows }) => flows.push(['a', drop(1)]) });
    await simulation.connect(sw);
    const { state } = planner;
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
    await simulation.settle();
    expect(inPorts()).to.deep.equal([1]);
  });

  it('moves a key to another match', async () => {
    await start({ before: ({ flows }) => flows.push(['a', drop(1)]) });
    await simulation.connect(sw);
    sw.forget();
    planner.state.setFlow('a', drop(2));
    await simulation.settle();
    expect(commands()).to.deep.equal(['add', 'delete-strict']);
    expect(inPorts()).to.deep.equal([2]);
  });

  it('lets two keys change places', async () => {
    await start({ before: ({ flows }) => flows.push(['a', drop(1)], ['b', drop(2)]) });
    await simulation.connect(sw);
    sw.forget();
    planner.state.replaceFlows([
      ['a', drop(2)],
      ['b', drop(1)],
    ]);
    await simulation.settle();
    expect(sw.changes).to.deep.equal([]);
    planner.state.removeFlow('a');
    await simulation.settle();
    expect(inPorts()).to.deep.equal([1]);
  });

  it('brings groups before the flows that use them, and takes them away after', async () => {
    await start({
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
    const connection = await simulation.connect(sw);
    expect(sw.changes.map(({ type }) => type)).to.deep.equal(['group-mod', 'flow-mod']);
    connection.cut();
    await simulation.settle();
    sw.forget();
    await simulation.connect(sw);
    expect(sw.changes).to.deep.equal([]);
    planner.state.removeGroup('both');
    planner.state.removeFlow('a');
    await simulation.settle();
    expect(sw.changes.map(({ type }) => type)).to.deep.equal(['flow-mod', 'group-mod']);
    expect(sw.groups.size).to.equal(0);
  });

  it('gives a meter the same number in every run, and corrects its bands', async () => {
    const meter = (rate: number) => ({
      flags: ['pktps'] as const,
      bands: [{ type: 'drop', rate, burstSize: 0 }] as const,
    });
    const limit = (rate: number) => (own: Planner) => {
      own.also = wanted => void wanted.setMeter('limit', meter(rate) as never);
    };
    await start({ before: limit(100) });
    const connection = await simulation.connect(sw);
    const [meterId] = sw.meters.keys();
    connection.cut();
    await simulation.settle();
    const old = sw;
    await simulation.stop();
    await start({ before: limit(200) });
    old.forget();
    await simulation.connect(old);
    expect([...old.meters.keys()]).to.deep.equal([meterId]);
    expect(old.changes.map(message => (message as { command?: string }).command)).to.deep.equal(['modify']);
  });
});

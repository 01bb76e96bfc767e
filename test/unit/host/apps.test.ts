import { expect } from 'chai';
import { z } from 'zod';
import type { TableDefinition } from '../../../controller/host/index.js';
import {
  type AppContext,
  type AppDefinition,
  type AppInstance,
  defineApp,
} from '../../../controller/host/index.js';
import { Port } from '../../../controller/openflow/index.js';
import { buildFrame } from '../../../controller/packet/index.js';
import { SimulatedSwitch } from '../../simulator/simulated-switch.js';
import { Simulation } from '../../simulator/simulation.js';

interface Puppet {
  definition: AppDefinition;
  context: AppContext;
  calls: string[];
  hooks: AppInstance;
}

/** An app whose hooks the test sets; it records which were called. */
function puppet(name: string, tables: TableDefinition[] = [{ name: 't', miss: 'next' }]): Puppet {
  const self: Puppet = { calls: [], hooks: {} } as unknown as Puppet;
  self.definition = defineApp({
    name,
    summary: 'Does what a test says.',
    config: z.strictObject({ colour: z.string().default('red') }),
    tables,
    endsPipeline: false,
    start(context) {
      self.context = context;
      self.calls.push('start');
      const { survivor } = self.hooks;
      return {
        ...(survivor === undefined ? {} : { survivor }),
        stop: () => {
          self.calls.push('stop');
          return self.hooks.stop?.();
        },
        switchUp: (sw, survivors) => {
          self.calls.push('switchUp');
          return self.hooks.switchUp?.(sw, survivors);
        },
        switchDown: sw => {
          self.calls.push('switchDown');
          self.hooks.switchDown?.(sw);
        },
        packetIn: (sw, view) => {
          self.calls.push('packetIn');
          return self.hooks.packetIn?.(sw, view);
        },
        portStatus: (_sw, change) => void self.calls.push(`portStatus ${change.kind} ${change.port.portNo}`),
        flowRemoved: (_sw, removed) => void self.calls.push(`flowRemoved ${removed.reason}`),
        call: (call, parameters) => ({ by: name, call, parameters }),
      };
    },
  });
  return self;
}

const FRAME = buildFrame([
  { type: 'ethernet', destination: 2, source: 0x0200_0000_0001, etherType: 0x0800 },
  { type: 'payload', data: new Uint8Array(46) },
]);

/** A flow that punts what comes in at a port. */
const punt = (tableId: number, inPort: number) => ({
  tableId,
  match: { inPort },
  instructions: [{ type: 'apply-actions', actions: [{ type: 'output', port: Port.CONTROLLER }] } as const],
});

describe('apps of a running controller', () => {
  let simulation: Simulation;
  let a: Puppet;
  let b: Puppet;
  let sw: SimulatedSwitch;

  async function start(config = 'apps: [app-a, app-b]\ndiscovery: {enabled: false}') {
    a = puppet('app-a', [
      { name: 'first', miss: 'next' },
      { name: 'second', miss: 'own' },
    ]);
    b = puppet('app-b');
    simulation = await Simulation.start({ config, apps: [a.definition, b.definition] });
    sw = new SimulatedSwitch({ datapathId: 1n, ports: [1, 2, 3] });
  }

  const gotos = () =>
    sw.flows.flatMap(({ tableId, instructions }) =>
      instructions.flatMap(instruction =>
        instruction.type === 'goto-table' ? [`${tableId}>${instruction.tableId}`] : [],
      ),
    );

  afterEach(() => simulation.stop());

  it('know the numbers of their own tables and the way to the next app', async () => {
    await start();
    expect(a.context.table('first')).to.equal(0);
    expect(a.context.table('second')).to.equal(1);
    expect(b.context.table('t')).to.equal(2);
    expect(a.context.next).to.deep.equal([{ type: 'goto-table', tableId: 2 }]);
    expect(b.context.next).to.deep.equal([]);
    expect(() => a.context.table('third')).to.throw(RangeError, 'third');
  });

  it('are joined by flows of the host', async () => {
    await start();
    await simulation.connect(sw);
    expect(gotos()).to.deep.equal(['0>2']);
  });

  it('get the packets that their own flows punted, and no others', async () => {
    await start();
    a.hooks.switchUp = found => a.context.wanted(found).setFlow('punt', punt(0, 1));
    b.hooks.switchUp = found => b.context.wanted(found).setFlow('punt', punt(2, 2));
    await simulation.connect(sw);
    sw.inject(1, FRAME);
    sw.inject(2, FRAME);
    sw.inject(2, FRAME);
    sw.inject(3, FRAME);
    await simulation.settle();
    expect(a.calls.filter(call => call === 'packetIn')).to.have.length(1);
    expect(b.calls.filter(call => call === 'packetIn')).to.have.length(2);
    expect(simulation.controller.appSummaries().map(({ packetIns }) => packetIns)).to.deep.equal([1, 2]);
  });

  it("do not suffer from each other's errors, which are counted and logged with their hook", async () => {
    await start();
    const failing = () => {
      throw new Error('a mistake');
    };
    a.hooks = { switchUp: failing, packetIn: failing, switchDown: failing };
    b.hooks.switchUp = found => b.context.wanted(found).setFlow('punt', punt(2, 2));
    const connection = await simulation.connect(sw);
    a.context.wanted(simulation.controller.connected.get('0000000000000001')!).setFlow('punt', punt(0, 1));
    await simulation.settle();
    for (let count = 0; count < 9; count++) sw.inject(1, FRAME);
    sw.inject(2, FRAME);
    await simulation.settle();
    connection.cut();
    await simulation.settle();
    expect(b.calls).to.deep.equal(['start', 'switchUp', 'packetIn', 'switchDown']);
    expect(simulation.controller.appSummaries()[0]!.failures).to.equal(11);
    expect(simulation.logged('app-failed').map(({ hook, failures }) => `${hook} ${failures}`)).to.deep.equal([
      'switchUp 1',
      'packetIn 1',
      'packetIn 2',
      'packetIn 4',
      'packetIn 8',
      'switchDown 1',
    ]);
  });

  it('may fail in promises and timers too', async () => {
    await start();
    a.hooks.switchUp = async () => {
      throw new Error('later');
    };
    await simulation.connect(sw);
    a.context.clock.after(10, () => {
      throw new Error('too late');
    });
    await simulation.pass(20);
    expect(simulation.logged('app-failed').map(({ hook }) => hook)).to.deep.equal(['switchUp', 'timer']);
  });

  it('may go on stating flows after they wait: what they stated before that stays, what they left out goes', async () => {
    await start();
    a.hooks.switchUp = async found => {
      const wanted = a.context.wanted(found);
      const isFirst = a.calls.filter(call => call === 'switchUp').length === 1;
      wanted.setFlow('before', punt(1, 1));
      if (isFirst) wanted.setFlow('once', punt(1, 2));
      await Promise.resolve();
      wanted.setFlow('after', punt(1, 3));
    };
    const keys = () => [
      ...a.context.wanted(simulation.controller.connected.get('0000000000000001')!).flowKeys(),
    ];
    (await simulation.connect(sw)).cut();
    await simulation.settle();
    await simulation.connect(sw);
    await simulation.settle();
    expect(keys().filter(key => ['before', 'once', 'after'].includes(key))).to.have.members([
      'before',
      'after',
    ]);
  });

  it('hear of ports, of the end of their flows and of switches that leave', async () => {
    await start();
    a.hooks.switchUp = found =>
      a.context.wanted(found).setFlow('watched', { ...punt(0, 1), flags: ['send-flow-rem'] });
    const connection = await simulation.connect(sw);
    sw.setPort(1, false);
    sw.setPort(9, true);
    sw.removePort(2);
    sw.tables.expire(() => true);
    await simulation.settle();
    connection.cut();
    await simulation.settle();
    expect(a.calls).to.deep.equal([
      'start',
      'switchUp',
      'portStatus changed 1',
      'portStatus added 9',
      'portStatus removed 2',
      'flowRemoved delete',
      'switchDown',
    ]);
    expect(b.calls).not.to.include('flowRemoved delete');
  });

  it('can be stopped, which removes their flows and lets packets pass them by, and started again', async () => {
    await start();
    a.hooks.switchUp = found => a.context.wanted(found).setFlow('punt', punt(1, 1));
    await simulation.connect(sw);
    const cookie = a.context.shortLivedCookie();
    simulation.controller.connected.get('0000000000000001')!.send({ type: 'flow-mod', cookie, tableId: 1 });
    await simulation.settle();
    await simulation.controller.stopApp('app-a');
    await simulation.settle();
    expect(gotos().sort()).to.deep.equal(['0>2', '1>2']);
    expect(sw.flows).to.have.length(2);
    expect(simulation.controller.appSummaries()[0]!.isRunning).to.equal(false);
    await simulation.controller.startApp('app-a');
    await simulation.settle();
    expect(gotos()).to.deep.equal(['0>2']);
    expect(sw.flows).to.have.length(2);
    expect(a.calls).to.deep.equal(['start', 'switchUp', 'stop', 'start', 'switchUp']);
  });

  it('may decide by themselves what happens to packets that match nothing, before and after a pause', async () => {
    await start();
    a.hooks.switchUp = found => a.context.wanted(found).setFlow('miss', { tableId: 1, priority: 0 });
    await simulation.connect(sw);
    const misses = () => sw.flows.filter(flow => flow.tableId === 1).map(flow => flow.instructions.length);
    expect(misses()).to.deep.equal([0]);
    await simulation.controller.stopApp('app-a');
    await simulation.settle();
    expect(misses(), 'packets pass the app by').to.deep.equal([1]);
    await simulation.controller.startApp('app-a');
    await simulation.settle();
    expect(misses()).to.deep.equal([0]);
    expect(simulation.logged('app-failed')).to.deep.equal([]);
  });

  it('take no timers along when they stop', async () => {
    await start();
    const before = simulation.clock.pending;
    a.context.clock.every(5, () => undefined);
    a.context.clock.after(5000, () => undefined);
    await simulation.controller.stopApp('app-a');
    expect(simulation.clock.pending).to.equal(before);
  });

  it('refuse to be started or stopped under a name that nobody has', async () => {
    await start();
    const error = await simulation.controller.stopApp('nobody').catch(reason => reason);
    expect(error.code).to.equal('unknown-app');
  });

  it('answer the operator by name while they run', async () => {
    await start();
    const { controller } = simulation;
    expect(await controller.callApp('app-b', 'ask', [1])).to.deep.equal({
      by: 'app-b',
      call: 'ask',
      parameters: [1],
    });
    await controller.stopApp('app-b');
    for (const [instance, code] of [
      ['app-b', 'no-answer'],
      ['app-c', 'unknown-app'],
    ] as const) {
      const failure = await controller.callApp(instance, 'ask', null).catch((error: unknown) => error);
      expect(failure).to.have.property('code', code);
    }
  });

  it('leave a configuration change that does not concern them alone', async () => {
    await start();
    await simulation.connect(sw);
    sw.forget();
    const report = await simulation.controller.apply(
      await simulation.config('apps: [app-a, app-b]\ndiscovery: {enabled: false}'),
    );
    await simulation.settle();
    expect(report).to.deep.include({
      started: [],
      stopped: [],
      restarted: [],
      unchanged: ['app-a', 'app-b'],
    });
    expect(sw.changes).to.deep.equal([]);
    expect(a.calls).to.deep.equal(['start', 'switchUp']);
  });

  it('are started anew over their flows when their settings change: what stays right is not sent again', async () => {
    await start();
    a.hooks.switchUp = found => {
      const state = a.context.wanted(found);
      state.setFlow('same', punt(0, 1));
      state.setFlow(
        (a.context.config as { colour: string }).colour,
        punt(0, 2 + (state.owner.tables.size % 2)),
      );
      if ((a.context.config as { colour: string }).colour === 'blue') state.setFlow('more', punt(0, 3));
    };
    await simulation.connect(sw);
    sw.forget();
    const report = await simulation.controller.apply(
      await simulation.config('apps: [app-a: {colour: blue}, app-b]\ndiscovery: {enabled: false}'),
    );
    await simulation.settle();
    expect(report.restarted).to.deep.equal(['app-a']);
    expect(sw.changes).to.have.length(1);
    expect(sw.flows.map(flow => flow.match.inPort).sort()).to.deep.equal([1, 2, 3, undefined]);
  });

  it('that take short-lived flows one by one get them before they hear of a switch, and when they are started anew', async () => {
    await start();
    const connection = await simulation.connect(sw);
    const known = simulation.controller.connected.get('0000000000000001')!;
    for (const inPort of [7, 8]) {
      const cookie = a.context.shortLivedCookie(inPort);
      known.send({ type: 'flow-mod', cookie, tableId: 0, match: { inPort } });
    }
    known.send({ type: 'flow-mod', cookie: a.context.shortLivedCookie(), tableId: 2, match: { inPort: 9 } });
    await simulation.settle();
    a.hooks.survivor = (found, flow) => {
      expect(found).to.equal(known);
      a.calls.push(`survivor ${flow.match.inPort}`);
    };
    a.hooks.switchUp = (_found, survivors) => {
      a.calls.push(`kept ${survivors.map(flow => flow.match.inPort)}`);
    };
    a.calls.length = 0;
    await simulation.controller.apply(
      await simulation.config('apps: [app-a: {colour: blue}, app-b]\ndiscovery: {enabled: false}'),
    );
    await simulation.settle();
    expect(a.calls.slice(2)).to.deep.equal(['switchUp', 'kept ', 'survivor 7', 'survivor 8']);
    connection.cut();
    await simulation.settle();
    a.calls.length = 0;
    await simulation.connect(sw);
    expect(a.calls).to.deep.equal(['survivor 7', 'survivor 8', 'switchUp', 'kept 9']);
    expect(sw.flows.map(flow => flow.match.inPort).sort()).to.deep.equal([7, 8, undefined]);
  });

  it('take their flows along when they get other tables; short-lived ones of the old tables go', async () => {
    await start('apps: [app-b]\ndiscovery: {enabled: false}');
    b.hooks.switchUp = found => b.context.wanted(found).setFlow('punt', punt(b.context.table('t'), 1));
    await simulation.connect(sw);
    const cookie = b.context.shortLivedCookie();
    const known = simulation.controller.connected.get('0000000000000001')!;
    known.send({ type: 'flow-mod', cookie, tableId: 0, match: { inPort: 7 } });
    await simulation.settle();
    await simulation.controller.apply(
      await simulation.config('apps: [app-a, app-b]\ndiscovery: {enabled: false}'),
    );
    await simulation.settle();
    expect(sw.flows.map(flow => [flow.tableId, flow.match.inPort])).to.have.deep.members([
      [2, 1],
      [0, undefined],
    ]);
  });

  it('are removed with their flows when the configuration no longer lists them', async () => {
    await start();
    b.hooks.switchUp = found => b.context.wanted(found).setFlow('punt', punt(2, 1));
    await simulation.connect(sw);
    const report = await simulation.controller.apply(
      await simulation.config('apps: [app-a]\ndiscovery: {enabled: false}'),
    );
    await simulation.settle();
    expect(report).to.deep.include({ stopped: ['app-b'], restarted: ['app-a'] });
    expect(sw.flows).to.deep.equal([]);
    expect(b.calls.at(-1)).to.equal('stop');
  });

  it("share a controller that names each flow's owner", async () => {
    await start();
    expect(simulation.controller.ownerName(a.context.cookie(5))).to.equal('app-a');
    expect(simulation.controller.ownerName(b.context.shortLivedCookie())).to.equal('app-b');
    expect(simulation.controller.ownerName(0xc10a_0000_0000_0000n)).to.equal('host');
    expect(simulation.controller.ownerName(5n)).to.equal(undefined);
  });
});

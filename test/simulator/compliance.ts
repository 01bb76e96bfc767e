import { readFile } from 'node:fs/promises';
import { expect } from 'chai';
import fc from 'fast-check';
import { type AppDefinition, parseConfig } from '../../controller/host/index.js';
import { encodeToBytes, toJson } from '../../controller/openflow/index.js';
import { buildFrame } from '../../controller/packet/index.js';
import { cookieOf, ownerNumber, ownerOfCookie } from '../../controller/switch/index.js';
import { SimulatedSwitch } from './simulated-switch.js';
import { Simulation } from './simulation.js';

export interface ComplianceOptions {
  /** The app's own settings as YAML, where it needs any. */
  settings?: string;
  /** The app's README. */
  readme: URL;
  /** All apps that the examples may name. */
  builtIn: readonly AppDefinition[];
}

const README_SECTIONS = ['Description', 'Syntax', 'Examples', 'Metrics', 'Limits'];
const METRIC_NAME = /^cloakflow_[a-z]+(_[a-z0-9]+)*$/;

/** What every app promises, whatever it does. Call it inside no other `describe`. */
export function describeCompliance(app: AppDefinition, options: ComplianceOptions): void {
  const { settings = '{}', readme, builtIn } = options;

  describe(`the app ${app.name}, like every app,`, () => {
    let simulation: Simulation;
    let sw: SimulatedSwitch;
    const owner = ownerNumber(app.name);
    const config = `{apps: [{${app.name}: ${settings}}], discovery: {hold: 0.1}}`;

    beforeEach(async () => {
      simulation = await Simulation.start({ config, apps: builtIn.includes(app) ? [] : [app] });
      sw = new SimulatedSwitch({ datapathId: 1n, ports: [1, 2, 3] });
    });
    afterEach(() => simulation.stop());

    const join = async () => {
      const connection = await simulation.connect(sw);
      await simulation.pass(200);
      return connection;
    };
    const ownFlows = () => sw.flows.filter(flow => ownerOfCookie(flow.cookie) === owner);
    const noFailures = () =>
      expect(simulation.logged('app-failed'), 'errors that left the app').to.deep.equal([]);
    const summary = () => simulation.controller.appSummaries()[0]!;

    it('states flows only in its own tables, under its own cookies, and all of them are accepted', async () => {
      await join();
      const tables = [...summary().tables.values()];
      for (const flow of sw.flows) {
        const name = simulation.controller.ownerName(flow.cookie);
        expect(name).to.be.oneOf(['host', app.name]);
        if (name === app.name) expect(flow.tableId).to.be.oneOf(tables);
      }
      expect(simulation.logged('flow-refused')).to.deep.equal([]);
      noFailures();
    });

    it('sends nothing to a switch that comes back as it was', async () => {
      const connection = await join();
      connection.cut();
      await simulation.settle();
      sw.forget();
      await join();
      expect(sw.changes).to.deep.equal([]);
      noFailures();
    });

    it('finds its flows right after a restart of the controller', async () => {
      await join();
      await simulation.stop();
      simulation = await Simulation.start({ config, apps: builtIn.includes(app) ? [] : [app] });
      sw.forget();
      await join();
      expect(sw.changes).to.deep.equal([]);
      noFailures();
    });

    it('leaves nothing behind when it is stopped: no flow, no timer, no metric', async () => {
      await join();
      await simulation.controller.stopApp(app.name);
      await simulation.settle();
      expect(ownFlows()).to.deep.equal([]);
      expect(sw.groups.size + sw.meters.size).to.equal(0);
      const without = await Simulation.start({ config: '{apps: [], discovery: {hold: 0.1}}' });
      expect(simulation.clock.pending).to.equal(without.clock.pending);
      await without.stop();
      expect(await simulation.controller.metricsText()).not.to.include(prefixOf(app));
      noFailures();
    });

    it('can be stopped and started again, and is as before then', async () => {
      await join();
      const before = forms(ownFlows());
      await simulation.controller.stopApp(app.name);
      await simulation.controller.startApp(app.name);
      await simulation.settle();
      expect(forms(ownFlows())).to.deep.equal(before);
      noFailures();
    });

    it('puts up with packet-ins of any content', async () => {
      await join();
      await fc.assert(
        fc.asyncProperty(packets, async ({ frame, inPort, own, bufferId }) => {
          sw.tell({
            type: 'packet-in',
            bufferId,
            totalLen: frame.length,
            reason: 'action',
            tableId: 0,
            cookie: cookieOf(owner) | BigInt(own),
            match: { inPort },
            data: frame,
          });
          await simulation.settle();
        }),
        { numRuns: 200 },
      );
      noFailures();
      expect(summary().packetIns).to.be.at.least(200);
    });

    it('answers packet-ins by valid messages under its own cookies only', async () => {
      await join();
      sw.forget();
      for (const frame of conversation()) {
        for (const inPort of [1, 2]) {
          sw.tell({
            type: 'packet-in',
            totalLen: frame.length,
            reason: 'action',
            cookie: cookieOf(owner),
            match: { inPort },
            data: frame,
          });
        }
      }
      await simulation.settle();
      for (const message of sw.changes) {
        encodeToBytes(message);
        if (message.type === 'flow-mod') expect(ownerOfCookie(message.cookie)).to.equal(owner);
      }
      expect(simulation.logged('switch-error')).to.deep.equal([]);
      noFailures();
    });

    it('puts up with ports that come and go', async () => {
      await join();
      sw.setPort(1, false);
      sw.removePort(2);
      sw.setPort(2, true);
      sw.setPort(7, true);
      await simulation.pass(200);
      sw.setPort(1, true);
      await simulation.pass(200);
      noFailures();
    });

    it('refuses settings that it does not know', () => {
      const result = app.config.safeParse({ 'no such setting': 1 });
      expect(result.success).to.equal(false);
    });

    it('names its metrics as all metrics are named, and its README tells each', async () => {
      const text = await readFile(readme, 'utf8');
      const metrics = await simulation.controller.metrics.registry.getMetricsAsJSON();
      const own = metrics.filter(({ name }) => name.startsWith(prefixOf(app)));
      expect(own).not.to.have.length(0);
      for (const { name, help, type } of own) {
        expect(name).to.match(METRIC_NAME);
        expect(name.endsWith('_total'), name).to.equal(String(type) === 'counter');
        expect(help, name).to.match(/^[A-Z].*\.$/);
        expect(text).to.include(`\`${name}\``);
      }
    });

    it('has a README with all sections, whose every example is a configuration', async () => {
      const text = await readFile(readme, 'utf8');
      expect(text).to.match(new RegExp(`^# ${app.name}\n`));
      const headings = [...text.matchAll(/^## (.*)$/gm)].map(match => match[1]);
      expect(headings).to.deep.equal(README_SECTIONS);
      const examples = [...text.matchAll(/^```yaml\n(.*?)^```$/gms)].map(match => match[1]!);
      expect(examples).not.to.have.length(0);
      for (const example of examples) {
        const parsed = await parseConfig(example, { builtIn: [...builtIn, app] });
        expect(parsed.apps.map(({ definition }) => definition.name)).to.include(app.name);
      }
    });

    it('has a summary of one line', () => {
      expect(app.summary).to.match(/^[A-Z].{5,90}\.$/);
    });
  });
}

const packets = fc.record({
  frame: fc.oneof(
    fc.uint8Array({ maxLength: 80 }),
    fc.uint8Array({ minLength: 14, maxLength: 80 }).map(bytes => {
      bytes[12] = 0x81;
      bytes[13] = 0;
      return bytes;
    }),
  ),
  inPort: fc.constantFrom(0, 1, 2, 3, 99, 0xffff_fffe, 0xffff_ffff),
  own: fc.integer({ min: 0, max: 0xffff_ffff }),
  bufferId: fc.constantFrom(0xffff_ffff, 0, 77),
});

/** Frames that two stations exchange. */
function conversation(): Uint8Array[] {
  const [one, two] = [0x0200_0000_0001, 0x0200_0000_0002];
  const frame = (source: number, destination: number) =>
    buildFrame([
      { type: 'ethernet', source, destination, etherType: 0x0800 },
      { type: 'payload', data: new Uint8Array(46) },
    ]);
  return [frame(one, 0xffff_ffff_ffff), frame(two, one), frame(one, two)];
}

function prefixOf(app: AppDefinition): string {
  return `cloakflow_${app.name.replaceAll('-', '_')}_`;
}

/** Flows without what time does to them. */
function forms(flows: SimulatedSwitch['flows']): string[] {
  return flows
    .map(({ tableId, priority, match, instructions, cookie }) =>
      JSON.stringify(toJson({ tableId, priority, match, instructions, cookie })),
    )
    .sort();
}

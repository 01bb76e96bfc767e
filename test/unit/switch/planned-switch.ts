import { z } from 'zod';
import { type AppInstance, defineApp } from '../../../controller/host/index.js';
import { type DecodedFlowMod, decode, encodeToBytes } from '../../../controller/openflow/index.js';
import {
  ownerNumber,
  type Refusal,
  type Switch,
  type WantedFlow,
  type WantedState,
} from '../../../controller/switch/index.js';
import { SimulatedSwitch } from '../../simulator/simulated-switch.js';
import { Simulation } from '../../simulator/simulation.js';

export const OWNER = ownerNumber('planner');
export const drop = (inPort: number, more: Partial<WantedFlow> = {}): WantedFlow => ({
  tableId: 0,
  match: { inPort },
  ...more,
});
export const output = (port: number): Partial<WantedFlow> => ({
  instructions: [{ type: 'apply-actions', actions: [{ type: 'output', port }] }],
});

/** An app that states what the test tells it. */
export class Planner implements AppInstance {
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

/** A simulated switch and the app that states its flows; stop `simulation` in the end. */
export class PlannedSwitch {
  readonly simulation: Simulation;
  readonly planner: Planner;
  readonly sw: SimulatedSwitch;

  private constructor(simulation: Simulation, planner: Planner, sw: SimulatedSwitch) {
    this.simulation = simulation;
    this.planner = planner;
    this.sw = sw;
  }

  static async start(
    options: { foreignFlows?: string; bundles?: boolean; before?: (planner: Planner) => void } = {},
  ): Promise<PlannedSwitch> {
    let planner: Planner | undefined;
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
    const simulation = await Simulation.start({
      config: `{apps: [planner], discovery: {enabled: false}, foreignFlows: ${foreign}}`,
      apps: [app],
    });
    const sw = new SimulatedSwitch({ datapathId: 1n, ports: [1, 2, 3], bundles: options.bundles ?? true });
    return new PlannedSwitch(simulation, planner!, sw);
  }

  /** A flow that the switch has before it connects. */
  preset(cookie: bigint, inPort: number, more: Partial<DecodedFlowMod> = {}): void {
    const flow = encodeToBytes({ type: 'flow-mod', cookie, match: { inPort } });
    this.sw.tables.apply({ ...(decode(flow) as DecodedFlowMod), ...more });
  }

  commands() {
    return this.sw.changes.map(message => (message as { command?: string }).command);
  }

  inPorts() {
    return this.sw.flows.map(flow => flow.match.inPort);
  }
}

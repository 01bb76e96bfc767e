import { type Logger, pino } from 'pino';
import { builtInApps } from '../../apps/index.js';
import { type AppDefinition, type Config, Controller, parseConfig } from '../../controller/host/index.js';
import { Session, type SessionError } from '../../controller/session/index.js';
import { ManualClock } from './manual-clock.js';
import type { SimulatedSwitch } from './simulated-switch.js';

export interface SimulationOptions {
  /** YAML of the configuration; endpoints are left out whatever it says. */
  config?: string;
  /** Apps besides the built-in ones; one of the same name takes the place of a built-in one. */
  apps?: readonly AppDefinition[];
}

/** Turns of the event loop after which nothing is expected to happen any more. */
const MANY_TURNS = 2000;

/** A controller, simulated switches and a clock that stands still, in one process and without sockets. */
export class Simulation {
  readonly controller: Controller;
  readonly clock: ManualClock;
  /** Records of the log. */
  readonly log: Record<string, unknown>[];
  private readonly links = new Set<SimulatedConnection>();
  private readonly builtIn: readonly AppDefinition[];

  private constructor(
    controller: Controller,
    clock: ManualClock,
    log: Record<string, unknown>[],
    builtIn: readonly AppDefinition[],
  ) {
    this.controller = controller;
    this.clock = clock;
    this.log = log;
    this.builtIn = builtIn;
  }

  static async start(options: SimulationOptions = {}): Promise<Simulation> {
    const { config: text = 'apps: [learning-switch]', apps = [] } = options;
    const clock = new ManualClock();
    const builtIn = [...apps, ...builtInApps];
    const log: Record<string, unknown>[] = [];
    const config = await offline(text, builtIn);
    const controller = await Controller.start({ config, builtIn, logger: recorder(log), clock });
    return new Simulation(controller, clock, log, builtIn);
  }

  /** A configuration for `controller.apply`. */
  config(text: string): Promise<Config> {
    return offline(text, this.builtIn);
  }

  /** Connects a switch, and waits until the controller is done with it. */
  async connect(sw: SimulatedSwitch): Promise<SimulatedConnection> {
    const connection = new SimulatedConnection(this.controller, sw, this.clock);
    this.links.add(connection);
    await this.settle();
    return connection;
  }

  /** Waits until nothing happens any more at this moment of the clock. */
  async settle(): Promise<void> {
    for (let quiet = 0, turns = 0; quiet < 3; turns++) {
      if (turns > MANY_TURNS) throw new Error('the simulation does not come to rest');
      let isBusy = false;
      for (const link of this.links) isBusy = link.pump() || isBusy;
      await new Promise(resolve => setImmediate(resolve));
      quiet = isBusy ? 0 : quiet + 1;
    }
  }

  /** Lets time pass; everything that a timer sets off happens before the next one. */
  async pass(milliseconds: number): Promise<void> {
    const limit = this.clock.now() + milliseconds;
    while (this.clock.step(limit)) {
      for (const link of this.links) link.tick();
      await this.settle();
    }
    for (const link of this.links) link.tick();
    await this.settle();
  }

  /** Messages of the log with that id. */
  logged(id: string): Record<string, unknown>[] {
    return this.log.filter(record => record.id === id);
  }

  async stop(): Promise<void> {
    await this.controller.stop();
  }
}

/** One connection between a simulated switch and a controller. */
export class SimulatedConnection {
  readonly session: Session;
  closedBy: SessionError | undefined;
  private readonly sw: SimulatedSwitch;
  private readonly clock: ManualClock;
  private readonly toController: Uint8Array[] = [];

  constructor(controller: Controller, sw: SimulatedSwitch, clock: ManualClock) {
    this.sw = sw;
    this.clock = clock;
    const handler = controller.accept('simulated:');
    this.session = new Session(
      {
        ready: session => handler.ready(session),
        packetIn: (session, view) => handler.packetIn(session, view),
        message: (session, message) => handler.message(session, message),
        closed: (session, reason) => {
          this.closedBy = reason;
          if (this.sw.send === this.send) this.sw.send = undefined;
          handler.closed(session, reason);
        },
        output: () => undefined,
      },
      {},
      clock.now(),
    );
    sw.send = this.send;
  }

  /** Moves bytes in both directions. Returns whether there were any. */
  pump(): boolean {
    this.session.tick(this.clock.now());
    const writer = this.session.takeOutput();
    if (writer !== undefined && this.sw.send === this.send) this.sw.receive(writer.buf.slice(0, writer.pos));
    const bytes = this.toController.shift();
    if (bytes !== undefined) this.session.receive(bytes, 0, bytes.length, this.clock.now());
    return writer !== undefined || bytes !== undefined;
  }

  tick(): void {
    this.session.tick(this.clock.now());
  }

  /** The switch hangs up. */
  cut(): void {
    this.session.close();
  }

  private readonly send = (bytes: Uint8Array) => {
    this.toController.push(bytes);
  };
}

async function offline(text: string, builtIn: readonly AppDefinition[]): Promise<Config> {
  return { ...(await parseConfig(text, { builtIn })), listen: [], connect: [] };
}

function recorder(records: Record<string, unknown>[]): Logger {
  return pino({ level: 'debug' }, { write: line => records.push(JSON.parse(line)) });
}

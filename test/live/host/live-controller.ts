import { pino } from 'pino';
import { builtInApps } from '../../../apps/index.js';
import { type AppDefinition, Controller, parseConfig } from '../../../controller/host/index.js';
import { type OvsSandbox, until } from '../../../mininet/driver/index.js';

export interface LiveController {
  controller: Controller;
  log: Record<string, unknown>[];
  /** Waits for the next `count` switches to be connected and compared, and returns what was sent to each. */
  compared(count?: number): Promise<Record<string, unknown>[]>;
  stop(): Promise<void>;
}

/** A controller of this process that the sandbox's bridges find. `config` leaves `listen` out. */
export async function startController(
  sandbox: OvsSandbox,
  bridges: readonly string[],
  config: string,
  apps: readonly AppDefinition[] = [],
): Promise<LiveController> {
  const builtIn = [...builtInApps, ...apps];
  const log: Record<string, unknown>[] = [];
  const targets = bridges.map(bridge => sandbox.controllerSocket(bridge));
  const listen = targets.map(target => `p${target}`);
  const parsed = { ...(await parseConfig(config, { builtIn })), listen };
  const logger = pino({ level: 'debug' }, { write: line => log.push(JSON.parse(line)) });
  const controller = await sandbox.meet(targets, () => Controller.start({ config: parsed, builtIn, logger }));
  let seen = 0;
  return {
    controller,
    log,
    async compared(count = 1) {
      const all = () => log.filter(({ id }) => id === 'switch-connected');
      await until('the switches are connected', () => all().length >= seen + count, { timeout: 60_000 });
      const records = all().slice(seen, seen + count);
      seen += count;
      return records;
    },
    stop: () => controller.stop(),
  };
}

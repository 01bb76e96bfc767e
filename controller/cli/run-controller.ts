import { endpointOf, scheduleAsBatch } from '../host/index.js';
import { type Invocation, write } from './invocation.js';
import { controllerLogger, type LogLevel } from './logger.js';
import { adminPathFor, configFor, type RunningController, startController } from './running-controller.js';
import { untilSignal } from './signals.js';

export interface RunOptions {
  listen?: string[];
  connect?: string[];
  app?: string[];
  admin?: string;
  logLevel?: LogLevel;
  json?: boolean;
}

/** `cloakflow run`: ends when a signal says so. */
export async function runController(
  file: string | undefined,
  options: RunOptions,
  invocation: Invocation,
): Promise<void> {
  const { listen, connect, app: apps } = options;
  const overrides = {
    ...(listen === undefined ? {} : { listen }),
    ...(connect === undefined ? {} : { connect }),
    ...(apps === undefined ? {} : { apps }),
  };
  const reread = () => configFor(file, overrides);
  const config = await reread();
  const { logger, flush } = controllerLogger(options.logLevel ?? config.log.level, invocation);
  let running: RunningController | undefined;
  // What goes wrong is in the log.
  const reload = () => void running?.controller.reload().catch(() => {});
  const signal = untilSignal(flush, file === undefined ? undefined : reload);
  invocation.outlivesReader = true;
  try {
    await scheduleAsBatch();
    running = await startController(config, adminPathFor(options.admin, config, invocation.env), logger, {
      ...(file === undefined ? {} : { reread }),
    });
    try {
      await write(
        invocation.stdout,
        readyLine(
          running,
          config.connect.map(entry => endpointOf(entry).text),
          options.json === true,
        ),
      );
      await signal.ended;
    } finally {
      await running.stop();
    }
  } finally {
    signal.dispose();
    flush();
  }
}

function readyLine(
  { controller, admin }: RunningController,
  connect: readonly string[],
  json: boolean,
): string {
  const apps = controller.appSummaries().map(app => app.instance);
  const listen = controller.listening;
  if (json) return `${JSON.stringify({ ready: true, listen, connect, apps, admin: admin?.path })}\n`;
  const parts = [
    listen.length > 0 ? `listening on ${listen.join(' ')}` : '',
    connect.length > 0 ? `connecting to ${connect.join(' ')}` : '',
    apps.length > 0 ? `apps ${apps.join(' ')}` : 'no apps',
    `admin socket ${admin?.path}`,
  ];
  return `ready: ${parts.filter(part => part !== '').join(', ')}\n`;
}

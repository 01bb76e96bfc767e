import { dirname, resolve } from 'node:path';
import type { Logger } from 'pino';
import { builtInApps } from '../../apps/index.js';
import { defaultAdminPath } from '../api/admin-path.js';
import { type AdminServer, startAdminServer } from '../api/admin-server.js';
import { hostBackend } from '../api/host-backend.js';
import { type Config, ConfigError, Controller, loadConfig, parseConfig } from '../host/index.js';

/** What the command line puts in the place of parts of the configuration. */
export interface Overrides {
  listen?: readonly string[];
  connect?: readonly string[];
  apps?: readonly string[];
}

/**
 * The configuration of a file, or the default one, with the overrides applied. Endpoints given by any of the
 * two options replace all endpoints of the configuration. Throws ConfigError.
 */
export async function configFor(file: string | undefined, overrides: Overrides = {}): Promise<Config> {
  const { listen, connect, apps } = overrides;
  const endpoints = listen !== undefined || connect !== undefined;
  const config = await loadConfig(file, builtInApps);
  if (!endpoints && apps === undefined) return config;
  // Checked as a configuration of its own, so that a fault is told in the same words. JSON is YAML.
  const text = JSON.stringify({
    ...(endpoints ? { listen: listen ?? [], connect: connect ?? [], tls: config.tls } : {}),
    apps: apps ?? [],
  });
  const given = await parseConfig(text, { builtIn: builtInApps }).catch(error => {
    throw error instanceof ConfigError ? ofOptions(error, overrides) : error;
  });
  return {
    ...config,
    ...(endpoints ? { listen: given.listen, connect: given.connect } : {}),
    ...(apps === undefined ? {} : { apps: given.apps }),
  };
}

/** The same faults, which name the options instead of places in a file. */
function ofOptions({ problems, cause }: ConfigError, { apps = [] }: Overrides): ConfigError {
  const named = problems.map(({ line: _, column: __, path: [key, index, ...rest], ...problem }) => ({
    ...problem,
    path: key === 'apps' ? [`--app ${apps[index as number]}`, ...rest] : [`--${key}`],
  }));
  return new ConfigError(undefined, named, cause);
}

/** Path of the admin socket: the option, CLOAKFLOW_ADMIN, the configuration (from its file's folder), the usual one. */
export function adminPathFor(option: string | undefined, config: Config, env: NodeJS.ProcessEnv): string {
  if (option !== undefined) return resolve(option);
  if (env.CLOAKFLOW_ADMIN || config.admin === undefined) return defaultAdminPath(env);
  return resolve(config.file === undefined ? '.' : dirname(config.file), config.admin);
}

/** A controller, perhaps with an admin socket. */
export interface RunningController {
  readonly controller: Controller;
  readonly admin: AdminServer | undefined;
  stop(): Promise<void>;
}

/** Starts both, or neither; no admin socket without a path. Throws ConfigError, TransportError, AdminError, or what an app threw. */
export async function startController(
  config: Config,
  adminPath: string | undefined,
  logger: Logger,
  options: { reread?: () => Promise<Config> } = {},
): Promise<RunningController> {
  const controller = await Controller.start({
    config,
    builtIn: builtInApps,
    logger,
    processMetrics: true,
    ...options,
  });
  try {
    const admin =
      adminPath === undefined ? undefined : await startAdminServer(adminPath, hostBackend(controller));
    return {
      controller,
      admin,
      async stop() {
        await admin?.close();
        await controller.stop();
      },
    };
  } catch (error) {
    await controller.stop();
    throw error;
  }
}

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hostBackend } from '../../api/host-backend.js';
import type { FlowReport } from '../../api/reports.js';
import type { Invocation } from '../invocation.js';
import { controllerLogger } from '../logger.js';
import { configFor, type RunningController, startController } from '../running-controller.js';
import type { EmulateOptions } from './emulate-options.js';

/** The controller of an emulation: in this process, on a unix socket in a folder of its own. */
export interface OwnController {
  /** What the switches get as their controller. */
  readonly endpoint: string;
  /** How many switches are connected and know which of their ports lead to other switches. */
  settledSwitches(): number;
  flows(datapathId: string, signal: AbortSignal): Promise<readonly FlowReport[]>;
  stop(): Promise<void>;
}

/** Throws ConfigError, AdminError. */
export async function startOwnController(
  options: EmulateOptions,
  invocation: Invocation,
): Promise<OwnController> {
  const apps = options.app ?? (options.config === undefined ? ['learning-switch'] : undefined);
  const folder = await mkdtemp(join(tmpdir(), 'cloakflow-emulate-'));
  const socket = join(folder, 'controller.sock');
  let running: RunningController | undefined;
  const stop = async () => {
    await running?.stop();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const overrides = { listen: [`punix:${socket}`], ...(apps === undefined ? {} : { apps }) };
    const config = await configFor(options.config, overrides);
    // What a shell's user should see is what went wrong, not that switches came and went.
    const { logger } = controllerLogger('error', invocation);
    running = await startController(config, options.admin, logger);
  } catch (error) {
    await stop();
    throw error;
  }
  const { controller } = running;
  const backend = hostBackend(controller);
  return {
    endpoint: `unix:${socket}`,
    settledSwitches: () =>
      [...controller.connected.values()].filter(sw => controller.discovery.isSettled(sw)).length,
    flows: (datapathId, signal) => backend.flows(datapathId, signal, true),
    stop,
  };
}

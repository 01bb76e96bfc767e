import { constants as flags } from 'node:fs';
import { mkdir, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CodedError } from '../../../../controller/coded-error.js';
import { CapabilityFolder } from '../capabilities/capability-folder.js';
import { HandoffProgram } from '../kernel/handoff-program.js';
import { COOKIE_HINDRANCES, cookieHindrances } from '../kernel/kernel-features.js';
import { Restorer } from '../repair/restorer.js';
import { TenantError } from '../tenant-error.js';
import { NginxBlocks } from '../web-server/nginx-blocks.js';
import { PseudonymFolder } from '../web-server/pseudonym-folder.js';
import type { WebServer } from '../web-server/web-server.js';
import { removeParts } from '../web-server/write-whole.js';
import { Agent } from './agent.js';
import type { AgentConfig } from './config.js';
import { ControllerLink } from './controller-link.js';
import { HelperProcess } from './helper-process.js';
import { dropPrivileges, lookUp, type RunAs, refuseCapabilities } from './privileges.js';

/** What an operator may want to know; none of it names a pseudonym or a client. */
export type AgentLog = (
  event: 'strategies' | 'cookie-hindered' | 'repair-hindered' | 'connected' | 'disconnected',
  fields: Readonly<Record<string, unknown>>,
) => void;

export interface RunningAgent {
  readonly strategies: readonly string[];
  /** Rejects with TenantError `helper-failed` when a child is gone that the agent cannot start again. */
  readonly lost: Promise<never>;
  stop(): void;
}

/**
 * Does what needs rights, gives them up, and connects to the controller. The BPF program stays when the agent ends.
 *
 * @throws TenantError
 */
export async function startAgent(config: AgentConfig, log: AgentLog): Promise<RunningAgent> {
  refuseCapabilities();
  const runAs = lookUp(config.user, config.group);
  const credentials = await readCredentials(config);
  // What is done there as root, the agent's user must not lead elsewhere; its own is the folder of the helper's socket.
  await makeFolder(config.runFolder, ROOT, 0o755);
  await makeFolder(join(config.runFolder, REPAIR_FOLDER), runAs, 0o755);
  await makeFolder(config.webServer.folder, runAs, 0o2750);
  const { folder, group } = config.capabilities ?? { folder: config.webServer.folder };
  if (config.capabilities !== undefined) {
    await makeFolder(folder, group === undefined ? runAs : lookUp(config.user, group), 0o2750);
  }
  const helpers: HelperProcess[] = [];
  try {
    const { program, hindrances } = await startCookie(config, runAs, log);
    const restorer = await startRepair(config, runAs, helpers, log);
    const capabilities = new CapabilityFolder(folder);
    const webServer = startWebServer(config, helpers, capabilities);
    dropPrivileges(runAs);
    for (const written of new Set([config.webServer.folder, folder])) await removeParts(written);
    if (webServer instanceof NginxBlocks) void webServer.catchUp();
    const agent = new Agent({
      webServer,
      capabilities,
      program,
      restorer,
      hindrances,
    });
    const { strategies } = agent.hello();
    log('strategies', { strategies });
    const link = new ControllerLink({
      ...config.controller,
      ...credentials,
      hello: async () => agent.hello(),
      inventory: () => agent.inventory(),
      handle: message => agent.handle(message),
      onConnected: () => log('connected', {}),
      onDisconnected: reason => log('disconnected', { reason }),
    });
    const lost = Promise.race([forever(), ...helpers.map(helper => helper.lost)]);
    lost.catch(() => {});
    return {
      strategies,
      lost,
      stop() {
        link.close();
        restorer?.close();
        for (const helper of helpers) helper.close();
      },
    };
  } catch (error) {
    for (const helper of helpers) helper.close();
    throw error;
  }
}

const ROOT: RunAs = { uid: 0, gid: 0, readers: 0 };
const REPAIR_FOLDER = 'repair';
const forever = () => new Promise<never>(() => {});

async function startCookie(
  config: AgentConfig,
  owner: RunAs,
  log: AgentLog,
): Promise<{ program: HandoffProgram | undefined; hindrances: string[] }> {
  if (!config.strategies.includes('cookie')) return { program: undefined, hindrances: ['switched-off'] };
  const object = join(config.native, 'handoff.bpf.o');
  const hindrances: string[] = await cookieHindrances(object, config.port);
  let program: HandoffProgram | undefined;
  if (hindrances.length === 0) {
    try {
      program = await HandoffProgram.load({
        interface: config.interface,
        object,
        runFolder: config.runFolder,
        owner,
      });
    } catch (error) {
      if (!(error instanceof CodedError)) throw error;
      hindrances.push('load-failed');
      log('cookie-hindered', { reason: error.message });
    }
  }
  for (const hindrance of hindrances)
    log('cookie-hindered', {
      hindrance,
      text: COOKIE_HINDRANCES[hindrance as keyof typeof COOKIE_HINDRANCES],
    });
  return { program, hindrances };
}

async function startRepair(
  config: AgentConfig,
  runAs: RunAs,
  helpers: HelperProcess[],
  log: AgentLog,
): Promise<Restorer | undefined> {
  const { handoffSocket: deliver, port } = config;
  if (deliver === undefined || !config.strategies.includes('repair')) return undefined;
  const socket = join(config.runFolder, REPAIR_FOLDER, 'tcp-repair.sock');
  try {
    helpers.push(
      await HelperProcess.repair(join(config.native, 'tcp-repair'), { socket, deliver, port }, runAs),
    );
    return new Restorer(socket);
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
    log('repair-hindered', { reason: error.message });
    return undefined;
  }
}

function startWebServer(
  { webServer }: AgentConfig,
  helpers: HelperProcess[],
  capabilities: CapabilityFolder,
): WebServer {
  if (webServer.kind === 'folder') return new PseudonymFolder(webServer.folder);
  const reloader = HelperProcess.command(webServer.reload);
  helpers.push(reloader);
  const { folder, site, probe, web: kind } = webServer;
  const web = { kind, capabilityOf: (name: string) => capabilities.read(name) };
  return new NginxBlocks({ folder, site, ...probe, web, reload: () => reloader.run() });
}

async function makeFolder(folder: string, { uid, readers }: RunAs, mode: number): Promise<void> {
  await mkdir(folder, { recursive: true });
  if (process.getuid!() !== 0) return;
  const handle = await open(folder, flags.O_RDONLY | flags.O_DIRECTORY | flags.O_NOFOLLOW).catch(() => {
    throw new TenantError('bad-configuration', `${folder} is no folder`, {
      mend: 'Where it is a link, name the folder itself.',
    });
  });
  try {
    await handle.chown(uid, readers);
    await handle.chmod(mode);
  } finally {
    await handle.close();
  }
}

async function readCredentials({ credentials }: AgentConfig) {
  try {
    const [certificatePem, keyPem, authorityPem] = await Promise.all(
      [credentials.certificate, credentials.key, credentials.authority].map(file => readFile(file, 'utf8')),
    );
    return { certificatePem: certificatePem!, keyPem: keyPem!, authorityPem: authorityPem! };
  } catch {
    throw new TenantError('bad-configuration', 'the files of `credentials` cannot be read', {
      mend: 'Make them with `cloakflow tenant enrol` beside the controller, and copy them here.',
    });
  }
}

import { mkdtemp, rm } from 'node:fs/promises';
import { connect as connectPlain, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type TLSSocket } from 'node:tls';
import { drawCapability } from '../../../../apps/popsicl/capability.js';
import type { Pseudonym, ServerMaterial } from '../../../../apps/popsicl/model.js';
import { Agent } from '../../../../apps/popsicl/tenant/agent/agent.js';
import { ControllerLink } from '../../../../apps/popsicl/tenant/agent/controller-link.js';
import { CapabilityFolder } from '../../../../apps/popsicl/tenant/capabilities/capability-folder.js';
import {
  CONTROLLER_NAME,
  type Credentials,
  createControlAuthority,
  issueAgent,
  issueController,
} from '../../../../apps/popsicl/tenant/channel/control-authority.js';
import {
  type ChannelEvent,
  TenantChannel,
  type TenantChannelOptions,
} from '../../../../apps/popsicl/tenant/channel/tenant-channel.js';
import type { HandoffProgram } from '../../../../apps/popsicl/tenant/kernel/handoff-program.js';
import type { Restorer } from '../../../../apps/popsicl/tenant/repair/restorer.js';
import type { WebServer } from '../../../../apps/popsicl/tenant/web-server/web-server.js';
import { Backoff } from '../../../../controller/transport/backoff.js';
import { until } from '../../../../mininet/driver/until.js';

export const DOMAIN = 'shop.example';
export const NAME = 'abc.popsicls.example';
export const MATERIAL: ServerMaterial = { name: NAME, certificatePem: 'c', keyPem: 'k', anchorPem: 'a' };
export const PSEUDONYM = { name: NAME, tenant: DOMAIN, capability: drawCapability() } as Pseudonym;

export const HELLO = { version: 2, strategies: [], hindrances: [] };

/** Channels and agents of one cloud, with certificates of their own. */
export class ChannelWorld {
  readonly authority: Credentials;
  readonly controller: Credentials;
  /** Of the agent of `DOMAIN`. */
  readonly credentials: Credentials;
  private readonly folder: string;
  private readonly open: (() => unknown)[] = [];

  private constructor(
    folder: string,
    authority: Credentials,
    controller: Credentials,
    credentials: Credentials,
  ) {
    this.folder = folder;
    this.authority = authority;
    this.controller = controller;
    this.credentials = credentials;
  }

  static async make(): Promise<ChannelWorld> {
    const folder = await mkdtemp(join(tmpdir(), 'cloakflow-channel-'));
    const authority = await createControlAuthority(Date.now());
    const controller = await issueController(authority, Date.now());
    return new ChannelWorld(folder, authority, controller, await issueAgent(authority, DOMAIN, Date.now()));
  }

  async listen(options: Partial<TenantChannelOptions> = {}) {
    const events: ChannelEvent[] = [];
    const channel = await TenantChannel.listen({
      host: '127.0.0.1',
      port: 0,
      ...this.controller,
      authorityPem: this.authority.certificatePem,
      isTenant: domain => domain === DOMAIN,
      onEvent: event => events.push(event),
      ...options,
    });
    this.open.push(() => channel.close());
    return { channel, events };
  }

  start(
    port: number,
    shelf: WebServer,
    parts: { program?: unknown; restorer?: unknown } = {},
    own = this.credentials,
    backoff = new Backoff(5, 20),
  ) {
    const agent = new Agent({
      capabilities: new CapabilityFolder(this.folder),
      webServer: shelf,
      program: parts.program as HandoffProgram | undefined,
      restorer: parts.restorer as Restorer | undefined,
      hindrances: parts.program ? [] : ['no-btf'],
    });
    const reasons: string[] = [];
    const link = new ControllerLink({
      host: '127.0.0.1',
      port,
      ...own,
      authorityPem: this.authority.certificatePem,
      hello: async () => agent.hello(),
      inventory: () => agent.inventory(),
      handle: message => agent.handle(message),
      onDisconnected: reason => reasons.push(reason),
      backoff,
    });
    this.open.push(() => link.close());
    return { link, reasons };
  }

  connected(channel: TenantChannel): Promise<unknown> {
    return until('an agent', () => channel.connected.length > 0);
  }

  /** A connection to the channel over which a test writes what it likes. */
  rawAgent(port: number, own: Credentials | undefined, over?: Socket): TLSSocket {
    const socket = connect({
      ...(over === undefined ? { host: '127.0.0.1', port } : { socket: over }),
      servername: CONTROLLER_NAME,
      ca: this.authority.certificatePem,
      ...(own ? { cert: own.certificatePem, key: own.keyPem } : {}),
    });
    this.open.push(() => socket.destroy());
    return socket;
  }

  /** Connections to the channel that say nothing, from an address of this machine. Resolves when they are there. */
  async silent(port: number, count: number, localAddress: string): Promise<Socket[]> {
    const sockets = Array.from({ length: count }, () =>
      connectPlain({ port, host: '127.0.0.1', localAddress }),
    );
    this.open.push(() => sockets.forEach(socket => void socket.destroy()));
    for (const socket of sockets) socket.on('error', () => {}).resume();
    await Promise.all(sockets.map(socket => new Promise(resolve => socket.once('connect', resolve))));
    return sockets;
  }

  /** Ends what one test has opened. */
  async end(): Promise<void> {
    for (const close of this.open.splice(0).reverse()) await close();
  }

  async close(): Promise<void> {
    await this.end();
    await rm(this.folder, { recursive: true, force: true, maxRetries: 10 });
  }
}

export function closed(socket: Socket): Promise<void> {
  return new Promise(resolve => {
    socket.once('close', () => resolve());
  });
}

export async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
    return 'none';
  } catch (error) {
    return (error as { code: string }).code;
  }
}

import type { AddressInfo } from 'node:net';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import { parseIpv4, parseIpv6 } from '../../../../controller/address/index.js';
import { type Clock, systemClock } from '../../../../controller/host/index.js';
import type { Distribution, Pseudonym, ServerMaterial } from '../../model.js';
import type { CookieKey } from '../kernel/handoff-program.js';
import type { RestoredConnection } from '../repair/restored-connection.js';
import { AgentConnection, type AgentLimits, DEFAULT_AGENT_LIMITS } from './agent-connection.js';
import { ChannelError } from './channel-error.js';
import { domainOfAgent } from './control-authority.js';
import type { ConnectionMessage } from './messages.js';

export interface TenantChannelOptions {
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
  /** The controller's own; see `control-authority.ts`. */
  readonly certificatePem: string;
  readonly keyPem: string;
  /** Certificate of the authority that agents' certificates are from. */
  readonly authorityPem: string;
  /** Whether the domain is a tenant of this cloud. */
  isTenant(domain: string): boolean;
  /** Whether the pseudonym is active, and this tenant's. What an agent serves besides, it is told to revoke. */
  isActive?(name: string, domain: string): boolean;
  /** Something has come or gone; for logs and metrics. */
  onEvent?(event: ChannelEvent): void;
  readonly clock?: Clock;
  readonly limits?: Partial<AgentLimits>;
  /** Agents at a time. */
  readonly maxAgents?: number;
}

export type ChannelEvent =
  | { type: 'connected'; domain: string; strategies: readonly string[]; hindrances: readonly string[] }
  | { type: 'disconnected'; domain: string; reason: ChannelError }
  /** Turned away before it was anybody. */
  | { type: 'refused' };

/** What is known of a connected agent. */
export interface AgentReport {
  readonly domain: string;
  readonly strategies: readonly string[];
  readonly hindrances: readonly string[];
}

const HANDSHAKE_LIMIT = 10_000;
const MAX_AGENTS = 4096;

/**
 * Where the agents of tenants connect to: mutual TLS, one agent a tenant. Spreads cookie keys and pseudonyms, and asks for
 * connections to be restored.
 */
export class TenantChannel implements Distribution {
  readonly label = 'tenant';
  private readonly options: TenantChannelOptions;
  private readonly limits: AgentLimits;
  private readonly server: Server;
  private readonly agents = new Map<string, AgentConnection>();
  private keys: readonly CookieKey[] = [];

  private constructor(options: TenantChannelOptions) {
    this.options = options;
    this.limits = { ...DEFAULT_AGENT_LIMITS, ...options.limits };
    this.server = createServer({
      cert: options.certificatePem,
      key: options.keyPem,
      ca: options.authorityPem,
      requestCert: true,
      rejectUnauthorized: true,
      minVersion: 'TLSv1.3',
      handshakeTimeout: HANDSHAKE_LIMIT,
    });
    this.server.maxConnections = options.maxAgents ?? MAX_AGENTS;
    this.server.on('secureConnection', socket => this.accept(socket));
    this.server.on('tlsClientError', (_error, socket) => {
      socket.destroy();
      this.options.onEvent?.({ type: 'refused' });
    });
  }

  /** Resolves when agents may connect. */
  static async listen(options: TenantChannelOptions): Promise<TenantChannel> {
    const channel = new TenantChannel(options);
    await new Promise<void>((resolve, reject) => {
      channel.server.once('error', reject);
      channel.server.listen(options.port, options.host, resolve);
    });
    channel.server.on('error', () => {});
    return channel;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** The agents that are connected and have said Hello. */
  get connected(): AgentReport[] {
    return [...this.agents.values()].map(({ domain, hello }) => ({
      domain,
      strategies: hello!.strategies,
      hindrances: hello!.hindrances,
    }));
  }

  /** Tells every agent, now and when it connects, which cookies to accept; newest first. */
  setCookieKeys(keys: readonly CookieKey[]): void {
    this.keys = keys;
    for (const agent of this.agents.values()) this.sendKeys(agent);
  }

  /** @throws ChannelError; `tenant-unreachable` when no agent is connected */
  publish({ tenant }: Pseudonym, material: ServerMaterial): Promise<void> {
    const { name, certificatePem: certificate, keyPem: key, anchorPem: anchor } = material;
    return this.ask(tenant, agent => agent.request({ material: { name, certificate, key, anchor } }));
  }

  /** @throws ChannelError; an agent that is not connected is told when it connects, by `isActive` */
  withdraw(name: string, tenant: string): Promise<void> {
    return this.ask(tenant, agent => agent.request({ revoke: { name } }));
  }

  /**
   * Resolves when the tenant's web server holds the connection: only then may a segment of the client reach the tenant.
   *
   * @throws ChannelError
   */
  restore(domain: string, connection: RestoredConnection): Promise<void> {
    return this.ask(domain, agent => agent.request({ restore: connectionMessage(connection) }));
  }

  async close(): Promise<void> {
    const closed = new Promise(resolve => this.server.close(resolve));
    for (const agent of this.agents.values())
      agent.close(new ChannelError('tenant-unreachable', 'the channel has closed'));
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }

  private readonly sockets = new Set<TLSSocket>();

  private accept(socket: TLSSocket): void {
    this.sockets.add(socket);
    socket.once('close', () => this.sockets.delete(socket));
    const domain = domainOfAgent(socket.getPeerCertificate().subject?.CN);
    if (domain === undefined || !this.options.isTenant(domain)) {
      socket.on('error', () => {});
      socket.destroy();
      this.options.onEvent?.({ type: 'refused' });
      return;
    }
    socket.setNoDelay(true);
    new AgentConnection(
      socket,
      domain,
      {
        ready: agent => this.ready(agent),
        inventory: (agent, names) => this.compare(agent, names),
        closed: (agent, reason) => this.gone(agent, reason),
      },
      this.limits,
      this.options.clock ?? systemClock,
    );
  }

  /** The newest connection of a tenant counts: its agent may have restarted before the old one was found dead. */
  private ready(agent: AgentConnection): void {
    const before = this.agents.get(agent.domain);
    this.agents.set(agent.domain, agent);
    before?.close(new ChannelError('tenant-unreachable', 'the agent of the tenant has connected anew'));
    const { strategies, hindrances } = agent.hello!;
    this.options.onEvent?.({ type: 'connected', domain: agent.domain, strategies, hindrances });
    if (this.keys.length > 0) this.sendKeys(agent);
  }

  private gone(agent: AgentConnection, reason: ChannelError): void {
    if (this.agents.get(agent.domain) === agent) this.agents.delete(agent.domain);
    if (agent.hello) this.options.onEvent?.({ type: 'disconnected', domain: agent.domain, reason });
  }

  /** What was revoked while the agent was away is revoked now. */
  private compare(agent: AgentConnection, names: readonly string[]): void {
    const { isActive } = this.options;
    if (!isActive) return;
    for (const name of names) {
      if (isActive.call(this.options, name, agent.domain)) continue;
      agent.request({ revoke: { name } }).catch(reason => agent.close(reason as ChannelError));
    }
  }

  /** An agent without the keys would refuse connections that others accept. */
  private sendKeys(agent: AgentConnection): void {
    agent.request({ cookieKeys: { keys: this.keys } }).catch(reason => agent.close(reason as ChannelError));
  }

  private ask(domain: string, request: (agent: AgentConnection) => Promise<void>): Promise<void> {
    const agent = this.agents.get(domain);
    if (agent) return request(agent);
    return Promise.reject(
      new ChannelError('tenant-unreachable', 'no agent of the tenant is connected', {
        mend: 'Start `cloakflow tenant agent` on the tenant.',
      }),
    );
  }
}

function connectionMessage(connection: RestoredConnection): ConnectionMessage {
  const { family, tenant, client, windowScale } = connection;
  return {
    tenantAddress: packed(family, tenant.address),
    tenantPort: tenant.port,
    clientAddress: packed(family, client.address),
    clientPort: client.port,
    sendSequence: connection.sendSequence,
    receiveSequence: connection.receiveSequence,
    tsval: connection.tsval,
    sackPermitted: connection.sackPermitted,
    clientWindowScale: windowScale?.client,
    tenantWindowScale: windowScale?.tenant,
    mss: connection.mss,
    clientWindow: connection.clientWindow,
    offeredWindow: connection.offeredWindow,
  };
}

function packed(family: 4 | 6, address: string): Uint8Array {
  if (family === 6) {
    const bytes = parseIpv6(address);
    if (bytes === undefined) throw new RangeError('an address is no IPv6 address');
    return bytes;
  }
  const bytes = new Uint8Array(4);
  const number = parseIpv4(address);
  if (Number.isNaN(number)) throw new RangeError('an address is no IPv4 address');
  new DataView(bytes.buffer).setUint32(0, number);
  return bytes;
}

import type { AddressInfo, Socket } from 'node:net';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import { parseIpv4, parseIpv6 } from '../../../../controller/address/index.js';
import { type Clock, systemClock } from '../../../../controller/host/index.js';
import type { CloudFacts, Distribution, Pseudonym, ServerMaterial, TenantMaterial } from '../../model.js';
import type { CookieKey } from '../kernel/handoff-program.js';
import type { RestoredConnection } from '../repair/restored-connection.js';
import { AgentConnection, type AgentLimits, DEFAULT_AGENT_LIMITS } from './agent-connection.js';
import { CatchUp, materialMessage } from './catch-up.js';
import { ChannelError } from './channel-error.js';
import { domainOfAgent } from './control-authority.js';
import { serveEnrolment } from './enrol-connection.js';
import type { ConnectionMessage, ServedMessage } from './messages.js';

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
  /** What the tenant has to serve. An agent that connects is sent what it lacks of it. */
  wanted?(domain: string): AsyncIterable<TenantMaterial>;
  /** What the tenant may know of the cloud. */
  cloud?(domain: string): CloudFacts;
  /** For those without a certificate: whether anybody is invited, and the certificate for an invitation. */
  readonly enrolment?: {
    isOpen(): boolean;
    enrol(secret: Uint8Array, request: string): Promise<string | undefined>;
  };
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
  /** The agent has everything now; of what it lacked it may have refused some. */
  | { type: 'caught-up'; domain: string; sent: number; refused: number }
  | { type: 'enrolled' }
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
/** Connections without a certificate at a time. */
const MAX_ENROLLING = 8;

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
  /** Those that have not said Hello, the newest of each tenant: none can take the room of others. */
  private readonly candidates = new Map<string, AgentConnection>();
  /** Every connection, also those that have not got through TLS. */
  private readonly sockets = new Set<Socket>();
  private readonly catchUps = new Map<AgentConnection, CatchUp>();
  private enrolling = 0;
  private keys: readonly CookieKey[] = [];

  private constructor(options: TenantChannelOptions) {
    this.options = options;
    this.limits = { ...DEFAULT_AGENT_LIMITS, ...options.limits };
    this.server = createServer({
      // With its authority, which who enrols knows by a fingerprint.
      cert: options.certificatePem + options.authorityPem,
      key: options.keyPem,
      ca: options.authorityPem,
      requestCert: true,
      // Looked at in `accept`: who enrols has none yet.
      rejectUnauthorized: false,
      minVersion: 'TLSv1.3',
      handshakeTimeout: HANDSHAKE_LIMIT,
    });
    this.server.maxConnections = options.maxAgents ?? MAX_AGENTS;
    this.server.on('connection', (socket: Socket) => {
      this.sockets.add(socket);
      socket.once('close', () => this.sockets.delete(socket));
    });
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

  /** Ways to take connections over that the tenant's agent offers; undefined while none is connected. */
  strategies(domain: string): readonly string[] | undefined {
    return this.agents.get(domain)?.hello?.strategies;
  }

  /** Tells every agent, now and when it connects, which cookies to accept; newest first. */
  setCookieKeys(keys: readonly CookieKey[]): void {
    this.keys = keys;
    for (const agent of this.agents.values()) this.sendKeys(agent);
  }

  /** @throws ChannelError; `tenant-unreachable` when no agent is connected */
  publish(
    { tenant, capability }: Pick<Pseudonym, 'tenant' | 'capability'>,
    material: ServerMaterial,
  ): Promise<void> {
    return this.ask(tenant, agent => {
      this.catchUps.get(agent)?.touch(material.name);
      return agent.request({ material: materialMessage({ ...material, capability }) });
    });
  }

  /** @throws ChannelError; an agent that is not connected is told when it connects, by `isActive` */
  withdraw(name: string, tenant: string): Promise<void> {
    return this.ask(tenant, agent => {
      this.catchUps.get(agent)?.touch(name);
      return agent.request({ revoke: { name } });
    });
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

  private accept(socket: TLSSocket): void {
    if (this.mayEnrol(socket)) {
      this.enrol(socket);
      return;
    }
    const domain = socket.authorized ? domainOfAgent(socket.getPeerCertificate().subject?.CN) : undefined;
    if (domain === undefined || !this.options.isTenant(domain)) {
      socket.on('error', () => {});
      socket.destroy();
      this.options.onEvent?.({ type: 'refused' });
      return;
    }
    socket.setNoDelay(true);
    const agent = new AgentConnection(
      socket,
      domain,
      {
        ready: agent => this.ready(agent),
        inventory: (agent, served, last) => this.compare(agent, served, last),
        closed: (agent, reason) => this.gone(agent, reason),
      },
      this.limits,
      this.options.clock ?? systemClock,
    );
    this.candidates.get(domain)?.close(anew());
    this.candidates.set(domain, agent);
  }

  /** The newest connection of a tenant counts: its agent may have restarted before the old one was found dead. */
  private ready(agent: AgentConnection): void {
    const before = this.agents.get(agent.domain);
    this.agents.set(agent.domain, agent);
    before?.close(anew());
    this.candidates.delete(agent.domain);
    const { strategies, hindrances } = agent.hello!;
    this.options.onEvent?.({ type: 'connected', domain: agent.domain, strategies, hindrances });
    if (this.keys.length > 0) this.sendKeys(agent);
    const { cloud, isActive, wanted } = this.options;
    if (cloud !== undefined) this.tell(agent, { cloud: cloud.call(this.options, agent.domain) });
    if (isActive !== undefined) {
      this.catchUps.set(
        agent,
        new CatchUp(agent, {
          isActive: isActive.bind(this.options),
          ...(wanted && { wanted: wanted.bind(this.options) }),
        }),
      );
    }
  }

  private gone(agent: AgentConnection, reason: ChannelError): void {
    for (const known of [this.agents, this.candidates]) {
      if (known.get(agent.domain) === agent) known.delete(agent.domain);
    }
    this.catchUps.delete(agent);
    if (agent.hello) this.options.onEvent?.({ type: 'disconnected', domain: agent.domain, reason });
  }

  /** What was revoked while the agent was away is revoked now, and what it lacks is sent. */
  private compare(agent: AgentConnection, served: readonly ServedMessage[], last: boolean): void {
    const { onEvent } = this.options;
    const catchUp = this.catchUps.get(agent);
    if (catchUp === undefined) return;
    for (const one of served) catchUp.take(one);
    if (!last) return;
    catchUp
      .run()
      .then(
        counts => onEvent?.({ type: 'caught-up', domain: agent.domain, ...counts }),
        reason => agent.close(reason instanceof ChannelError ? reason : storeFailed()),
      )
      .finally(() => this.catchUps.delete(agent));
  }

  private mayEnrol(socket: TLSSocket): boolean {
    const { enrolment } = this.options;
    const hasNone = socket.getPeerX509Certificate() === undefined;
    return hasNone && enrolment?.isOpen() === true && this.enrolling < MAX_ENROLLING;
  }

  private enrol(socket: TLSSocket): void {
    this.enrolling++;
    const { enrolment, onEvent, clock = systemClock } = this.options;
    const done = (isEnrolled: boolean) => {
      this.enrolling--;
      onEvent?.({ type: isEnrolled ? 'enrolled' : 'refused' });
    };
    serveEnrolment(socket, { enrol: enrolment!.enrol, done }, clock, this.limits.patience);
  }

  /** An agent that does not do what it has to do is let go, and begins anew. */
  private tell(agent: AgentConnection, body: Parameters<AgentConnection['request']>[0]): void {
    agent.request(body).catch(reason => agent.close(reason as ChannelError));
  }

  /** An agent without the keys would refuse connections that others accept. */
  private sendKeys(agent: AgentConnection): void {
    this.tell(agent, { cookieKeys: { keys: this.keys } });
  }

  private ask(domain: string, request: (agent: AgentConnection) => Promise<void>): Promise<void> {
    const agent = this.agents.get(domain);
    if (agent) return request(agent);
    return Promise.reject(
      new ChannelError('tenant-unreachable', 'no agent of the tenant is connected', {
        mend: 'Start `cloakflow tenant agent` on the tenant.',
        isUnheard: true,
      }),
    );
  }
}

function anew(): ChannelError {
  return new ChannelError('tenant-unreachable', 'the agent of the tenant has connected anew');
}

function storeFailed(): ChannelError {
  return new ChannelError('tenant-unreachable', 'the store could not be read for the agent');
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

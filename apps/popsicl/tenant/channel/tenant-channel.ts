import type { TLSSocket } from 'node:tls';
import { systemClock } from '../../../../controller/host/index.js';
import type { CloudFacts, Distribution, Pseudonym, ServerMaterial, TenantMaterial } from '../../model.js';
import type { CookieKey } from '../kernel/handoff-program.js';
import type { RestoredConnection } from '../repair/restored-connection.js';
import { AgentConnection, type AgentLimits, DEFAULT_AGENT_LIMITS } from './agent-connection.js';
import { AgentListener, type AgentListenerOptions } from './agent-listener.js';
import { CatchUp, materialMessage } from './catch-up.js';
import { ChannelError } from './channel-error.js';
import { connectionMessage } from './connection-message.js';
import type { ServedMessage } from './messages.js';

export interface TenantChannelOptions extends AgentListenerOptions {
  /** Whether the pseudonym is active, and this tenant's. What an agent serves besides, it is told to revoke. */
  isActive?(name: string, domain: string): boolean;
  /** What the tenant has to serve. An agent that connects is sent what it lacks of it. */
  wanted?(domain: string): AsyncIterable<TenantMaterial>;
  /** What the tenant may know of the cloud. */
  cloud?(domain: string): CloudFacts;
  /** Something has come or gone; for logs and metrics. */
  onEvent?(event: ChannelEvent): void;
  readonly limits?: Partial<AgentLimits>;
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

/** One agent a tenant: spreads cookie keys and pseudonyms to them, and asks for connections to be restored. */
export class TenantChannel implements Distribution {
  readonly label = 'tenant';
  private readonly options: TenantChannelOptions;
  private readonly limits: AgentLimits;
  private readonly listener: AgentListener;
  private readonly agents = new Map<string, AgentConnection>();
  /** Those that have not said Hello, the newest of each tenant: none can take the room of others. */
  private readonly candidates = new Map<string, AgentConnection>();
  private readonly catchUps = new Map<AgentConnection, CatchUp>();
  private keys: readonly CookieKey[] = [];

  private constructor(options: TenantChannelOptions) {
    this.options = options;
    this.limits = { ...DEFAULT_AGENT_LIMITS, ...options.limits };
    this.listener = new AgentListener(options, this.limits.patience, {
      agent: (socket, domain) => this.accept(socket, domain),
      enrolled: () => this.options.onEvent?.({ type: 'enrolled' }),
      refused: () => this.options.onEvent?.({ type: 'refused' }),
    });
  }

  /** Resolves when agents may connect. */
  static async listen(options: TenantChannelOptions): Promise<TenantChannel> {
    const channel = new TenantChannel(options);
    await channel.listener.listen();
    return channel;
  }

  get port(): number {
    return this.listener.port;
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
    for (const agent of this.agents.values())
      agent.close(new ChannelError('tenant-unreachable', 'the channel has closed'));
    await this.listener.close();
  }

  private accept(socket: TLSSocket, domain: string): void {
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

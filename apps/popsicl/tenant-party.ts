import type { Clock, MessageLog } from '../../controller/host/index.js';
import type { PopsiclConfig } from './config.js';
import type { CookieKey } from './cookie/cookie-keys.js';
import type { TenantAgents } from './handoff/repair.js';
import type { MESSAGES } from './messages.js';
import type {
  CloudFacts,
  Directory,
  Distribution,
  Pseudonym,
  ServerMaterial,
  TenantMaterial,
} from './model.js';
import { CHANGE_PATIENCE } from './tenant/change-limit.js';
import { ChannelError } from './tenant/channel/channel-error.js';
import { certifyRequest, openControl } from './tenant/channel/enrol.js';
import { fingerprintOf, formatToken } from './tenant/channel/invitation-token.js';
import { Invitations } from './tenant/channel/invitations.js';
import { type ChannelEvent, TenantChannel } from './tenant/channel/tenant-channel.js';
import type { RestoredConnection } from './tenant/repair/restored-connection.js';

type ChannelConfig = NonNullable<PopsiclConfig['tenantChannel']>;

export interface TenantPartyParts {
  readonly directory: Directory;
  /** What a tenant has to serve, from the store. */
  wanted(domain: string): AsyncIterable<TenantMaterial>;
  /** Whether a tenant serves a name that is no pseudonym, and may. */
  isDecoy(name: string, domain: string): boolean;
  /** What a tenant may know of the cloud; undefined: the domain is no tenant. */
  cloud(domain: string): CloudFacts | undefined;
  readonly clock: Clock;
  readonly log: MessageLog<typeof MESSAGES>;
}

/** The agents of the tenants, as parties of a registration: reachable once the channel is open. */
export class TenantParty implements Distribution, TenantAgents {
  readonly label = 'tenant';
  /** The channel says first what is wrong. */
  readonly patience = CHANGE_PATIENCE + 1000;
  /** Connections that were turned away. */
  refused = 0;
  private readonly config: ChannelConfig;
  private readonly windowScale: number;
  private readonly invitations = new Invitations();
  /** Pseudonyms that a tenant serves and the directory does not know yet. */
  private readonly early = new Set<string>();
  private channel: TenantChannel | undefined;
  private fingerprint: Buffer | undefined;
  private parts: TenantPartyParts | undefined;

  constructor(config: ChannelConfig, windowScale: number) {
    this.config = config;
    this.windowScale = windowScale;
  }

  /** Lets agents connect. What they serve and the directory does not know they are told to revoke. */
  async open(parts: TenantPartyParts): Promise<void> {
    const { host, port, control: folder } = this.config;
    const { directory, wanted, cloud, isDecoy, clock, log } = parts;
    const control = await openControl(folder, Date.now());
    this.fingerprint = fingerprintOf(control.authorityPem);
    this.parts = parts;
    directory.onChange(({ name }) => this.early.delete(name));
    this.channel = await TenantChannel.listen({
      host,
      port,
      ...control,
      isTenant: domain => cloud(domain) !== undefined,
      isActive: (name, domain) =>
        directory.tenantOfName(name)?.domain === domain || this.early.has(name) || isDecoy(name, domain),
      wanted,
      cloud: domain => cloud(domain)!,
      enrolment: {
        isOpen: () => this.invitations.isAnyOpen(clock.now()),
        enrol: async (secret, request) => {
          const domain = this.invitations.redeem(secret, clock.now());
          return domain === undefined ? undefined : certifyRequest(folder, domain, request, Date.now());
        },
      },
      onEvent: event => {
        if (event.type === 'refused') this.refused++;
        tell(event, log);
      },
      clock,
    });
  }

  /** A token with which the agent of a tenant gets its certificate, once and within `lifetime` milliseconds. */
  invite(domain: string, lifetime: number): string {
    const { fingerprint, parts } = this;
    if (fingerprint === undefined || parts?.cloud(domain) === undefined) {
      throw new ChannelError('bad-invitation', 'this domain is no tenant of the cloud', {
        mend: 'Add it to `tenants` of the configuration first.',
      });
    }
    const secret = this.invitations.invite(domain, parts.clock.now(), lifetime);
    return formatToken({ fingerprint, secret });
  }

  /** Newest first. */
  setKeys(keys: readonly CookieKey[]): void {
    const { windowScale: tenantWindowScale } = this;
    this.channel?.setCookieKeys(keys.slice(0, 2).map(key => ({ ...key, tenantWindowScale })));
  }

  strategies(domain: string): readonly string[] | undefined {
    return this.channel?.strategies(domain);
  }

  restore(domain: string, connection: RestoredConnection): Promise<void> {
    return this.channel?.restore(domain, connection) ?? this.closed();
  }

  /** Has somebody serve a name that is no pseudonym. */
  async publishDecoy(domain: string, material: TenantMaterial): Promise<void> {
    const { capability } = material;
    await (this.channel?.publish({ tenant: domain, capability }, material) ?? this.closed());
  }

  async publish(pseudonym: Pseudonym, material: ServerMaterial): Promise<void> {
    const { name, tenant } = pseudonym;
    if (this.parts?.directory.tenantOfName(name)?.domain !== tenant) this.early.add(name);
    try {
      await (this.channel?.publish(pseudonym, material) ?? this.closed());
    } catch (error) {
      if (error instanceof ChannelError && error.isUnheard) this.early.delete(name);
      throw error;
    }
  }

  async withdraw(name: string, tenant: string): Promise<void> {
    this.early.delete(name);
    await (this.channel?.withdraw(name, tenant) ?? this.closed());
  }

  async close(): Promise<void> {
    await this.channel?.close();
  }

  private closed(): Promise<never> {
    return Promise.reject(
      new ChannelError('tenant-unreachable', 'the channel is not open', { isUnheard: true }),
    );
  }
}

function tell(event: ChannelEvent, log: MessageLog<typeof MESSAGES>): void {
  switch (event.type) {
    case 'connected':
      log.write('popsicl-agent-connected', { strategies: event.strategies.join(' ') });
      break;
    case 'disconnected':
      log.write('popsicl-agent-gone', { reason: event.reason.code });
      break;
    case 'caught-up':
      log.write('popsicl-agent-caught-up', { sent: event.sent, refused: event.refused });
      break;
    case 'enrolled':
      log.write('popsicl-agent-enrolled', {});
      break;
  }
}

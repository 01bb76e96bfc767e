import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { MessageLog } from '../../controller/host/index.js';
import type { PopsiclConfig } from './config.js';
import type { CookieKey } from './interception/cookie-keys.js';
import type { Directory, Distribution, Pseudonym, ServerMaterial } from './model.js';
import { ChannelError } from './tenant/channel/channel-error.js';
import { CONTROL_FILES } from './tenant/channel/enrol.js';
import { TenantChannel } from './tenant/channel/tenant-channel.js';

type ChannelConfig = NonNullable<PopsiclConfig['tenantChannel']>;

/** The agents of the tenants, as parties of a registration: reachable once the channel is open. */
export class TenantParty implements Distribution {
  readonly label = 'tenant';
  private readonly config: ChannelConfig;
  private readonly windowScale: number;
  private channel: TenantChannel | undefined;

  constructor(config: ChannelConfig, windowScale: number) {
    this.config = config;
    this.windowScale = windowScale;
  }

  /** Lets agents connect. What they serve and `directory` does not know they are told to revoke. */
  async open(domains: ReadonlySet<string>, directory: Directory, log: MessageLog): Promise<void> {
    const { host, port, control } = this.config;
    this.channel = await TenantChannel.listen({
      host,
      port,
      ...(await readControl(control)),
      isTenant: domain => domains.has(domain),
      isActive: (name, domain) => directory.tenantOfName(name)?.domain === domain,
      onEvent: event => {
        if (event.type === 'disconnected') log.write('popsicl-agent-gone', { reason: event.reason.code });
        else if (event.type === 'connected') {
          log.write('popsicl-agent-connected', { strategies: event.strategies.join(' ') });
        }
      },
    });
  }

  /** Newest first. */
  setKeys(keys: readonly CookieKey[]): void {
    const { windowScale: tenantWindowScale } = this;
    this.channel?.setCookieKeys(keys.slice(0, 2).map(key => ({ ...key, tenantWindowScale })));
  }

  publish(pseudonym: Pseudonym, material: ServerMaterial): Promise<void> {
    return this.channel?.publish(pseudonym, material) ?? this.closed();
  }

  withdraw(name: string, tenant: string): Promise<void> {
    return this.channel?.withdraw(name, tenant) ?? this.closed();
  }

  async close(): Promise<void> {
    await this.channel?.close();
  }

  private closed(): Promise<never> {
    return Promise.reject(new ChannelError('tenant-unreachable', 'the channel is not open'));
  }
}

async function readControl(folder: string) {
  try {
    const { authority, controller } = CONTROL_FILES;
    const files = [controller.certificatePem, controller.keyPem, authority.certificatePem];
    const texts = await Promise.all(files.map(file => readFile(join(folder, file), 'utf8')));
    return { certificatePem: texts[0]!, keyPem: texts[1]!, authorityPem: texts[2]! };
  } catch (cause) {
    throw new ChannelError('bad-credentials', 'the control folder has no credentials for the controller', {
      mend: 'Enrol a tenant first: cloakflow tenant enrol DOMAIN --control FOLDER --out FOLDER',
      cause,
    });
  }
}

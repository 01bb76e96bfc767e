import { COOKIE_EPOCHS } from '../../cookie/cookie-layout.js';
import type { CapabilityFolder } from '../capabilities/capability-folder.js';
import { ChannelError } from '../channel/channel-error.js';
import { readConnection } from '../channel/connection-message.js';
import { materialDigest } from '../channel/material-digest.js';
import {
  type CookieKeyMessage,
  type FromController,
  type HelloMessage,
  PROTOCOL_VERSION,
  type ServedMessage,
} from '../channel/messages.js';
import { isHostName } from '../host-name.js';
import type { HandoffProgram } from '../kernel/handoff-program.js';
import type { Restorer } from '../repair/restorer.js';
import { TenantError } from '../tenant-error.js';
import type { WebServer } from '../web-server/web-server.js';

export interface AgentParts {
  readonly webServer: WebServer;
  /** Where the web application finds what its URLs carry. */
  readonly capabilities: CapabilityFolder;
  /** The BPF program, where the kernel can do `cookie`. */
  readonly program?: HandoffProgram | undefined;
  /** Where the machine can do `repair`. */
  readonly restorer?: Restorer | undefined;
  /** Codes of `COOKIE_HINDRANCES`. */
  readonly hindrances: readonly string[];
}

/** Pseudonyms in one message, and files read at once. */
const NAMES_PER_PART = 200;

/** What is done in order besides the steps for a name; no names themselves. */
const KEYS = '*keys';
const CLOUD = '*cloud';

/** What a tenant does when the controller asks. No socket, no process of its own. */
export class Agent {
  private readonly parts: AgentParts;
  /** The last step for each name that has one under way. */
  private readonly steps = new Map<string, Promise<void>>();

  constructor(parts: AgentParts) {
    this.parts = parts;
  }

  hello(): HelloMessage {
    const { program, restorer, hindrances } = this.parts;
    const strategies = [...(program ? ['cookie'] : []), ...(restorer ? ['repair'] : [])];
    return { version: PROTOCOL_VERSION, strategies, hindrances };
  }

  /** What is on the disk of every pseudonym, in parts. A name of which anything is left counts. */
  async *inventory(): AsyncGenerator<readonly ServedMessage[]> {
    const { webServer, capabilities } = this.parts;
    const found = new Set([...(await webServer.names()), ...(await capabilities.names())]);
    // Other files are somebody else's.
    const names = [...found].filter(isHostName);
    for (let at = 0; at < names.length; at += NAMES_PER_PART) {
      yield await Promise.all(names.slice(at, at + NAMES_PER_PART).map(name => this.served(name)));
    }
  }

  /** @throws TenantError, ChannelError `bad-message` */
  async handle(message: FromController): Promise<void> {
    const { cookieKeys, material, revoke, restore, cloud } = message;
    const { webServer, capabilities, restorer } = this.parts;
    if (cookieKeys) await this.inOrder(KEYS, () => this.takeKeys(cookieKeys.keys));
    else if (material) {
      const { name, certificate: certificatePem, key: keyPem, anchor: anchorPem, capability } = material;
      await this.inOrder(name, async () => {
        // Before the first request can come.
        await capabilities.put(name, capability);
        await webServer.put({ name, certificatePem, keyPem, anchorPem });
      });
    } else if (revoke) {
      await this.inOrder(revoke.name, async () => {
        await capabilities.remove(revoke.name);
        await webServer.remove(revoke.name);
      });
    } else if (cloud) await this.inOrder(CLOUD, () => capabilities.setCloud(cloud));
    else if (restore) {
      if (!restorer) throw new TenantError('helper-failed', 'connections cannot be restored here');
      await restorer.restore(readConnection(restore));
    }
  }

  private async served(name: string): Promise<ServedMessage> {
    const { webServer, capabilities } = this.parts;
    // What is under way from an earlier connection may yet be taken back.
    await this.steps.get(name)?.catch(() => {});
    const [material, capability] = await Promise.all([webServer.read(name), capabilities.read(name)]);
    const isWhole = material !== undefined && capability !== undefined;
    return { name, digest: isWhole ? materialDigest({ ...material, capability }) : new Uint8Array() };
  }

  /** Steps for one name happen one after the other, those for several at once. */
  private inOrder(name: string, step: () => Promise<void>): Promise<void> {
    const before = this.steps.get(name) ?? Promise.resolve();
    const done = before.catch(() => {}).then(step);
    this.steps.set(name, done);
    const forget = () => {
      if (this.steps.get(name) === done) this.steps.delete(name);
    };
    done.then(forget, forget);
    return done;
  }

  private async takeKeys(keys: readonly CookieKeyMessage[]): Promise<void> {
    const { program } = this.parts;
    const [newest] = keys;
    if (!newest || keys.length > COOKIE_EPOCHS || keys.some(({ key }) => key.length !== 16))
      throw new ChannelError('bad-message', 'the controller sent keys that are none');
    if (!program) return;
    if (keys.length === 1) await program.clearKey(newest.epoch + 1);
    for (const key of keys) await program.setKey(key);
  }
}

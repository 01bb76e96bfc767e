import type { TenantMaterial } from '../../model.js';
import { isHostName } from '../host-name.js';
import type { AgentConnection } from './agent-connection.js';
import { ChannelError } from './channel-error.js';
import { DIGEST_LENGTH, materialDigest } from './material-digest.js';
import type { ServedMessage } from './messages.js';

export interface CatchUpOptions {
  /** What the tenant has to serve, from the store; absent: it has all of it. */
  wanted?(domain: string): AsyncIterable<TenantMaterial>;
  isActive(name: string, domain: string): boolean;
}

/** Requests under way; each may stand for a reload of the web server. */
const AT_ONCE = 16;
/** Revocations under way, which share reloads, and those that may wait. */
const REVOKED_AT_ONCE = 256;
const MOST_STALE = 1 << 18;
/** Digests made before packets get their turn. */
const BREATH = 64;

/**
 * Brings an agent that has connected to what the store says: it tells what it has by digests, is told to revoke what is not its,
 * and is sent what is missing or different. What is published or withdrawn meanwhile is newer than the store's row and is left alone.
 */
export class CatchUp {
  private readonly agent: AgentConnection;
  private readonly options: CatchUpOptions;
  /** Digests of pseudonyms that are this tenant's, by name. */
  private readonly has = new Map<string, string>();
  private readonly touched = new Set<string>();
  /** What the agent serves and must not, and has not been told yet. */
  private readonly stale = new Set<string>();
  private readonly revoking = new Set<Promise<void>>();

  constructor(agent: AgentConnection, options: CatchUpOptions) {
    this.agent = agent;
    this.options = options;
  }

  /** The agent has this; it is told to revoke it unless it is active. @throws ChannelError `bad-message` */
  take({ name, digest }: ServedMessage): void {
    if (digest.length > DIGEST_LENGTH)
      throw new ChannelError('bad-message', 'an agent sent a digest that is none');
    if (this.options.isActive(name, this.agent.domain)) {
      this.has.set(name, Buffer.from(digest).toString('latin1'));
      return;
    }
    if (!isHostName(name) || this.stale.size >= MOST_STALE)
      throw new ChannelError('bad-message', 'an agent said that it serves what nobody can');
    this.stale.add(name);
    this.revokeStale();
  }

  /** Somebody else has told the agent about this name. */
  touch(name: string): void {
    this.touched.add(name);
    this.stale.delete(name);
  }

  /** How many pseudonyms were sent, and how many of those the agent refused. @throws ChannelError when the agent is gone */
  async run(): Promise<{ sent: number; refused: number }> {
    const { agent, options } = this;
    const underWay = new Set<Promise<void>>();
    let [looked, sent, refused] = [0, 0, 0];
    let failure: unknown;
    for await (const material of options.wanted?.(agent.domain) ?? []) {
      const { name } = material;
      if (++looked % BREATH === 0) await new Promise(resolve => setImmediate(resolve));
      // One that comes and goes would have the whole store read each time, and several times at once.
      if (agent.isClosed) throw new ChannelError('tenant-unreachable', 'the agent of the tenant has gone');
      if (this.has.get(name) === materialDigest(material).toString('latin1')) continue;
      while (underWay.size >= AT_ONCE) await Promise.race(underWay);
      if (failure !== undefined) break;
      // Asked last, without a pause before the request: a revocation is sent after it, or was seen.
      if (this.touched.has(name) || !options.isActive(name, agent.domain)) continue;
      sent++;
      const request = agent.request({ material: materialMessage(material) }).catch(error => {
        if (error instanceof ChannelError && error.code === 'tenant-refused') refused++;
        else failure = error;
      });
      const running = request.finally(() => underWay.delete(running));
      underWay.add(running);
    }
    await Promise.all(underWay);
    while (this.revoking.size > 0) await Promise.all(this.revoking);
    if (failure !== undefined) throw failure;
    return { sent, refused };
  }

  /** An agent that does not do it is let go, and begins anew. */
  private revokeStale(): void {
    const { agent, stale, revoking } = this;
    for (const name of stale) {
      if (revoking.size >= REVOKED_AT_ONCE) return;
      stale.delete(name);
      const request = agent.request({ revoke: { name } }).catch(error => {
        stale.clear();
        agent.close(error as ChannelError);
      });
      const running = request.then(() => {
        revoking.delete(running);
        this.revokeStale();
      });
      revoking.add(running);
    }
  }
}

export function materialMessage({ name, certificatePem, keyPem, anchorPem, capability }: TenantMaterial) {
  return { name, certificate: certificatePem, key: keyPem, anchor: anchorPem, capability };
}

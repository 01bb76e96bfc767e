import type { TenantMaterial } from '../../model.js';
import type { AgentConnection } from './agent-connection.js';
import { ChannelError } from './channel-error.js';
import { materialDigest } from './material-digest.js';
import type { ServedMessage } from './messages.js';

export interface CatchUpOptions {
  /** What the tenant has to serve, from the store. */
  wanted(domain: string): AsyncIterable<TenantMaterial>;
  isActive(name: string, domain: string): boolean;
}

/** Requests under way; each may stand for a reload of the web server. */
const AT_ONCE = 16;
/** Digests made before packets get their turn. */
const BREATH = 64;

/**
 * Brings an agent that has connected to what the store says: it tells what it has by digests, and is sent what is missing or
 * different. What is published or withdrawn meanwhile is newer than the store's row and is left alone.
 */
export class CatchUp {
  private readonly agent: AgentConnection;
  private readonly options: CatchUpOptions;
  /** Digests of pseudonyms that are this tenant's, by name. */
  private readonly has = new Map<string, string>();
  private readonly touched = new Set<string>();

  constructor(agent: AgentConnection, options: CatchUpOptions) {
    this.agent = agent;
    this.options = options;
  }

  /** The agent has this. Whether it may go on serving it. */
  take({ name, digest }: ServedMessage): boolean {
    if (!this.options.isActive(name, this.agent.domain)) return false;
    this.has.set(name, Buffer.from(digest).toString('latin1'));
    return true;
  }

  /** Somebody else has told the agent about this name. */
  touch(name: string): void {
    this.touched.add(name);
  }

  /** How many pseudonyms were sent, and how many of those the agent refused. @throws ChannelError when the agent is gone */
  async run(): Promise<{ sent: number; refused: number }> {
    const { agent, options } = this;
    const underWay = new Set<Promise<void>>();
    let [looked, sent, refused] = [0, 0, 0];
    let failure: unknown;
    for await (const material of options.wanted(agent.domain)) {
      const { name } = material;
      if (++looked % BREATH === 0) await new Promise(resolve => setImmediate(resolve));
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
    if (failure !== undefined) throw failure;
    return { sent, refused };
  }
}

export function materialMessage({ name, certificatePem, keyPem, anchorPem, capability }: TenantMaterial) {
  return { name, certificate: certificatePem, key: keyPem, anchor: anchorPem, capability };
}

import { randomInt } from 'node:crypto';
import type { Clock } from '../../../controller/host/index.js';
import { TokenBucket } from '../../../controller/session/token-bucket.js';
import { drawCapability } from '../capability.js';
import type { TenantMaterial } from '../model.js';
import { CLOCK_SKEW_MILLISECONDS, type CloudAuthority } from '../pki/cloud-authority.js';
import { issueServerMaterial } from '../pki/issue.js';
import type { KeyType } from '../pki/key-pair.js';
import { labelIn, looksStored } from '../pseudonym/label.js';
import { looksStateless } from '../pseudonym/stateless-label.js';
import { FirstAnswer } from './first-answer.js';
import { FirstQuestions } from './first-questions.js';

const MINUTE_SECONDS = 60;
/** Certificates that are made at a time. */
const AT_ONCE = 32;

/** Where decoys are served, and where they are kept. */
export interface DecoyServer {
  /** Resolves when the name is served. */
  publish(material: TenantMaterial): Promise<void>;
  withdraw(name: string): Promise<void>;
}

export interface DecoyKeeper {
  keep(material: TenantMaterial): Promise<void>;
  forget(name: string): Promise<void>;
}

export interface DecoysOptions {
  /** Domain of the cloud. */
  readonly domain: string;
  readonly authority: CloudAuthority;
  readonly keyType: KeyType;
  /** Milliseconds that certificates of pseudonyms hold. */
  readonly lifetime: number;
  /** Names served at a time; the one asked for longest ago goes first. */
  readonly capacity: number;
  /** New names a minute, and at once. */
  readonly perMinute: number;
  /** Names that one source may ask for anew in a minute, pseudonyms as well. */
  readonly perSource: number;
  /** Milliseconds that the first answer to a source about a name takes at least. */
  readonly firstAnswer: number;
  readonly server: DecoyServer;
  readonly keeper: DecoyKeeper;
  /** What an earlier run kept, the one asked for longest ago first. */
  readonly known: readonly TenantMaterial[];
  readonly clock: Clock;
  /** Milliseconds since 1970. */
  readonly wallClock: () => number;
  failed(error: unknown): void;
}

/** What a question for a name meets: a refusal, or the web server that has it, once `ready` resolves, or at once. */
export type DecoyAnswer =
  | { readonly isRefused: true }
  | { readonly isRefused: false; readonly ready: Promise<void> | undefined };

/**
 * Names that have the form of a pseudonym and are none (any more), served by a web server that is nobody's: with a certificate of
 * the cloud, made when a name is first asked for, and for a client that does not exist. Who probes without the right certificate
 * meets there what he would meet at a tenant.
 */
export class Decoys {
  readonly counts = { made: 0, declined: 0 };
  private readonly options: DecoysOptions;
  /** In the order of the last question. */
  private readonly served = new Map<string, TenantMaterial>();
  private readonly underWay = new Map<string, Promise<void>>();
  /** Of those, and of the ones to come, what nobody has asked for yet. */
  private readonly foreseen = new Set<string>();
  private lastForeseen = Promise.resolve();
  private readonly rate: TokenBucket;
  private readonly questions: FirstQuestions;
  private readonly firstAnswer: FirstAnswer;
  /** First answers that have not come yet, by source and name. */
  private readonly awaited = new Map<string, Promise<void>>();

  constructor(options: DecoysOptions) {
    this.options = options;
    const { perMinute, perSource, capacity, clock } = options;
    this.rate = new TokenBucket(perMinute / MINUTE_SECONDS, clock.now(), perMinute);
    // Half of the decoys are of names that somebody asked for: who asks again within this memory finds them there.
    this.questions = new FirstQuestions({
      capacity: Math.max(1, capacity >>> 1),
      perMinute: perSource,
      clock,
    });
    this.firstAnswer = new FirstAnswer(options.firstAnswer, clock);
    for (const material of options.known) this.served.set(material.name, material);
  }

  /** Whether a name, in lower case, could be a pseudonym of this cloud. Others are nobody's. */
  fits(name: string): boolean {
    const label = labelIn(name, this.options.domain);
    return label !== undefined && (looksStored(label) || looksStateless(label));
  }

  /** Whether the name is served, or about to be. */
  knows(name: string): boolean {
    return this.served.has(name) || this.underWay.has(name);
  }

  /** Whether decoys are being made. */
  get isBusy(): boolean {
    return this.underWay.size > 0;
  }

  /** Decoys that took longer than the first answer does, and so could be told. */
  get late(): number {
    return this.firstAnswer.late;
  }

  /**
   * A source asks for a name that `fits`, in lower case. A pseudonym is served by its tenant, everything else from here; the source's
   * first question for either is answered after the same time, and so is whatever it asks before that: by a second connection it
   * would see which names a decoy is being made for.
   */
  answer(source: string, name: string, isPseudonym: boolean): DecoyAnswer {
    const question = this.questions.ask(source, name);
    if (question === 'too-many') return { isRefused: true };
    const pair = `${source} ${name}`;
    const awaited = this.awaited.get(pair);
    if (awaited !== undefined) return { isRefused: false, ready: awaited };
    const made = isPseudonym ? undefined : this.prepare(name);
    if (question === 'again') {
      // Who is told of a rejection may be gone by then.
      made?.catch(() => undefined);
      return { isRefused: false, ready: made };
    }
    const ready = this.firstAnswer.after(made);
    this.awaited.set(pair, ready);
    ready.finally(() => this.awaited.delete(pair)).catch(() => undefined);
    return { isRefused: false, ready };
  }

  /**
   * Has a name served that nobody has asked for: one that was a pseudonym until now. One after the other, and as far as there is
   * room beside those that were asked for.
   */
  foresee(name: string): void {
    const { foreseen, options } = this;
    if (!this.fits(name) || this.knows(name) || foreseen.size >= options.capacity >>> 1) return;
    foreseen.add(name);
    this.lastForeseen = this.lastForeseen
      .then(() => (this.knows(name) ? undefined : this.begin(name)))
      .catch(() => void foreseen.delete(name));
  }

  /**
   * Has a name served that `fits`. Undefined: it is already. Rejects when it will not be: too many new names, or no decoy
   * server; without a limit hit the next question tries again.
   */
  prepare(name: string): Promise<void> | undefined {
    const { served, underWay, counts } = this;
    this.foreseen.delete(name);
    const running = underWay.get(name);
    if (running !== undefined) return running;
    const known = served.get(name);
    if (known !== undefined) {
      served.delete(name);
      served.set(name, known);
      return undefined;
    }
    if (underWay.size >= AT_ONCE || !this.rate.take(this.options.clock.now())) {
      counts.declined++;
      return Promise.reject(new Error('too many new names'));
    }
    return this.begin(name);
  }

  /** Everything that is served now. */
  async *materials(): AsyncGenerator<TenantMaterial> {
    yield* [...this.served.values()];
  }

  private begin(name: string): Promise<void> {
    const making = this.make(name).finally(() => this.underWay.delete(name));
    this.underWay.set(name, making);
    return making;
  }

  private async make(name: string): Promise<void> {
    const { authority, keyType, server, keeper, capacity, clock, failed } = this.options;
    const began = clock.now();
    const material = {
      ...(await issueServerMaterial(authority, name, keyType, this.validity())),
      capability: drawCapability(),
    };
    this.served.set(name, material);
    try {
      await server.publish(material);
    } catch (error) {
      this.served.delete(name);
      throw error;
    }
    this.counts.made++;
    this.firstAnswer.took(clock.now() - began);
    keeper.keep(material).catch(failed);
    const [oldest] = this.served.keys();
    if (this.served.size <= capacity || oldest === undefined) return;
    this.served.delete(oldest);
    this.foreseen.delete(oldest);
    server.withdraw(oldest).catch(() => undefined);
    keeper.forget(oldest).catch(failed);
  }

  /** As of a pseudonym that was registered at some time: a certificate that is as old as the question would tell. */
  private validity(): { from: number; until: number } {
    const { authority, lifetime, wallClock } = this.options;
    const now = wallClock();
    // Nothing that an authority signs began before it.
    const oldest = Math.max(authority.notBefore + CLOCK_SKEW_MILLISECONDS, now - lifetime);
    const from = now - randomInt(Math.max(1, now - oldest));
    return { from, until: Math.min(from + lifetime, authority.notAfter) };
  }
}

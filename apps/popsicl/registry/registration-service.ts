import type { Clock, MessageLog, Timer } from '../../../controller/host/index.js';
import type { Directory, TenantConfig, TenantMaterial } from '../model.js';
import { keyOfRequest } from '../pki/client-request.js';
import { canonicalDomain } from '../pseudonym/label.js';
import type { AddressPlan } from './address-plan.js';
import { Issuance, type IssuanceOptions, type RegistrationRequest } from './issuance.js';
import type { REGISTRAR_MESSAGES } from './messages.js';
import { NameLocks } from './name-locks.js';
import type { KnownPerson, PersonRegister } from './person.js';
import type { RateLimits } from './rate-limits.js';
import { RegistrationError } from './registration-error.js';
import type { Registered } from './registration-table.js';
import { Renewals } from './renewals.js';
import type { PseudonymReport, Registration } from './reports.js';
import { TenantLanes } from './tenant-lanes.js';

export interface RegistrationOptions extends IssuanceOptions {
  readonly tenants: ReadonlyMap<string, TenantConfig>;
  readonly rates: RateLimits;
  readonly clock: Clock;
  readonly log: MessageLog<typeof REGISTRAR_MESSAGES>;
  /** Milliseconds that an ended pseudonym keeps its addresses. */
  readonly retention: number;
  readonly maxPseudonyms: number;
  /** Absent: the cloud has no linker. */
  readonly linker?: PersonRegister | undefined;
}

/** Registration of pseudonyms (4.1, 5.1): what is acknowledged is on the disk and known to everybody who has to know. */
export class RegistrationService {
  readonly counts = { registered: 0, declined: 0, limited: 0, failed: 0, revoked: 0, expired: 0 };
  private readonly options: RegistrationOptions;
  private readonly locks = new NameLocks();
  private readonly underWay = new Set<Promise<unknown>>();
  private readonly issuance: Issuance;
  private readonly renewals: Renewals;
  /** What a crash, or a party out of reach, left half done. */
  private readonly unsettled: TenantLanes;
  /** Renewals that have not reached everybody. */
  private readonly uneven: TenantLanes;
  /** Ends that somebody had not heard of and now has, and registrations undone. */
  private settled = 0;
  private live = 0;
  private sweeping: Timer | undefined;
  private isClosing = false;

  private constructor(options: RegistrationOptions, plan: AddressPlan) {
    this.options = options;
    this.issuance = new Issuance(options, this.locks, plan);
    this.renewals = new Renewals(options);
    this.unsettled = new TenantLanes({
      names: (tenant, after) => options.table.unsettled(tenant, after),
      settle: name => this.unlessBusy(name, () => this.settle(name)),
    });
    this.uneven = new TenantLanes({
      names: (tenant, after) => this.renewals.unfinished(tenant, after),
      settle: name =>
        this.unlessBusy(name, () =>
          this.renewals.evenOut(name).then(
            () => true,
            () => false,
          ),
        ),
    });
  }

  /** Takes up where an earlier run ended. `recover` is to follow once the parties can be reached. */
  static async open(options: RegistrationOptions, plan: AddressPlan): Promise<RegistrationService> {
    const { table, directory } = options;
    for (const domain of options.tenants.keys()) {
      directory.numberTenant(await table.tenantNumber(domain), domain);
    }
    let outside = 0;
    for await (const { name, tenant, addresses, state } of table.all(
      'active',
      'withdrawing',
      'revoked',
      'expired',
    )) {
      directory.put({ name, tenant, addresses, isActive: state === 'active' });
      if (state === 'active' && isOutsideBlocks(addresses, directory)) outside++;
    }
    if (outside > 0) options.log.write('popsicl-outside-blocks', { count: outside });
    const service = new RegistrationService(options, plan);
    service.live = await table.count();
    return service;
  }

  /** Pseudonyms that are not over. */
  get size(): number {
    return this.live;
  }

  /** Undoes or finishes what an earlier run left half done, as far as the parties can be reached; sweeps do the rest. */
  async recover(): Promise<number> {
    const before = this.settled;
    await this.track(() => this.tellAgain());
    const count = this.settled - before;
    if (count > 0) this.options.log.write('popsicl-recovered', { count });
    return count;
  }

  /** Draws from here on by another plan, after keys rotated. */
  usePlan(plan: AddressPlan): void {
    this.issuance.plan = plan;
  }

  /** Sweeps every `interval` milliseconds, and does `also` then; neither waits for parties that do not answer. */
  sweepEvery(interval: number, also: () => Promise<void> = async () => {}): void {
    const failed = (error: unknown) => this.options.log.write('popsicl-sweep-failed', {}, error as Error);
    this.sweeping = this.options.clock.every(interval, () => {
      const running = Promise.all([
        this.sweep().catch(failed),
        this.track(() => also()).catch(failed),
      ]).finally(() => this.underWay.delete(running));
      this.underWay.add(running);
    });
  }

  /** Ends what is under way in good order. */
  async close(): Promise<void> {
    this.isClosing = true;
    this.sweeping?.cancel();
    this.unsettled.stop();
    this.uneven.stop();
    await Promise.allSettled(this.underWay);
  }

  /**
   * Makes a pseudonym and tells everybody concerned. Throws RegistrationError, PkiError for the client's request,
   * PseudonymError when addresses have run out, StoreError; nothing is left of the registration then.
   */
  register(request: RegistrationRequest): Promise<Registration> {
    return this.track(() => this.registerNow(request));
  }

  /** Lets a pseudonym hold for another lifetime from now. Its owner has to do nothing. */
  renew(name: string): Promise<PseudonymReport> {
    return this.track(() =>
      this.locks.run(name, async () => {
        return this.report(await this.renewals.renew(await this.active(name)), false);
      }),
    );
  }

  /** Ends a pseudonym. No new connection is accepted from now on; resolves when the end is on the disk. */
  revoke(name: string): Promise<PseudonymReport> {
    const { directory, table, wallClock } = this.options;
    return this.track(async () => {
      // At once: a renewal that is under way may have to wait for somebody.
      const isActive = directory.suspend(name);
      try {
        const ended = await this.locks.run(name, () => this.end(name, wallClock()));
        this.counts.revoked++;
        return ended;
      } catch (error) {
        if (isActive && (await table.get(name))?.state === 'active') directory.resume(name);
        throw error;
      }
    });
  }

  /** By name. Tenants are told only with `unseal`. */
  async list(unseal: boolean): Promise<PseudonymReport[]> {
    const reports = [];
    const states = ['pending', 'active', 'withdrawing', 'revoked', 'expired'] as const;
    for await (const found of this.options.table.all(...states)) reports.push(this.report(found, unseal));
    return reports;
  }

  /** What a tenant's server serves now, for an agent that has nothing or connects again. */
  materials(tenant: string): AsyncGenerator<TenantMaterial> {
    return this.options.table.materials(tenant);
  }

  /** Ends what has expired, forgets what ended long ago, and tells again who could not be told. Number of those that expired. */
  async sweep(): Promise<number> {
    const { table, directory, wallClock, retention } = this.options;
    const now = wallClock();
    const expired = await this.track(() => this.expire(now));
    for (const name of await table.purge(now - retention)) directory.forget(name);
    await this.track(() => this.tellAgain());
    return expired;
  }

  /** From here on nobody gets in by what has expired; who has to hear of it does when `tellAgain` comes to it. */
  private async expire(now: number): Promise<number> {
    const { table, directory } = this.options;
    let expired = 0;
    for (;;) {
      const before = expired;
      for (const name of await table.expired(now)) {
        // A renewal that is under way may wait for somebody: the next sweep sees what came of it.
        await this.locks.runUnlessBusy(name, async () => {
          const found = await table.get(name);
          // Renewed or revoked in the meantime.
          if (found?.state !== 'active' || found.expiresAt > now) return;
          await table.beginEnd(name, 'expired', now);
          directory.suspend(name);
          this.live--;
          this.counts.expired++;
          expired++;
        });
      }
      if (expired === before) return expired;
    }
  }

  private async tellAgain(): Promise<void> {
    await Promise.all([
      this.unsettled.run(await this.options.table.unsettledTenants()),
      this.uneven.run(this.renewals.unfinishedTenants),
    ]);
  }

  private async registerNow(request: RegistrationRequest): Promise<Registration> {
    const { tenants, rates, clock, maxPseudonyms } = this.options;
    if (!rates.take(request.source, clock.now())) {
      this.counts.limited++;
      throw new RegistrationError('rate-limited', 'too many registrations', {
        mend: 'Try again in a minute.',
      });
    }
    const tenant = tenants.get(canonicalDomain(request.domain) ?? '');
    if (tenant === undefined) {
      this.counts.declined++;
      throw new RegistrationError('declined', 'there are no pseudonyms for this domain');
    }
    if (this.live >= maxPseudonyms)
      throw new RegistrationError('registry-full', 'no more pseudonyms can be given out');
    if (request.csr !== undefined) await keyOfRequest(request.csr);
    this.live++;
    try {
      const person = await this.personOf(request);
      const registration = await this.issuance.issue(request, tenant, person);
      this.counts.registered++;
      return registration;
    } catch (error) {
      this.live--;
      this.counts.failed++;
      throw error;
    }
  }

  private async personOf(request: RegistrationRequest): Promise<KnownPerson | undefined> {
    const { linker } = this.options;
    const { linker: wish, csr, linkerCsr, keyType } = request;
    if (wish === undefined) return undefined;
    if (linker === undefined) throw new RegistrationError('no-linker', 'this cloud has no linker');
    return wish === 'new'
      ? linker.introduce(keyType ?? this.options.keyType, linkerCsr, csr)
      : linker.recall(wish);
  }

  private async end(name: string, now: number): Promise<PseudonymReport> {
    const { table, round } = this.options;
    const found = await this.active(name);
    await table.beginEnd(name, 'revoked', now);
    this.live--;
    const isForgotten = await round.withdraw(name, found.tenant);
    if (isForgotten) await table.finishEnd(name);
    return this.report({ ...found, state: isForgotten ? 'revoked' : 'withdrawing' }, false);
  }

  /** Whether everybody has heard that a name is over, or never was. */
  private async settle(name: string): Promise<boolean> {
    const { table, round } = this.options;
    const found = await table.get(name);
    if (found?.state !== 'pending' && found?.state !== 'withdrawing') return true;
    const { state, tenant } = found;
    if (!(await (state === 'pending' ? this.issuance.undo(name, tenant) : round.withdraw(name, tenant)))) {
      return false;
    }
    if (state === 'withdrawing') await table.finishEnd(name);
    this.settled++;
    return true;
  }

  /** Whether there is nothing left to do, or somebody else is about it. */
  private async unlessBusy(name: string, work: () => Promise<boolean>): Promise<boolean> {
    let isDone = true;
    await this.locks.runUnlessBusy(name, async () => {
      isDone = await work();
    });
    return isDone;
  }

  private report(found: Registered, unseal: boolean): PseudonymReport {
    const { name, form, state, tenant, addresses, createdAt, expiresAt } = found;
    const isOutside = isOutsideBlocks(addresses, this.options.directory);
    return {
      name,
      form,
      state,
      tenant: unseal ? tenant : null,
      createdAt,
      expiresAt,
      isOutsideBlocks: isOutside,
    };
  }

  private async active(name: string): Promise<Registered> {
    const found = await this.options.table.get(name);
    if (found === undefined || found.state === 'pending') {
      throw new RegistrationError('unknown-pseudonym', 'there is no such pseudonym', {
        mend: 'See `cloakflow popsicl list`.',
      });
    }
    if (found.state !== 'active') throw notActive();
    return found;
  }

  private async track<T>(work: () => Promise<T>): Promise<T> {
    if (this.isClosing) throw new RegistrationError('closing', 'the controller is about to end');
    const running = work();
    this.underWay.add(running);
    try {
      return await running;
    } finally {
      this.underWay.delete(running);
    }
  }
}

function notActive(): RegistrationError {
  return new RegistrationError('not-active', 'the pseudonym has ended');
}

function isOutsideBlocks({ ipv4, ipv6 }: Registered['addresses'], directory: Directory): boolean {
  return [...ipv4, ...ipv6].some(address => !directory.isPseudoAddress(address));
}

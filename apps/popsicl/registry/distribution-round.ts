import type { Clock, MessageLog } from '../../../controller/host/index.js';
import type { Distribution, Pseudonym, ServerMaterial } from '../model.js';
import { PartyError } from '../party-error.js';
import type { REGISTRAR_MESSAGES } from './messages.js';
import { RegistrationError } from './registration-error.js';

export interface DistributionRoundOptions {
  /** Told together. */
  readonly parties: readonly Distribution[];
  /** Told when all others act on it, and first of all to forget: from here on connections are accepted or not. */
  readonly last: Distribution;
  readonly clock: Clock;
  readonly log: MessageLog<typeof REGISTRAR_MESSAGES>;
  /** Milliseconds that a party has for an answer, unless it says that it may need longer. */
  readonly patience: number;
  /** Whether the log may name pseudonyms and their tenants. */
  readonly unsealed?: boolean;
}

/** Not every party could be told. */
export class DistributionFailed extends RegistrationError {
  /** Those that certainly know nothing of the pseudonym. */
  readonly unheard: ReadonlySet<Distribution>;

  constructor(unheard: ReadonlySet<Distribution>) {
    super('distribution-failed', 'the pseudonym could not be set up everywhere', {
      mend: 'Try again later.',
    });
    this.unheard = unheard;
  }
}

const NONE: ReadonlySet<Distribution> = new Set();

/** Tells every party, or none. */
export class DistributionRound {
  private readonly options: DistributionRoundOptions;

  constructor(options: DistributionRoundOptions) {
    this.options = options;
  }

  /**
   * Resolves when every party acts on the pseudonym. Otherwise rejects with DistributionFailed: some may have heard of it, and
   * `withdraw` is to follow.
   */
  async publish(pseudonym: Pseudonym, material: ServerMaterial): Promise<void> {
    const { parties, last } = this.options;
    await this.tellAll(parties, pseudonym, material);
    await this.tellAll([last], pseudonym, material);
  }

  /** As `publish`, for a pseudonym that is known: nothing changes for the last, who may have been told to forget it meanwhile. */
  async renew(pseudonym: Pseudonym, material: ServerMaterial): Promise<void> {
    await this.tellAll(this.options.parties, pseudonym, material);
  }

  /**
   * Whether every party has forgotten the name. Those that have not are named in the log; try again later. `unheard`: parties that
   * need not be told.
   */
  async withdraw(name: string, tenant: string, unheard = NONE): Promise<boolean> {
    const { parties, last } = this.options;
    const forget = async (party: Distribution) =>
      unheard.has(party) ||
      (await this.tell(party, 'popsicl-withdrawal-pending', { name, tenant }, () =>
        party.withdraw(name, tenant),
      )) === 'told';
    const isLastDone = await forget(last);
    const results = await Promise.all(parties.map(forget));
    return isLastDone && results.every(done => done);
  }

  private async tellAll(
    parties: readonly Distribution[],
    pseudonym: Pseudonym,
    material: ServerMaterial,
  ): Promise<void> {
    const results = await Promise.all(
      parties.map(party =>
        this.tell(party, 'popsicl-distribution-failed', pseudonym, () => party.publish(pseudonym, material)),
      ),
    );
    if (results.every(result => result === 'told')) return;
    throw new DistributionFailed(new Set(parties.filter((_, index) => results[index] === 'unheard')));
  }

  private async tell(
    party: Distribution,
    failure: 'popsicl-distribution-failed' | 'popsicl-withdrawal-pending',
    { name, tenant }: Pick<Pseudonym, 'name' | 'tenant'>,
    work: () => Promise<void>,
  ): Promise<'told' | 'unheard' | 'failed'> {
    const { clock, log, patience, unsealed } = this.options;
    try {
      await new Promise<void>((resolve, reject) => {
        const timer = clock.after(Math.max(patience, party.patience ?? 0), () =>
          reject(new RegistrationError('distribution-failed', 'no answer in time')),
        );
        Promise.resolve()
          .then(work)
          .then(resolve, reject)
          .finally(() => timer.cancel());
      });
      return 'told';
    } catch (error) {
      // The code alone: the message of a party may name the pseudonym.
      const reason = (error as { code?: unknown } | undefined)?.code;
      log.write(failure, {
        party: party.label,
        reason: typeof reason === 'string' ? reason : 'unknown',
        ...(unsealed ? { pseudonym: name, tenant } : {}),
      });
      return error instanceof PartyError && error.isUnheard ? 'unheard' : 'failed';
    }
  }
}

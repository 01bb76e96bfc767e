import { TenantError } from '../tenant-error.js';

export interface ReloadBatchesOptions {
  /** Makes the web server read its configuration again. */
  readonly reload: () => Promise<void>;
  /** Milliseconds until a reload must show. */
  readonly patience: number;
}

interface Change {
  readonly isSeen: () => Promise<boolean>;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** Milliseconds between two looks. */
const LOOK_AGAIN = 50;
/** Looks in a row that must see the change: nginx lets old workers accept for 100 ms beside the new ones. */
const LOOKS = 4;

/** One reload at a time; changes that come during one share the next. */
export class ReloadBatches {
  private readonly options: ReloadBatchesOptions;
  private waiting: Change[] = [];
  private working = false;

  constructor(options: ReloadBatchesOptions) {
    this.options = options;
  }

  /**
   * Has a change of the configuration's files read, and resolves when `isSeen` says that the server goes by it.
   *
   * @throws TenantError `web-server-failed`; what `reload` throws
   */
  apply(isSeen: () => Promise<boolean>): Promise<void> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ isSeen, resolve, reject });
      if (!this.working) void this.work();
    });
  }

  private async work(): Promise<void> {
    this.working = true;
    while (this.waiting.length > 0) {
      const batch = this.waiting;
      this.waiting = [];
      try {
        await this.reload();
        await Promise.all(batch.map(change => this.settle(change)));
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    this.working = false;
  }

  /** Does not wait for ever for a command that hangs. */
  private async reload(): Promise<void> {
    const { reload, patience } = this.options;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(notByIt()), patience);
    });
    await Promise.race([reload(), late]).finally(() => clearTimeout(timer));
  }

  private async settle({ isSeen, resolve, reject }: Change): Promise<void> {
    const end = performance.now() + this.options.patience;
    for (let seen = (await isSeen()) ? 1 : 0; seen < LOOKS; seen = (await isSeen()) ? seen + 1 : 0) {
      if (performance.now() > end) {
        reject(notByIt());
        return;
      }
      await new Promise(again => setTimeout(again, LOOK_AGAIN));
    }
    resolve();
  }
}

function notByIt(): TenantError {
  return new TenantError('web-server-failed', 'the web server does not answer by its new configuration', {
    mend: 'Look at its error log.',
  });
}

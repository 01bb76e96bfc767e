import { TenantError } from '../tenant-error.js';

export interface ReloadBatchesOptions {
  /** Makes the web server read its configuration again. */
  readonly reload: () => Promise<void>;
  /** Milliseconds from a change until it must show. */
  readonly patience: number;
}

interface Change {
  readonly isSeen: () => Promise<boolean>;
  /** Tells who made it what came of it, once. */
  readonly end: (error?: unknown) => void;
  isOver: boolean;
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
   * Has a change of the configuration's files read, and resolves when `isSeen` says that the server goes by it. Rejects when it does
   * not within the patience, whatever else is to be reloaded before it.
   *
   * @throws TenantError `web-server-failed`; what `reload` throws
   */
  apply(isSeen: () => Promise<boolean>): Promise<void> {
    return new Promise((resolve, reject) => {
      const change: Change = {
        isSeen,
        isOver: false,
        end: error => {
          clearTimeout(timer);
          change.isOver = true;
          if (error === undefined) resolve();
          else reject(error);
        },
      };
      const timer = setTimeout(() => change.end(notByIt()), this.options.patience);
      this.waiting.push(change);
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
        await Promise.all(batch.map(settle));
      } catch (error) {
        for (const change of batch) change.end(error);
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
}

async function settle(change: Change): Promise<void> {
  const look = () => change.isSeen().catch(() => false);
  let seen = 0;
  while (!change.isOver) {
    seen = (await look()) ? seen + 1 : 0;
    if (seen === LOOKS) change.end();
    else await new Promise(again => setTimeout(again, LOOK_AGAIN));
  }
}

function notByIt(): TenantError {
  return new TenantError('web-server-failed', 'the web server does not answer by its new configuration', {
    mend: 'Look at its error log.',
  });
}

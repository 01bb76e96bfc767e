import type { Clock } from '../../../controller/host/index.js';
import type { CookieKey, CookieKeys } from './cookie-keys.js';

export interface KeyRotationOptions {
  readonly keys: CookieKeys;
  readonly clock: Clock;
  /** Milliseconds that a key makes cookies. */
  readonly lifetime: number;
  /** Milliseconds that tenants have to take a key; one that does not gets it when it is back. */
  readonly patience: number;
  /** Makes a key known to the tenants. */
  announce(key: CookieKey): Promise<void>;
  /** Writes the keys down, so that connections half open at a restart complete. */
  save(keys: readonly CookieKey[]): Promise<void>;
  /** A key could not be announced or written. */
  failed(error: unknown): void;
}

/** Renews the key of the cookies on the clock: tenants know each key before the first cookie is made with it. */
export function rotateKeys(options: KeyRotationOptions): void {
  const { keys, clock, lifetime, patience, announce, save, failed } = options;
  clock.every(lifetime, () => {
    const key = keys.next();
    let isUsed = false;
    const use = () => {
      if (isUsed) return;
      isUsed = true;
      keys.use(key);
      save(keys.all).catch(failed);
    };
    const timer = clock.after(patience, use);
    announce(key).then(
      () => {
        timer.cancel();
        use();
      },
      // The others may know it: it is used once their time is over.
      failed,
    );
  });
}

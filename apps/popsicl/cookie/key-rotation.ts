import type { Clock } from '../../../controller/host/index.js';
import type { CookieKey, CookieKeys } from './cookie-keys.js';

export interface KeyRotationOptions {
  readonly keys: CookieKeys;
  readonly clock: Clock;
  /** Milliseconds that a key makes cookies. */
  readonly lifetime: number;
  /** Milliseconds that tenants know a key before it is used. */
  readonly lead: number;
  /** Tells the tenants a key; one that is away is told when it is back. */
  announce(key: CookieKey): void;
  /** Writes the keys down, so that connections half open at a restart complete. */
  save(keys: readonly CookieKey[]): Promise<void>;
  /** The keys could not be written. */
  failed(error: unknown): void;
}

/** Renews the key of the cookies on the clock: tenants know each key before the first cookie is made with it. */
export function rotateKeys({
  keys,
  clock,
  lifetime,
  lead,
  announce,
  save,
  failed,
}: KeyRotationOptions): void {
  clock.every(lifetime, () => {
    const key = keys.next();
    announce(key);
    clock.after(lead, () => {
      keys.use(key);
      save(keys.all).catch(failed);
    });
  });
}

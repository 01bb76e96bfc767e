import { createHash, randomBytes } from 'node:crypto';

const SECRET_BYTES = 32;
const MOST = 1000;

/** A tenant that may enrol its agent, once and for a while. Kept in memory alone, and of each the secret's hash only. */
export class Invitations {
  private readonly open = new Map<string, { readonly domain: string; readonly until: number }>();

  /** The secret of a new invitation. Times in milliseconds of any clock that never goes back. */
  invite(domain: string, now: number, lifetime: number): Buffer {
    this.forget(now);
    const secret = randomBytes(SECRET_BYTES);
    this.open.set(key(secret), { domain, until: now + lifetime });
    // The oldest goes: an invitation can be made again.
    if (this.open.size > MOST) this.open.delete(this.open.keys().next().value!);
    return secret;
  }

  /** The tenant that a secret invites; the invitation is over then. Undefined for all others. */
  redeem(secret: Uint8Array, now: number): string | undefined {
    this.forget(now);
    const found = this.open.get(key(secret));
    this.open.delete(key(secret));
    return found?.domain;
  }

  /** Whether anybody is invited now. */
  isAnyOpen(now: number): boolean {
    this.forget(now);
    return this.open.size > 0;
  }

  private forget(now: number): void {
    for (const [hash, { until }] of this.open) if (until <= now) this.open.delete(hash);
  }
}

function key(secret: Uint8Array): string {
  return createHash('sha256').update(secret).digest('base64');
}

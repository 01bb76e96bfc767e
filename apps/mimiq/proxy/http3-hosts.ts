import { ClientError } from '../client/client-error.js';

/** Milliseconds for which it is remembered whether a host speaks HTTP/3. */
const REMEMBER = 600_000;
const MAX_HOSTS = 4096;
/** Errors of a first request that say that nobody speaks HTTP/3 there, and not that something else is wrong. */
const SILENT = new Set(['connect-failed', 'connect-timeout', 'certificate-rejected', 'path-unreachable']);

/** Which hosts speak HTTP/3, as configured and as found out. */
export class Http3Hosts {
  private readonly configured: ReadonlySet<string>;
  private readonly known = new Map<string, { speaks: boolean; until: number }>();
  private readonly now: () => number;

  constructor(configured: Iterable<string>, now: () => number = () => performance.now()) {
    this.configured = new Set(configured);
    this.now = now;
  }

  /** False only for a host that was found not to speak it. */
  mayTry(host: string): boolean {
    if (this.configured.has(host)) return true;
    const entry = this.known.get(host);
    return entry === undefined || entry.speaks || entry.until < this.now();
  }

  /** The host answered. */
  speaks(host: string): void {
    this.remember(host, true);
  }

  /** Whether the error means that another way should be tried; it is remembered then. */
  silent(host: string, error: unknown): boolean {
    if (this.configured.has(host) || this.known.get(host)?.speaks) return false;
    if (!(error instanceof ClientError) || !SILENT.has(error.code)) return false;
    this.remember(host, false);
    return true;
  }

  private remember(host: string, speaks: boolean): void {
    this.known.delete(host);
    this.known.set(host, { speaks, until: this.now() + REMEMBER });
    if (this.known.size > MAX_HOSTS) this.known.delete(this.known.keys().next().value!);
  }
}

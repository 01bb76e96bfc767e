import { X509Certificate } from 'node:crypto';
import { constants as file, type Stats } from 'node:fs';
import { lstat, open } from 'node:fs/promises';
import { join } from 'node:path';
import { createSecureContext, type SecureContext } from 'node:tls';
import { isHostName } from '../host-name.js';

const MAX_BYTES = 64 * 1024;
const BLOCK = /-----BEGIN [A-Z ]+-----[^-]+-----END [A-Z ]+-----\n?/g;

interface Entry {
  context: SecureContext;
  stats: Stats;
}

/**
 * Secure contexts of pseudonyms from a folder of files NAME.pem, made when they are first asked for. The most recently used
 * stay in memory; every look asks the file system whether the file is still the same.
 */
export class PseudonymContexts {
  private readonly folder: string;
  private readonly capacity: number;
  /** In the order of use, the least recent first. */
  private readonly entries = new Map<string, Entry>();

  constructor(folder: string, capacity: number) {
    this.folder = folder;
    this.capacity = capacity;
  }

  get size(): number {
    return this.entries.size;
  }

  /** undefined for names that are not served: unknown, revoked, broken or no names. In any case. */
  async look(anyCase: string): Promise<SecureContext | undefined> {
    const name = anyCase.toLowerCase();
    if (!isHostName(name)) return undefined;
    try {
      return await this.find(name);
    } catch {
      this.entries.delete(name);
      return undefined;
    }
  }

  /** Whether there is a file for the name. */
  async has(name: string): Promise<boolean> {
    return isHostName(name) && (await this.stats(name).catch(() => undefined)) !== undefined;
  }

  private async find(name: string): Promise<SecureContext> {
    const known = this.entries.get(name);
    if (known && sameFile(known.stats, await this.stats(name))) {
      this.entries.delete(name);
      this.entries.set(name, known);
      return known.context;
    }
    const entry = await this.read(name);
    this.entries.delete(name);
    for (const oldest of this.entries.keys()) {
      if (this.entries.size < this.capacity) break;
      this.entries.delete(oldest);
    }
    this.entries.set(name, entry);
    return entry.context;
  }

  private stats(name: string): Promise<Stats> {
    return lstat(this.path(name));
  }

  private path(name: string): string {
    return join(this.folder, `${name}.pem`);
  }

  private async read(name: string): Promise<Entry> {
    const handle = await open(this.path(name), file.O_RDONLY | file.O_NOFOLLOW | file.O_NONBLOCK);
    try {
      const stats = await handle.stat();
      if (!stats.isFile() || stats.size > MAX_BYTES) throw new Error('no file of a pseudonym');
      return { stats, context: contextOf(name, await handle.readFile('utf8')) };
    } finally {
      await handle.close();
    }
  }
}

/** Fails for what does not belong together. */
function contextOf(name: string, pem: string): SecureContext {
  const [key, anchorPem, ...chain] = pem.match(BLOCK) ?? [];
  if (key === undefined || anchorPem === undefined || chain.length === 0) throw new Error('no bundle');
  const server = new X509Certificate(chain[0]!);
  const anchor = new X509Certificate(anchorPem);
  if (server.checkHost(name, { wildcards: false }) === undefined) throw new Error('another name');
  if (!anchor.publicKey.equals(server.publicKey) || !anchor.ca) throw new Error('another key');
  return createSecureContext({ key, cert: chain.join(''), ca: anchorPem });
}

function sameFile(a: Stats, b: Stats): boolean {
  return (
    a.dev === b.dev &&
    a.ino === b.ino &&
    a.size === b.size &&
    a.mtimeMs === b.mtimeMs &&
    a.ctimeMs === b.ctimeMs
  );
}

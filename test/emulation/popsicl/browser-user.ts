import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import type { BrowserContext, Page } from 'playwright-core';
import { type EmulatedHost, runCommand } from '../../../mininet/driver/index.js';

/** What imports certificates into browsers. */
const TOOLS = ['/usr/bin/certutil', '/usr/bin/pk12util'];

export interface BrowserSettings {
  /** Addresses of names that the cloud's DNS does not know. */
  readonly names?: Readonly<Record<string, string>>;
  /** Files of authorities that identify websites, as imported in the browser's settings. */
  readonly authorities?: readonly string[];
}

/** A browser of this machine. */
export interface BrowserKind {
  readonly name: string;
  /** Where its program is. */
  readonly program: string;
  /** Starts it for a person at a host, with a home of her own. */
  start(host: EmulatedHost, home: string, settings?: BrowserSettings): Promise<BrowserUser>;
}

export const hasBrowser = ({ program }: BrowserKind) => [program, ...TOOLS].every(existsSync);

/**
 * A person with an unmodified browser. One thing is set that a person would click: that the certificate for a name of the cloud
 * is sent without asking.
 */
export class BrowserUser implements AsyncDisposable {
  readonly context: BrowserContext;
  /** Where the browser keeps certificates. */
  private readonly database: string;

  constructor(context: BrowserContext, database: string) {
    this.context = context;
    this.database = database;
    context.setDefaultTimeout(90_000);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.context.close();
  }

  newPage(): Promise<Page> {
    return this.context.newPage();
  }

  /** As by the browser's settings: a certificate of her own. */
  async importCertificate(file: string, password: string): Promise<void> {
    const words = ['-d', `sql:${this.database}`, '-K', '', '-i', file, '-W', password];
    await runCommand(['pk12util', ...words], { check: true });
  }
}

/** A folder of certificates for a browser that has not started yet. */
export async function certificateDatabase(folder: string, authorities: readonly string[]): Promise<void> {
  await mkdir(folder, { recursive: true });
  const certutil = (...words: string[]) =>
    runCommand(['certutil', '-d', `sql:${folder}`, ...words], { check: true });
  await certutil('-N', '--empty-password');
  for (const [index, file] of authorities.entries())
    await certutil('-A', '-t', 'C,,', '-n', `authority ${index}`, '-i', file);
}

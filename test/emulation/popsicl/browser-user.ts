import { existsSync } from 'node:fs';
import { chmod, cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type BrowserContext, chromium, type Page } from 'playwright-core';
import { CLOUD_DOMAIN } from '../../../mininet/demo/popsicl-cloud.js';
import { type EmulatedHost, runCommand } from '../../../mininet/driver/index.js';

const BROWSER = '/usr/bin/chromium';
/** Where Chromium of Debian looks for policies. */
const SETTINGS = '/etc/chromium';

/** Whether there is a browser, and what imports certificates into it. */
export const HAS_BROWSER = [BROWSER, '/usr/bin/certutil', '/usr/bin/pk12util'].every(existsSync);

export interface BrowserSettings {
  /** Addresses of names that the cloud's DNS does not know. */
  readonly names?: Readonly<Record<string, string>>;
  /** Files of authorities that identify websites, as imported in the browser's settings. */
  readonly authorities?: readonly string[];
}

/**
 * A person at a host with an unmodified Chromium and a home of her own. One thing is set that a person would click: that the
 * certificate for a name of the cloud is sent without asking.
 */
export class BrowserUser implements AsyncDisposable {
  readonly home: string;
  readonly context: BrowserContext;
  private constructor(home: string, context: BrowserContext) {
    this.home = home;
    this.context = context;
  }

  static async start(
    host: EmulatedHost,
    home: string,
    { names = {}, authorities = [] }: BrowserSettings = {},
  ): Promise<BrowserUser> {
    const database = join(home, '.pki/nssdb');
    await mkdir(database, { recursive: true });
    await runCommand(['certutil', '-d', `sql:${database}`, '-N', '--empty-password'], { check: true });
    for (const [index, file] of authorities.entries()) {
      const words = ['-A', '-t', 'C,,', '-n', `authority ${index}`, '-i', file];
      await runCommand(['certutil', '-d', `sql:${database}`, ...words], { check: true });
    }
    await chooseCertificates(host, join(home, 'chromium'));
    const program = join(home, 'browser');
    const namespaces = ['net', 'mnt:mount'].map(word => {
      const [file, option = file] = word.split(':');
      return `--${option}=/proc/${host.pid}/ns/${file}`;
    });
    await writeFile(program, `#!/bin/sh\nexec nsenter ${namespaces.join(' ')} -- ${BROWSER} "$@"\n`);
    await chmod(program, 0o755);
    const known = Object.entries(names).map(([name, address]) => `MAP ${name} ${address}`);
    const rules = [...known, `MAP * ~NOTFOUND`, `EXCLUDE *.${CLOUD_DOMAIN}`].join(', ');
    const context = await chromium.launchPersistentContext(join(home, 'profile'), {
      executablePath: program,
      headless: true,
      chromiumSandbox: false,
      acceptDownloads: true,
      viewport: { width: 900, height: 900 },
      timeout: 60_000,
      args: ['--disable-quic', `--host-resolver-rules=${rules}`],
      env: { ...(process.env as Record<string, string>), HOME: home },
    });
    context.setDefaultTimeout(45_000);
    return new BrowserUser(home, context);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.context.close();
  }

  newPage(): Promise<Page> {
    return this.context.newPage();
  }

  /** As by the browser's settings: a certificate of her own. */
  async importCertificate(file: string, password: string): Promise<void> {
    const database = `sql:${join(this.home, '.pki/nssdb')}`;
    await runCommand(['pk12util', '-d', database, '-K', '', '-i', file, '-W', password], { check: true });
  }
}

/** In the host alone: the machine's own settings stay as they are. */
async function chooseCertificates(host: EmulatedHost, folder: string): Promise<void> {
  if (existsSync(SETTINGS)) await cp(SETTINGS, folder, { recursive: true });
  await mkdir(join(folder, 'policies/managed'), { recursive: true });
  const anyOfCloud = JSON.stringify({ pattern: `https://[*.]${CLOUD_DOMAIN}`, filter: {} });
  const policy = JSON.stringify({ AutoSelectCertificateForUrls: [anyOfCloud] });
  await writeFile(join(folder, 'policies/managed/cloud.json'), policy);
  await host.run(['mount', '--bind', folder, SETTINGS], { check: true });
}

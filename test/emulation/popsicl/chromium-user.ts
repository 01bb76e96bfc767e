import { existsSync } from 'node:fs';
import { chmod, cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { CLOUD_DOMAIN } from '../../../mininet/demo/popsicl-cloud.js';
import type { EmulatedHost } from '../../../mininet/driver/index.js';
import { type BrowserKind, BrowserUser, certificateDatabase } from './browser-user.js';

const PROGRAM = '/usr/bin/chromium';
/** Where Chromium of Debian looks for policies. */
const SETTINGS = '/etc/chromium';

export const CHROMIUM: BrowserKind = {
  name: 'Chromium',
  program: PROGRAM,
  async start(host, home, { names = {}, authorities = [] } = {}) {
    const database = join(home, '.pki/nssdb');
    await certificateDatabase(database, authorities);
    await chooseCertificates(host, join(home, 'chromium'));
    const program = join(home, 'browser');
    const namespaces = ['net', 'mnt:mount'].map(word => {
      const [file, option = file] = word.split(':');
      return `--${option}=/proc/${host.pid}/ns/${file}`;
    });
    await writeFile(program, `#!/bin/sh\nexec nsenter ${namespaces.join(' ')} -- ${PROGRAM} "$@"\n`);
    await chmod(program, 0o755);
    const known = Object.entries(names).map(([name, address]) => `MAP ${name} ${address}`);
    const rules = [...known, `MAP * ~NOTFOUND`, `EXCLUDE *.${CLOUD_DOMAIN}`].join(', ');
    const context = await chromium.launchPersistentContext(join(home, 'profile'), {
      executablePath: program,
      headless: true,
      chromiumSandbox: false,
      acceptDownloads: true,
      viewport: { width: 900, height: 900 },
      timeout: 120_000,
      args: ['--disable-quic', `--host-resolver-rules=${rules}`],
      env: { ...(process.env as Record<string, string>), HOME: home },
    });
    // Addresses of documentation are no public ones to Chromium, which keeps pages elsewhere from asking for them.
    await context.grantPermissions(['local-network-access']);
    return new BrowserUser(context, database);
  },
};

/** In the host alone: the machine's own settings stay as they are. */
async function chooseCertificates(host: EmulatedHost, folder: string): Promise<void> {
  if (existsSync(SETTINGS)) await cp(SETTINGS, folder, { recursive: true });
  await mkdir(join(folder, 'policies/managed'), { recursive: true });
  const anyOfCloud = JSON.stringify({ pattern: `https://[*.]${CLOUD_DOMAIN}`, filter: {} });
  const policy = JSON.stringify({ AutoSelectCertificateForUrls: [anyOfCloud] });
  await writeFile(join(folder, 'policies/managed/cloud.json'), policy);
  await host.run(['mount', '--bind', folder, SETTINGS], { check: true });
}

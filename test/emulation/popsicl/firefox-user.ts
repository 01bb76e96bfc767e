import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { firefox } from 'playwright-core';
import { type BrowserKind, BrowserUser, certificateDatabase } from './browser-user.js';

const PROGRAM = '/usr/bin/firefox-esr';
const LAUNCHER = fileURLToPath(new URL('./firefox-program.js', import.meta.url));
const NOWHERE = 'data:,';

/** One thing that a person would click, and what keeps the browser from talking to its maker. */
export const PREFERENCES = {
  'security.default_personal_cert': 'Select Automatically',
  'app.normandy.enabled': false,
  'browser.region.network.url': '',
  'browser.search.suggest.enabled': false,
  'dom.push.connection.enabled': false,
  'extensions.systemAddon.update.enabled': false,
  'network.captive-portal-service.enabled': false,
  'network.dns.disablePrefetch': true,
  'network.http.http3.enable': false,
  'network.trr.mode': 5,
  'security.OCSP.enabled': 0,
  'services.settings.server': NOWHERE,
  'toolkit.telemetry.server': NOWHERE,
  'toolkit.telemetry.enabled': false,
};

/** Firefox as it comes, by WebDriver BiDi. Playwright from 1.65 on asks for a command that Firefox ESR 153 does not know. */
export const FIREFOX: BrowserKind = {
  name: 'Firefox',
  program: PROGRAM,
  async start(host, home, { names = {}, authorities = [] } = {}) {
    const profile = join(home, 'profile');
    await certificateDatabase(profile, authorities);
    const known = Object.entries(names).map(([name, address]) => `\n${address} ${name}`);
    await writeFile(join(home, 'hosts'), [await readFile('/etc/hosts', 'utf8'), ...known, '\n'].join(''));
    await host.run(['mount', '--bind', join(home, 'hosts'), '/etc/hosts'], { check: true });
    const program = join(home, 'browser');
    const words = [process.execPath, LAUNCHER, 'start', String(host.pid), PROGRAM];
    await writeFile(program, `#!/bin/sh\nexec ${words.join(' ')} "$@"\n`);
    await chmod(program, 0o755);
    const context = await firefox.launchPersistentContext(profile, {
      channel: 'moz-firefox',
      executablePath: program,
      headless: true,
      acceptDownloads: true,
      viewport: { width: 900, height: 900 },
      timeout: 120_000,
      firefoxUserPrefs: PREFERENCES,
      env: {
        PATH: process.env.PATH ?? '/usr/bin:/bin',
        HOME: home,
        // Without it Firefox of a release keeps to its maker's server of settings.
        MOZ_REMOTE_SETTINGS_DEVTOOLS: '1',
      },
    });
    return new BrowserUser(context, profile);
  },
};

import { existsSync } from 'node:fs';
import { type Browser, chromium, firefox } from 'playwright-core';
import { CHROMIUM } from '../../emulation/popsicl/chromium-user.js';
import { FIREFOX, PREFERENCES } from '../../emulation/popsicl/firefox-user.js';

/** A browser to which names are this machine, or nothing. */
export interface LocalBrowser {
  readonly name: string;
  readonly isHere: boolean;
  /** `home`: a folder for what it keeps. */
  launch(home: string, names: readonly string[]): Promise<Browser>;
}

const common = (home: string) => ({
  headless: true,
  timeout: 120_000,
  env: { PATH: process.env.PATH ?? '/usr/bin:/bin', HOME: home },
});

export const BROWSERS: readonly LocalBrowser[] = [
  {
    name: CHROMIUM.name,
    isHere: existsSync(CHROMIUM.program),
    launch(home, names) {
      const rules = [...names.map(name => `MAP ${name} 127.0.0.1`), 'MAP * ~NOTFOUND'];
      return chromium.launch({
        ...common(home),
        executablePath: CHROMIUM.program,
        chromiumSandbox: false,
        args: [`--host-resolver-rules=${rules.join()}`, '--disable-quic'],
      });
    },
  },
  {
    name: FIREFOX.name,
    isHere: existsSync(FIREFOX.program),
    launch: (home, names) =>
      firefox.launch({
        ...common(home),
        executablePath: FIREFOX.program,
        channel: 'moz-firefox',
        firefoxUserPrefs: {
          ...PREFERENCES,
          'network.dns.localDomains': names.join(),
          // Going back loads a page again, as it does in Chromium here.
          'browser.sessionhistory.max_total_viewers': 0,
        },
      }),
  },
];

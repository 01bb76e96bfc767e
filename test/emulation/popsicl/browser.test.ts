import { HANDS_OVER } from '../../../mininet/demo/popsicl-cloud.js';
import { hasBrowser } from './browser-user.js';
import { CHROMIUM } from './chromium-user.js';
import { FIREFOX } from './firefox-user.js';
import { journey } from './journey.js';
import { SitesAtWork } from './sites-at-work.js';

const BROWSERS = { alice: CHROMIUM, bob: FIREFOX } as const;

describe('in Mininet', () => {
  let sites: SitesAtWork;
  before(async function () {
    if (!HANDS_OVER || !Object.values(BROWSERS).some(hasBrowser)) this.skip();
    sites = await SitesAtWork.start();
  });
  after(() => sites?.[Symbol.asyncDispose]());

  for (const [host, kind] of Object.entries(BROWSERS) as [keyof typeof BROWSERS, typeof CHROMIUM][])
    describe(`a person with ${kind.name}`, () => journey(kind, host, () => sites));
});

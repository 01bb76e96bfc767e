import { mkdtemp, rm } from 'node:fs/promises';
import type { IncomingHttpHeaders } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Browser, BrowserContext } from 'playwright-core';
import { CloudAuthority, createAuthority } from '../../../apps/popsicl/pki/cloud-authority.js';
import { issueCloudServer } from '../../../apps/popsicl/pki/issue.js';
import { BROWSERS } from './browsers.js';

/** A cloud domain that no browser knows, and one that all know as a public suffix. Nothing of either leaves the machine. */
const UNKNOWN = 'popsicls.test';
const KNOWN = 'github.io';

for (const kind of BROWSERS)
  describe(`the cloud domain in ${kind.name}, as a public suffix and not`, () => {
    let folder: string;
    let server: Server;
    let browser: Browser | undefined;
    let context: BrowserContext;
    /** What came last, by host and path. */
    const seen = new Map<string, IncomingHttpHeaders>();

    before(async function () {
      if (!kind.isHere) this.skip();
      folder = await mkdtemp(join(tmpdir(), 'cloakflow-suffix-'));
      const now = Date.now();
      const authority = await CloudAuthority.load(await createAuthority(UNKNOWN, 'ecdsa-p256', now), now);
      const names = [UNKNOWN, KNOWN].flatMap(domain => ['a', 'b'].map(label => `${label}.${domain}`));
      const until = now + 3_600_000;
      const { certificatePem, keyPem } = await issueCloudServer(authority, names, 'ecdsa-p256', {
        from: now,
        until,
      });
      server = createServer({ cert: certificatePem, key: keyPem }, (request, response) => {
        const [host = ''] = request.headers.host?.split(':') ?? [];
        seen.set(`${host}${request.url}`, request.headers);
        const domain = host.slice(2);
        // What a malicious tenant would do, and what a careful one does.
        if (request.url === '/set') {
          response.setHeader('set-cookie', [
            `tossed=header; Domain=${domain}; Path=/; Secure`,
            `__Host-forged=1; Domain=${domain}; Path=/; Secure`,
            'strict=own; SameSite=Strict; Path=/; Secure',
            '__Host-session=own; Path=/; Secure',
          ]);
        }
        response.setHeader('content-type', 'text/html');
        response.end(`<!doctype html><title>${host}</title>`);
      }).listen(0, '127.0.0.1');
      await new Promise(resolve => server.once('listening', resolve));
      browser = await kind.launch(folder, names);
      context = await browser.newContext({ ignoreHTTPSErrors: true });
      context.setDefaultTimeout(90_000);
    });
    after(async () => {
      await browser?.close();
      server?.closeAllConnections();
      server?.close();
      if (folder) await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    });

    const port = () => (server.address() as AddressInfo).port;

    /** Visits a.DOMAIN, which sets cookies, then b.DOMAIN, which loads from a.DOMAIN. What came where. */
    async function visit(domain: string) {
      const at = `${domain}:${port()}`;
      const page = await context.newPage();
      await page.goto(`https://a.${at}/set`);
      await page.evaluate(`document.cookie = 'scripted=1; domain=${domain}; path=/; secure'`);
      await page.goto(`https://b.${at}/landing`);
      await page.evaluate(`fetch('https://a.${at}/probe', { mode: 'no-cors', credentials: 'include' })`);
      await page.close();
      const [landing, probe] = [seen.get(`b.${domain}/landing`)!, seen.get(`a.${domain}/probe`)!];
      return { landing, probe };
    }

    it('as a public suffix it bears no cookies, and pseudonyms are sites of their own', async () => {
      const { landing, probe } = await visit(KNOWN);
      expect(landing.cookie).to.equal(undefined);
      expect(probe['sec-fetch-site']).to.equal('cross-site');
      expect(probe.cookie ?? '')
        .to.not.contain('strict=')
        .and.to.not.contain('tossed=');
    });

    it('where it is not known, a tenant can set cookies for all pseudonyms, which __Host- cookies withstand', async () => {
      const { landing, probe } = await visit(UNKNOWN);
      expect(landing.cookie).to.contain('tossed=header').and.to.contain('scripted=1');
      expect(landing.cookie).to.not.contain('__Host-');
      expect(probe['sec-fetch-site']).to.equal('same-site');
      expect(probe.cookie).to.contain('strict=own');
    });
  });

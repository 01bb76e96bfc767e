import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { protect, type TenantWebOptions } from '../../../../apps/popsicl/tenant/web/tenant-web.js';
import { CAPABILITY, listening, OPTIONS, PSEUDONYM } from '../../../unit/popsicl/web/web-client.js';
import { BROWSERS } from '../browsers.js';
import { Shop } from './shop.js';

const ELSEWHERE = 'else.test';

/** The site as one visitor sees it, and what crossed the wire for that. */
interface Visit {
  readonly tab: Page;
  readonly url: string;
  readonly shop: Shop;
  readonly problems: string[];
  /** Bytes that the server has sent on each connection. */
  readonly sent: () => number[];
}

// `tab.evaluate` runs in the page.
declare const window: {
  done: Promise<Record<string, unknown>>;
  log: string[];
  frames: { framed: boolean }[];
  __popsicl: { quiet: Promise<void> };
  getComputedStyle(element: unknown): { backgroundImage: string };
};
declare const performance: {
  getEntriesByType(type: string): { name: string; initiatorType: string; encodedBodySize: number }[];
};
declare const document: {
  images: Iterable<{ naturalWidth: number }>;
  querySelector(selector: string): unknown;
  querySelectorAll(selector: string): unknown[];
};

/** What a page elsewhere learns by each way to ask for an address (4.3). */
const PROBE = `(async () => {
  const address = 'ADDRESS';
  const told = (name, set, value) => new Promise(resolve => {
    const element = Object.assign(document.createElement(name), set);
    element.onload = () => resolve('load' + value(element));
    element.onerror = () => resolve('error' + value(element));
    document.body.append(element);
  });
  const none = () => '';
  return {
    image: await told('img', { src: address }, ({ naturalWidth }) => ' ' + naturalWidth),
    script: await told('script', { src: address }, none),
    sheet: await told('link', { rel: 'stylesheet', href: address }, none),
    fetch: await fetch(address, { mode: 'no-cors' }).then(({ type, status }) => type + ' ' + status, () => 'failed'),
    read: await fetch(address).then(({ status }) => status, () => 'refused'),
    frame: await told('iframe', { src: address }, ({ contentWindow }) => ' ' + contentWindow.length),
  };
})()`;

for (const kind of BROWSERS)
  describe(`a tenant’s site in ${kind.name}`, () => {
    let home: string;
    let browser: Browser;
    const closing: (() => Promise<unknown> | unknown)[] = [];
    const seen: Record<string, { picture: Buffer; done: unknown; log: string[] }> = {};

    before(async function () {
      if (!kind.isHere) this.skip();
      home = await mkdtemp(join(tmpdir(), 'cloakflow-browser-'));
      browser = await kind.launch(home, [PSEUDONYM, ELSEWHERE]);
    });
    after(async () => {
      for (const close of closing.reverse()) await close();
      await browser?.close();
      if (home) await rm(home, { recursive: true, force: true, maxRetries: 5 });
    });

    async function visit(defence: TenantWebOptions['defence'] & {}, scriptedLinks = false): Promise<Visit> {
      const shop = new Shop();
      const server: Server = protect(createServer(shop.answer), {
        ...OPTIONS,
        script: true,
        scriptedLinks,
        scheme: 'http',
        defence,
      });
      const sockets: Socket[] = [];
      server.on('connection', socket => sockets.push(socket));
      const port = await listening(server);
      const context: BrowserContext = await browser.newContext();
      context.setDefaultTimeout(90_000);
      closing.push(
        () => server.closeAllConnections(),
        () => server.close(),
        () => context.close(),
      );
      const tab = await context.newPage();
      const problems: string[] = [];
      tab.on('pageerror', error => {
        // Firefox counts what the page's policy keeps it from, here from what the script loads in its place.
        if (!/^Content-Security-Policy: .* at popsicl:/.test(String(error))) problems.push(String(error));
      });
      tab.on('response', answer => {
        if (answer.status() === 404) problems.push(`404 ${new URL(answer.url()).pathname}`);
      });
      const url = `http://${PSEUDONYM}:${port}/?c=${CAPABILITY}`;
      await tab.goto(url, { waitUntil: 'networkidle' });
      return { tab, url, shop, problems, sent: () => sockets.map(({ bytesWritten }) => bytesWritten) };
    }

    for (const [name, defence] of [
      ['with the capability', false],
      ['with the defence', true],
    ] as const) {
      describe(name, () => {
        let at: Visit;
        before(async () => {
          at = await visit(defence);
          const done = await at.tab.evaluate(() => window.done);
          await at.tab.waitForLoadState('networkidle');
          const log = await at.tab.evaluate(() => window.log);
          await at.tab.waitForFunction(
            () =>
              [...document.images].every(({ naturalWidth }) => naturalWidth === 40) &&
              document.querySelectorAll('#made img').length === 1 &&
              !window.getComputedStyle(document.querySelector('#outer')).backgroundImage.includes('popsicl:'),
            undefined,
            { polling: 100 },
          );
          seen[name] = { picture: await at.tab.screenshot(), done, log };
        });

        it('runs the page’s scripts in their order', () => {
          expect(seen[name]!.log).to.deep.equal([
            ...['inline', 'blocking', 'then number rgb(1, 2, 3)', 'last', 'deferred true', 'ready'],
          ]);
        });

        it('lets the page’s scripts fetch and insert what they want', () => {
          expect(seen[name]!.done).to.include({
            fetch: '{"method":"GET","url":"/api?x=1","body":""}',
            post: '{"method":"POST","url":"/api","body":"sent"}',
            header: 'yes',
            url: '/api',
            missing: 404,
            empty: 204,
            xhr: '[200,{"method":"POST","url":"/api","body":"xhr"},"yes"]',
            now: '[200,"{\\"method\\":\\"GET\\",\\"url\\":\\"/api\\",\\"body\\":\\"\\"}","yes"]',
            image: 'true 40 /img/red.png',
            script: 'true late',
            cookie: 'own=1',
            css: 'true,true,true,true,true,true',
            here: true,
          });
        });

        it('meets no error but the page’s own, and asks the application once for what is sent', () => {
          expect(
            at.problems.filter(problem => problem !== '404 /missing' && problem !== '404 /favicon.ico'),
          ).to.deep.equal([]);
          expect(at.shop.asked.filter(line => line.startsWith('POST'))).to.deep.equal([
            'POST /api',
            'POST /api',
          ]);
          expect(at.shop.asked.join()).to.not.include(CAPABILITY);
        });

        it('runs what is in frames', async () => {
          expect(await at.tab.evaluate(() => window.frames[0]!.framed)).to.equal(true);
        });

        it('follows links, searches and logs in', async () => {
          await at.tab.click('#made a');
          await at.tab.waitForSelector('#there');
          await at.tab.goBack();
          await at.tab.goto(at.url, { waitUntil: 'networkidle' });
          await at.tab.click('#search button');
          await at.tab.waitForSelector('#there');
          expect(at.shop.asked).to.include('GET /search?q=a+b');
          await at.tab.goto(at.url, { waitUntil: 'networkidle' });
          await at.tab.click('#got');
          await at.tab.waitForSelector('#there');
          expect(at.shop.asked).to.include('GET /search?user=me');
          await at.tab.goto(at.url, { waitUntil: 'networkidle' });
          await at.tab.evaluate(`{
          const form = document.createElement('form');
          form.action = '/search';
          form.innerHTML = '<input name=made value=1>';
          document.body.append(form);
          form.submit();
        }`);
          await at.tab.waitForSelector('#there');
          expect(at.shop.asked).to.include('GET /search?made=1');
          await at.tab.goto(at.url, { waitUntil: 'networkidle' });
          await at.tab.click('#login button');
          await at.tab.waitForSelector('#back');
          expect(at.shop.asked).to.include('POST /login').and.to.include('GET /next');
          const cookies = await at.tab.context().cookies();
          expect(cookies.map(({ name, domain }) => `${name} ${domain}`).sort()).to.deep.equal([
            `own ${PSEUDONYM}`,
            `session ${PSEUDONYM}`,
          ]);
          await at.tab.click('#back');
          await at.tab.waitForSelector('#next');
        });

        if (defence) {
          it('asks for all pieces of what its markup names at once, and the application once for each object', async () => {
            const { tab, shop } = await visit(true);
            await tab.evaluate(() => window.done);
            const loaded: [string, string][] = await tab.evaluate(() =>
              performance.getEntriesByType('resource').map(({ name, initiatorType }) => {
                const { pathname, searchParams } = new URL(name);
                return [pathname, searchParams.has('popsicl') ? 'piece' : initiatorType];
              }),
            );
            for (const path of ['/css/main.css', '/js/blocking.js', '/js/deferred.js', '/js/last.js']) {
              const ways = loaded.filter(([other]) => other === path).map(([, way]) => way);
              expect(new Set(ways), path).to.deep.equal(new Set(['piece']));
            }
            for (const path of ['/css/main.css', '/js/async.js', '/js/blocking.js', '/img/green.png'])
              expect(
                shop.asked.filter(line => line === `GET ${path}`),
                path,
              ).to.have.length(1);
          });

          it('shows nothing on the wire but multiples of 512 bytes', async () => {
            expect(at.sent().reduce((sum, bytes) => sum + bytes)).to.be.above(100 * 512);
            for (const bytes of at.sent()) expect(bytes % 512).to.equal(0);
          });
        }
      });
    }

    describe('either way', () => {
      it('looks the same', () => {
        const [plain, defended] = [seen['with the capability']!, seen['with the defence']!];
        expect(defended.picture.equals(plain.picture)).to.equal(true);
        expect(defended.done).to.deep.equal(plain.done);
      });

      it('with a ladder, decoys bring requests and bytes of a page to the next step', async () => {
        const { tab, url } = await visit({ ladder: 2 });
        await tab.goto(new URL(`/next?c=${CAPABILITY}`, url).href);
        await tab.evaluate(() => window.__popsicl.quiet);
        const loaded = await tab.evaluate(() =>
          ['navigation', 'resource'].flatMap(kind =>
            performance
              .getEntriesByType(kind)
              .map(({ name, encodedBodySize }) => ({ name, encodedBodySize })),
          ),
        );
        // Firefox looks for an icon when the page is there.
        const counted = loaded.filter(({ name }) => !name.endsWith('/favicon.ico'));
        const sizes = counted.map(({ encodedBodySize }) => encodedBodySize).filter(size => size > 0);
        expect(sizes[0]).to.equal(32_768);
        expect(sizes.length % 8, JSON.stringify(loaded)).to.equal(0);
        const bytes = sizes.reduce((sum, size) => sum + size + 512, 0);
        expect(bytes).to.be.within(65_536 - 8 * 512, 65_536 + 8 * 512);
      });

      it('tells no other site where the visitor comes from', async () => {
        const referers: (string | undefined)[] = [];
        const other = createServer((request, response) => {
          if (request.url === '/') referers.push(request.headers.referer);
          response.end('<p id=there>there');
        });
        const port = await listening(other);
        closing.push(
          () => other.closeAllConnections(),
          () => other.close(),
        );
        const { tab } = await visit(false);
        await tab.evaluate(
          `document.querySelector('#made').innerHTML = '<a id=away referrerpolicy=unsafe-url href="http://${ELSEWHERE}:${port}/">away</a>'`,
        );
        await tab.click('#away');
        await tab.waitForSelector('#there');
        expect(referers).to.deep.equal([undefined]);
      });

      it('lets scripts name hosts elsewhere, and gives the capability to the tenant’s own names', async () => {
        const { tab, url } = await visit(false);
        const set = (address: string) =>
          tab.evaluate(`Object.assign(document.createElement('a'), { href: '${address}' }).href`);
        expect(await set('https://elsewhere.test/a')).to.equal('https://elsewhere.test/a');
        expect(await set('https://www.shop.test/a')).to.equal(new URL(`/a?c=${CAPABILITY}`, url).href);
      });

      it('sends links to other tenants that scripts make through the linker, if told so', async () => {
        const target = 'https://bank.test/account?a=1#b';
        const linked = `https://linker.popsicls.test/?to=${encodeURIComponent(target)}&from=${PSEUDONYM}&c=${CAPABILITY}`;
        const { tab: first, url } = await visit(true, true);
        const context = first.context();
        const make = (address: string) =>
          `const a = document.createElement('a'); a.id = 'new'; a.textContent = 'new'; a.href = '${address}';`;
        const ways = {
          link: `${make(target)} made.prepend(a)`,
          'link in no document': `${make(target)} a.click()`,
          window: `open('${target}')`,
          address: `location.href = '${target}'`,
        };
        for (const [way, script] of Object.entries(ways)) {
          const tab = await context.newPage();
          await tab.goto(url);
          await tab.evaluate(() => window.done);
          const asked = context.waitForEvent('request', request => /bank|linker/.test(request.url()));
          await tab.evaluate(`{ ${script} }`);
          if (way === 'link') await tab.click('#new');
          expect((await asked).url(), way).to.equal(linked);
        }
        await first.evaluate(() => window.done);
        for (const other of ['https://bank.test:444/', `http://${ELSEWHERE}/`]) {
          await first.evaluate(`{ ${make(other)} a.onclick = () => false; made.replaceChildren(a) }`);
          await first.click('#new');
          expect(await first.getAttribute('#new', 'href')).to.equal(other);
        }
      });

      it('answers the probes of another site alike, whether what they ask for is there or not', async () => {
        const { shop, url, tab } = await visit(true);
        const before = shop.asked.length;
        const other = createServer((_request, response) =>
          response.setHeader('Content-Type', 'text/html').end('<p>'),
        );
        const port = await listening(other);
        closing.push(
          () => other.closeAllConnections(),
          () => other.close(),
        );
        await tab.goto(`http://${ELSEWHERE}:${port}/`);
        const probe = (path: string) => tab.evaluate(PROBE.replace('ADDRESS', new URL(path, url).href));
        const nothing = await probe('/none');
        expect(nothing).to.deep.equal({
          image: 'error 0',
          script: 'error',
          sheet: 'error',
          fetch: 'opaque 0',
          read: 'refused',
          frame: 'load 0',
        });
        for (const path of ['/', '/img/green.png', '/js/late.js', '/css/main.css', '/frame', '/?c=guessed']) {
          expect(await probe(path), path).to.deep.equal(nothing);
        }
        expect(shop.asked).to.have.length(before);
      });
    });
  });

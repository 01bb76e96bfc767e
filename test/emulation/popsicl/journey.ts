import { createHash, randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import pixelmatch from 'pixelmatch';
import type { Page } from 'playwright-core';
import { PNG } from 'pngjs';
import { domainOf, LINKER, PORTAL } from '../../../mininet/demo/popsicl-cloud.js';
import { answerRecords } from './answer-records.js';
import { type BrowserKind, type BrowserUser, hasBrowser } from './browser-user.js';
import type { Client, CloudAtWork } from './cloud-at-work.js';
import { isWhole, leaveFor, probes, timings } from './in-page.js';
import { OTHER, OUTSIDE, SITE, type SitesAtWork } from './sites-at-work.js';
import { PAGES, PICTURES } from './web-site.js';

const UNIT = 512;
/** Packets of pseudonyms. */
const PSEUDONYMS = 'tcp port 443 and (net 198.51.100.0/24 or net 2001:db8:1::/64)';

interface Pseudonym {
  name: string;
  /** What was bookmarked. */
  url: string;
}

/** What a person does by pseudonyms, as tests, one after the other: from the portal on. `running` gives the sites by then. */
export function journey(kind: BrowserKind, client: Client, running: () => SitesAtWork): void {
  let sites: SitesAtWork;
  let cloud: CloudAtWork;
  let person: BrowserUser;
  let page: Page;
  let mine: Pseudonym;
  let other: Pseudonym;
  /** What the portal gave first, for what comes later. */
  let code: string;
  let files = 0;

  before(async function () {
    if (!hasBrowser(kind)) {
      console.error(`${kind.program} is not here: nothing is tested with ${kind.name}`);
      this.skip();
    }
    sites = running();
    cloud = sites.cloud;
    await sites.serve('open');
    person = await sites.visitor(kind, client);
    page = await person.newPage();
  });
  after(() => person?.[Symbol.asyncDispose]());

  /** Fills in the portal's form, keeps what it gives, and imports it. */
  async function register(domain: string, linkerCode?: string): Promise<Pseudonym> {
    await page.goto(`https://${PORTAL.name}/`);
    await page.fill('#domain', domain);
    if (linkerCode !== undefined) {
      await page.check('#linker-code');
      await page.fill('#code', linkerCode);
    }
    await page.click('#submit');
    await page.waitForSelector('#bookmark');
    const password = (await page.textContent('#password'))!;
    for (const id of linkerCode === undefined ? ['p12', 'linker-p12'] : ['p12']) {
      const [download] = await Promise.all([page.waitForEvent('download'), page.click(`#${id}`)]);
      const file = join(cloud.folder, `${client}-${++files}.p12`);
      await download.saveAs(file);
      await person.importCertificate(file, password);
    }
    if (linkerCode === undefined) code = (await page.textContent('#linker-code'))!;
    return { name: (await page.textContent('#name'))!, url: (await page.textContent('#bookmark'))! };
  }

  /** The front page with everything in it, and how it looks. */
  async function look(url: string): Promise<PNG> {
    await page.goto(url);
    await whole();
    return PNG.sync.read(await page.screenshot());
  }

  /** Waits until the page's script has run and its pictures are there. */
  async function whole(pictures = PICTURES): Promise<void> {
    await page.waitForFunction(isWhole(pictures));
  }

  function differences(a: PNG, b: PNG): number {
    expect([a.width, a.height]).to.deep.equal([b.width, b.height]);
    return pixelmatch(a.data, b.data, undefined, a.width, a.height, { threshold: 0.1 });
  }

  const host = () => new URL(page.url()).host;

  it('R5: PoPSiCls are usable with no changes to client-side software, including no browser extensions or addons: a person registers at the portal, imports what it gives, presses the test button, and opens the bookmark', async () => {
    mine = await register(domainOf(SITE));
    const [check] = await Promise.all([person.context.waitForEvent('page'), page.click('#check-button')]);
    await check.waitForSelector('#result');
    expect(await check.getAttribute('#result', 'data-state')).to.equal('ready');
    await check.close();
    await page.goto(mine.url);
    await whole();
    expect(await page.title()).to.equal('A site');
    expect(host()).to.equal(mine.name);
    expect(await page.textContent('#data')).to.equal('data of the site');
  });

  it('she browses a site of many pages, pictures, styles and scripts, and nothing of it is missing', async () => {
    const wrong: string[] = [];
    const foreign = new Set<string>();
    page.on('response', response => {
      if (response.status() >= 400) wrong.push(`${response.status()} ${new URL(response.url()).pathname}`);
    });
    page.on('requestfailed', request => wrong.push(`${request.failure()?.errorText} ${request.url()}`));
    page.on('request', request => {
      if (request.url().startsWith('http')) foreign.add(new URL(request.url()).host);
    });
    await page.goto(mine.url);
    for (let number = 1; number <= PAGES; number++) {
      await page.click(`nav a:nth-child(${number})`);
      await whole(3);
      expect(await page.title()).to.equal(`Page ${number}`);
      await page.click('#home');
      await whole();
    }
    expect(wrong).to.deep.equal([]);
    expect([...foreign]).to.deep.equal([mine.name]);
    page.removeAllListeners();
  });

  it('R6: Changes to tenant servers can be hidden so that they do not impose on server content creation: one line ports a site, and by its own name and by a pseudonym it looks the same', async () => {
    const plain = await look(`https://${domainOf(SITE)}/`);
    const hidden = await look(mine.url);
    expect(differences(plain, hidden)).to.equal(0);
    const links = await page.$$eval('a, form, img, link[rel=stylesheet]', all =>
      all.map(
        element =>
          element.getAttribute('href') ?? element.getAttribute('src') ?? element.getAttribute('action')!,
      ),
    );
    const capability = new URL(mine.url).searchParams.get('c')!;
    for (const link of links) if (!link.startsWith('data:')) expect(link).to.include(`c=${capability}`);
  });

  it('she logs in, and the cookie stays with the pseudonym', async () => {
    await page.goto(mine.url);
    await page.fill('#login input', 'alice');
    await page.click('#login button');
    await page.waitForSelector('#user');
    expect(await page.textContent('#user')).to.equal('alice');
    const cookies = await person.context.cookies();
    expect(cookies.map(({ name, domain }) => [name, domain])).to.deep.equal([['user', mine.name]]);
  });

  it('she uploads a file whole', async () => {
    const content = randomBytes(300_000);
    const file = join(cloud.folder, 'upload.bin');
    await writeFile(file, content);
    await page.goto(mine.url);
    await page.setInputFiles('#upload input', file);
    await page.click('#upload button');
    await page.waitForSelector('#hash');
    expect(await page.textContent('#hash')).to.equal(createHash('sha256').update(content).digest('hex'));
  });

  it('a link to another tenant leads through the linker to her own pseudonym there, and to the plain name before she has one', async () => {
    await page.goto(mine.url);
    await page.click('#other');
    await page.waitForURL(url => url.host === domainOf(OTHER));
    other = await register(domainOf(OTHER), code);
    await page.goto(mine.url);
    await page.click('#other');
    await page.waitForURL(url => url.host === other.name);
    expect(await page.textContent('body')).to.equal(cloud.tenant(OTHER).page);
  });

  it('an outside page that sends her to the linker, or links to it, gets her to plain names alone', async () => {
    const to = `https://${LINKER.name}/?to=${encodeURIComponent(`https://${domainOf(OTHER)}/`)}`;
    for (const link of [to, `${to}&from=${mine.name}`, `${to}&from=${mine.name}&c=${'A'.repeat(22)}`]) {
      await page.goto(`https://${domainOf(OUTSIDE)}/`);
      await page.evaluate(leaveFor(link));
      await page.waitForURL(url => url.host !== domainOf(OUTSIDE) && url.host !== LINKER.name);
      expect(host()).to.equal(domainOf(OTHER));
    }
  });

  it('with the traffic-analysis defence the page looks the same, and on the wire every answer is a multiple of 512 bytes', async () => {
    const seen = async () => {
      await page.goto('about:blank');
      await using capture = await cloud.network.link('isp', 'border').capture({ filter: PSEUDONYMS });
      const image = await look(mine.url);
      const answers = answerRecords(await (await capture.stop()).bytes()).flat();
      expect(answers.length).to.be.at.least(PICTURES);
      return { image, odd: answers.filter(size => size % UNIT !== 0) };
    };
    await sites.serve('open');
    const open = await seen();
    expect(open.odd).not.to.deep.equal([]);
    await sites.serve('defended');
    const defended = await seen();
    expect(differences(open.image, defended.image)).to.equal(0);
    expect(defended.odd).to.deep.equal([]);
  });

  it('probes from an outside page learn nothing: what is there and what is not look alike as picture, script, request, frame, and in time', async () => {
    await sites.serve('open');
    await page.goto(`https://${domainOf(OUTSIDE)}/`);
    const there = `https://${mine.name}/img/1.png`;
    const script = `https://${mine.name}/app.js`;
    const missing = `https://${mine.name}/nothing`;
    const guessed = `https://${mine.name}/img/1.png?c=${'A'.repeat(22)}`;
    const elsewhere = [missing, there, script, guessed, `https://${mine.name}/`];
    const seen = await page.evaluate<string[][]>(probes(elsewhere));
    for (const result of seen) expect(result).to.deep.equal(seen[0]);
    // With the capability they would find it: they are real probes.
    const known = `${there}?${new URL(mine.url).searchParams}`;
    expect((await page.evaluate<string[][]>(probes([known])))[0]![0]).to.equal('load');
    expect(seen[0]!.slice(0, 2)).to.deep.equal(['error', 'error']);
    const times = await page.evaluate<[number, number][]>(timings(there, missing, 40));
    expect(advantage(times)).to.be.within(0.15, 0.85);
  });

  /** How often what is there takes longer than what is not: 0.5 for who can tell nothing. */
  function advantage(pairs: readonly (readonly [number, number])[]): number {
    let larger = 0;
    for (const [a] of pairs) for (const [, b] of pairs) larger += a > b ? 1 : a === b ? 0.5 : 0;
    return larger / pairs.length ** 2;
  }
}

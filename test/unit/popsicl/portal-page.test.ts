import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSecureContext } from 'node:tls';
import { expect } from 'chai';
import { drawCapability } from '../../../apps/popsicl/capability.js';
import { portalRoutes } from '../../../apps/popsicl/portal/portal-routes.js';
import { CapabilityFiles } from '../../../apps/popsicl/tenant/capabilities/capability-files.js';
import { CapabilityFolder } from '../../../apps/popsicl/tenant/capabilities/capability-folder.js';
import { type Answer, CLOUD, LINKER, PORTAL, WebWorld } from './web-world.js';

const OWN = { 'content-type': 'application/x-www-form-urlencoded', 'sec-fetch-site': 'same-origin' };

describe('the portal’s page', () => {
  let world: WebWorld;
  before(async () => {
    world = await WebWorld.start();
  });
  after(() => world?.close());

  const send = (fields: Record<string, string>, headers: Record<string, string> = OWN) =>
    world.portal('/', { method: 'POST', body: String(new URLSearchParams(fields)), headers });
  const text = (answer: Answer, id: string) =>
    new RegExp(`id="${id}"[^>]*>([^<]*)<`).exec(answer.body)?.[1]?.replaceAll('&amp;', '&');
  const file = (answer: Answer, id: string) => {
    const [, base64] =
      new RegExp(`id="${id}" href="data:application/x-pkcs12;base64,([^"]*)"`).exec(answer.body) ?? [];
    return Buffer.from(base64 ?? '', 'base64');
  };

  it('gives on one page all that registration gives: pseudonym, bookmark, files, password, steps, test', async () => {
    const answer = await send({ domain: 'a.example', linker: 'new' });
    expect(answer.status).to.equal(201);
    const name = text(answer, 'name')!;
    expect(world.registrar.directory.tenantOfName(name)?.domain).to.equal('a.example');
    const url = new URL(text(answer, 'bookmark')!);
    const { capability } = world.party.known.get(name)!.pseudonym;
    expect([url.host, url.searchParams.get('c')]).to.deep.equal([name, capability]);
    expect(answer.body).to.contain(`href="${String(url)}"`);
    const passphrase = text(answer, 'password')!;
    for (const id of ['p12', 'linker-p12']) {
      const pfx = file(answer, id);
      expect(() => createSecureContext({ pfx, passphrase }), id).to.not.throw();
      expect(() => createSecureContext({ pfx, passphrase: 'wrong' }), id).to.throw();
    }
    for (const id of ['p12-old', 'linker-p12-old']) expect(file(answer, id).length, id).to.be.above(500);
    for (const id of ['steps-firefox', 'steps-chrome', 'steps-safari', 'steps-curl', 'check-button'])
      expect(answer.body).to.contain(`id="${id}"`);
    expect(answer.body).to.contain(`action="https://${LINKER}/check"`);

    const next = await send({ domain: 'b.example', linker: 'code', code: text(answer, 'linker-code')! });
    expect(next.status).to.equal(201);
    expect(next.body).to.not.contain('linker-p12').and.to.not.contain('id="linker-code"');
    const loose = await send({ domain: 'b.example', linker: 'none' });
    expect(loose.status).to.equal(201);
    expect(loose.body).to.not.contain(LINKER);
  });

  it('takes names as people type and paste them', async () => {
    for (const domain of [
      'A.Example',
      ' a.example. ',
      'https://a.example/shop?x=1',
      'a.example/x',
      'http://a.example:80',
    ])
      expect((await send({ domain, linker: 'none' })).status, domain).to.equal(201);
  });

  it('says in words what was wrong, keeps what was typed, and moves the focus there', async () => {
    for (const [fields, status, id] of [
      [{ domain: 'nobody.example' }, 404, 'domain'],
      [{ domain: '' }, 404, 'domain'],
      [{}, 404, 'domain'],
      [{ domain: '"><script>alert(1)</script>' }, 404, 'domain'],
      [{ domain: 'x'.repeat(10_000) }, 404, 'domain'],
      [{ domain: 'a.example', linker: 'code' }, 400, 'code'],
      [{ domain: 'a.example', linker: 'code', code: 'new' }, 400, 'code'],
      [{ domain: 'a.example', linker: 'code', code: 'aaaaa-aaaaa-aaaaa-aaaaa-aaaaa-a' }, 400, 'code'],
    ] as [Record<string, string>, number, string][]) {
      const answer = await send(fields);
      expect(answer.status, JSON.stringify(fields)).to.equal(status);
      expect(answer.body).to.contain('<title>Error: ').and.to.contain('role="alert"');
      expect(answer.body).to.match(
        new RegExp(`id="${id}"[^>]*aria-describedby="error[^>]*aria-invalid="true" autofocus`),
      );
      expect(answer.body).to.not.contain('<script');
      expect(answer.headers['cache-control']).to.equal('no-store');
    }
    expect((await send({ domain: 'nobody.example' })).body).to.contain('value="nobody.example"');
    const large = await send({ domain: 'x'.repeat(20_000) });
    expect(large.status).to.equal(413);
  });

  it('registers for its own form alone, not for pages of others', async () => {
    const fields = { domain: 'a.example', linker: 'none' };
    const type = { 'content-type': 'application/x-www-form-urlencoded' };
    const before = world.registrar.service.size;
    for (const headers of [
      type,
      { ...type, 'sec-fetch-site': 'cross-site', origin: `https://${PORTAL}` },
      { ...type, 'sec-fetch-site': 'same-site' },
      { ...type, 'sec-fetch-site': 'none' },
      { ...type, origin: 'https://evil.example' },
      { ...type, origin: `https://${PORTAL}.evil.example` },
      { ...type, origin: 'null' },
      { ...type, origin: '' },
    ]) {
      expect((await send(fields, headers)).status, JSON.stringify(headers)).to.equal(403);
    }
    expect(
      (await send(fields, { 'content-type': 'text/plain', 'sec-fetch-site': 'same-origin' })).status,
    ).to.equal(404);
    expect(world.registrar.service.size).to.equal(before);
    expect((await send(fields, { ...type, origin: `https://${PORTAL}` })).status).to.equal(201);
  });

  it('works without scripts, loads nothing from elsewhere, and lets nothing in', async () => {
    for (const answer of [await world.portal('/'), await send({ domain: 'a.example' })]) {
      const style = /<style>([\s\S]*)<\/style>/.exec(answer.body)![1]!;
      const hash = createHash('sha256').update(style).digest('base64');
      expect(answer.headers['content-security-policy'])
        .to.contain("default-src 'none'")
        .and.contain(`style-src 'sha256-${hash}'`)
        .and.contain("frame-ancestors 'none'")
        .and.not.contain('unsafe');
      expect(answer.headers).to.include({
        'cache-control': 'no-store',
        'referrer-policy': 'same-origin',
        'x-content-type-options': 'nosniff',
      });
      expect(answer.headers).to.not.have.property('set-cookie');
      expect(answer.body).to.not.match(/<script|<img|<link|<iframe|@import|url\(|\son[a-z]+=|\sstyle=/);
    }
  });

  it('can be read aloud and used by keyboard: language, landmarks, one heading, labels, order of headings', async () => {
    for (const answer of [await world.portal('/'), await send({ domain: 'a.example' })]) {
      const { body } = answer;
      expect(body).to.contain('<html lang="en">').and.to.contain('<main id="main">');
      expect(body.match(/<h1/g)).to.have.length(1);
      expect(body).to.contain('<a class="skip" href="#main">');
      const ids = [...body.matchAll(/\sid="([^"]*)"/g)].map(match => match[1]!);
      expect(new Set(ids).size).to.equal(ids.length);
      for (const [, list] of body.matchAll(/aria-(?:describedby|labelledby)="([^"]*)"/g))
        for (const id of list!.split(' ')) expect(ids).to.include(id);
      for (const [input] of body.matchAll(/<input[^>]*>/g)) {
        const id = /id="([^"]*)"/.exec(input)![1]!;
        expect(/aria-label=/.test(input) || body.includes(`<label for="${id}">`), input).to.equal(true);
      }
      expect(body).to.not.match(/tabindex="[1-9]/);
    }
  });

  it('is as dark or light as its reader wishes, with enough contrast', async () => {
    const { body } = await world.portal('/');
    const [light, dark] = [...body.matchAll(/:root \{([^}]*)\}/g)].map(([, block]) =>
      Object.fromEntries(
        [...block!.matchAll(/--([a-z-]+): (#[0-9a-f]{3,6})/g)].map(match => [match[1]!, match[2]!]),
      ),
    );
    expect(body).to.contain('prefers-color-scheme: dark');
    for (const colours of [light!, dark!]) {
      for (const [front, ground] of [
        ['text', 'ground'],
        ['text', 'sheet'],
        ['soft', 'ground'],
        ['soft', 'sheet'],
        ['accent', 'ground'],
        ['accent', 'sheet'],
        ['on-accent', 'accent'],
        ['text', 'good-ground'],
        ['text', 'bad-ground'],
        ['text', 'code'],
      ] as const) {
        expect(contrast(colours[front]!, colours[ground]!), `${front} on ${ground}`).to.be.at.least(4.5);
      }
    }
  });

  it('puts no secret into URLs of its own, or the log', async () => {
    const answer = await send({ domain: 'a.example', linker: 'new' });
    const secrets = ['name', 'password', 'linker-code'].map(id => text(answer, id)!);
    for (const secret of [...secrets, 'a.example']) {
      expect(world.log.join('\n')).to.not.contain(secret);
      expect(answer.headers.location ?? '').to.not.contain(secret);
    }
    for (const [, action] of answer.body.matchAll(/(?:action|href)="(\/[^"]*)"/g))
      for (const secret of secrets) expect(action).to.not.contain(secret);
  });

  describe('visited by a pseudonym', () => {
    const name = `abcdefghijklmnopqrstuvwxyz.${CLOUD}`;
    const capability = drawCapability();
    let folder: string;
    before(async () => {
      folder = mkdtempSync(join(tmpdir(), 'cloakflow-portal-'));
      await new CapabilityFolder(folder).put(name, capability);
    });
    after(() => rmSync(folder, { recursive: true, force: true }));

    const ask = async (path: string, init: RequestInit = {}, host = name) => {
      const routes = portalRoutes({
        service: world.registrar.service,
        authorityPem: world.registrar.authorityPem,
        hasLinker: true,
        capabilities: new CapabilityFiles(folder),
        clientOf: () => '192.0.2.1',
        failed: () => undefined,
      });
      return routes.request(`https://${host}${path}`, { ...init, headers: { host, ...init.headers } });
    };

    it('is there with the capability alone, and its own URLs bear it', async () => {
      const found = await ask(`/?c=${capability}`);
      const page = await found.text();
      expect(found.status).to.equal(200);
      expect(page).to.contain(`action="/?c=${capability}"`).and.to.contain(`href="/ca.pem?c=${capability}"`);
      expect(page).to.contain('id="private"');
      const registered = await ask(`/?c=${capability}`, {
        method: 'POST',
        headers: OWN,
        body: 'domain=b.example&linker=none',
      });
      expect(registered.status).to.equal(201);
      expect(await registered.text()).to.contain(`href="/?c=${capability}"`);
      expect((await ask(`/ca.pem?c=${capability}`)).status).to.equal(200);
    });

    it('shows the same as for any unknown path to who has none, a wrong one, two, or comes by another name', async () => {
      const unknown = await ask(`/nothing?c=${capability}`);
      const [status, body] = [unknown.status, await unknown.text()];
      expect(status).to.equal(404);
      const other = drawCapability();
      for (const path of [
        '/',
        '/?c=',
        `/?c=${other}`,
        `/?c=${capability}&c=${other}`,
        `/?C=${capability}`,
        '/ca.pem',
        `/${capability}`,
      ]) {
        const answer = await ask(path);
        expect([answer.status, await answer.text()], path).to.deep.equal([status, body]);
      }
      const elsewhere = await ask(`/?c=${capability}`, {}, `other.${CLOUD}`);
      expect([elsewhere.status, await elsewhere.text()]).to.deep.equal([status, body]);
      await new CapabilityFolder(folder).remove(name);
      expect((await ask(`/?c=${capability}`)).status).to.equal(404);
      await new CapabilityFolder(folder).put(name, capability);
    });
  });
});

/** Contrast ratio of two colours (WCAG 2.2, 1.4.3). */
function contrast(a: string, b: string): number {
  const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (light! + 0.05) / (dark! + 0.05);
}

function luminance(colour: string): number {
  const hex = colour.length === 4 ? colour.replace(/[0-9a-f]/g, '$&$&') : colour;
  const [red, green, blue] = [1, 3, 5].map(at => {
    const value = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!;
}

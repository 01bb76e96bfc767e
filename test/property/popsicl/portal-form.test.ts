import { expect } from 'chai';
import fc from 'fast-check';
import type { Hono } from 'hono';
import { CloudAuthority, createAuthority } from '../../../apps/popsicl/pki/cloud-authority.js';
import { portalRoutes } from '../../../apps/popsicl/portal/portal-routes.js';
import type { RegistrationRequest } from '../../../apps/popsicl/registry/issuance.js';
import { RegistrationError } from '../../../apps/popsicl/registry/registration-error.js';

const NAME = 'portal.popsicls.test';
const OWN = { 'sec-fetch-site': 'same-origin', 'content-type': 'application/x-www-form-urlencoded' };

describe('the form of the portal, whatever is sent to it', () => {
  let routes: Hono;
  let asked: RegistrationRequest[];
  let failures: unknown[];

  before(async () => {
    const authority = await CloudAuthority.load(
      await createAuthority('popsicls.test', 'ecdsa-p256', Date.now()),
      Date.now(),
    );
    routes = portalRoutes({
      service: {
        async register(request) {
          asked.push(request);
          throw new RegistrationError('declined', 'there are no pseudonyms for this domain');
        },
      },
      authorityPem: authority.rootPem,
      hasLinker: true,
      clientOf: () => '192.0.2.1',
      failed: error => failures.push(error),
    });
  });
  beforeEach(() => {
    [asked, failures] = [[], []];
  });

  const post = async (body: string | Uint8Array, headers: Record<string, string>) => {
    const answer = await routes.request(`https://${NAME}/`, {
      method: 'POST',
      body: body as never,
      headers: { host: NAME, ...headers },
    });
    return { status: answer.status, headers: answer.headers, text: await answer.text() };
  };
  /** Names of the elements of a page, and what stands in the field that was filled in. */
  const shapeOf = (page: string) => page.replace(/ value="[^"]*"/g, ' value=""').replace(/ checked/g, '');

  it('shows what was typed as text alone: no input changes what the page is made of', async () => {
    const plain = shapeOf((await post('domain=x.example', OWN)).text);
    const typed = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 100 }),
      fc.constantFrom('"><script>', "' autofocus onfocus='x", '</main>', '&quot;&#34;', '<!--', '\u0000'),
    );
    await fc.assert(
      fc.asyncProperty(typed, typed, typed, async (domain, linker, code) => {
        const { status, text } = await post(String(new URLSearchParams({ domain, linker, code })), OWN);
        expect(status).to.equal(404);
        expect(shapeOf(text)).to.equal(plain);
        expect(text).to.not.contain('<script');
      }),
      { numRuns: 50 },
    );
    expect(failures).to.deep.equal([]);
  });

  it('answers any bytes of any type with a page or an error of its own, and registers nothing without its form', async () => {
    const bodies = fc.oneof(fc.uint8Array({ maxLength: 300 }), fc.string({ unit: 'binary', maxLength: 300 }));
    const header = fc.stringMatching(/^[ -~]{0,40}$/).map(text => text.trim());
    const headers = fc.record(
      { 'content-type': header, origin: header, 'sec-fetch-site': header },
      { requiredKeys: [] },
    );
    await fc.assert(
      fc.asyncProperty(bodies, headers, async (body, given) => {
        const before = asked.length;
        const { status, headers: told } = await post(body, given as Record<string, string>);
        expect(status).to.be.oneOf([403, 404]);
        expect(told.get('cache-control')).to.equal('no-store');
        if (given['sec-fetch-site'] !== 'same-origin') expect(asked.length).to.equal(before);
      }),
    );
    expect(failures).to.deep.equal([]);
  });

  it('takes the host out of anything that has one', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.domain(),
        fc.constantFrom('', 'https://', 'http://', ' HTTPS://'),
        fc.constantFrom('', '/', '/x?y#z', ':443', '?q', '#f', ' '),
        async (domain, before, after) => {
          await post(String(new URLSearchParams({ domain: before + domain + after })), OWN);
          expect(asked.at(-1)!.domain.toLowerCase()).to.equal(domain.toLowerCase());
        },
      ),
    );
  });
});

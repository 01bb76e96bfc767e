import { expect } from 'chai';
import fc from 'fast-check';
import { canonicalCode, drawCode } from '../../../apps/popsicl/linker/linker-code.js';
import type { LinkedPseudonym, Persons } from '../../../apps/popsicl/linker/persons.js';
import { follow, parseReferral } from '../../../apps/popsicl/linker/referral.js';

const DOMAINS = ['a.example', 'b.example', 'xn--bcher-kva.example'];
const TARGETS = new Map(
  DOMAINS.map(domain => [
    domain,
    { port: 443, trusts: new Set(domain === 'b.example' ? ['a.example'] : []) },
  ]),
);
const PSEUDONYMS: LinkedPseudonym[] = DOMAINS.flatMap(tenant =>
  [1, 2].map(person => ({
    name: `${tenant[0]}${person}.popsicls.example`,
    tenant,
    capability: `capability-of-${tenant[0]}${person}`,
    person,
  })),
);
const persons = {
  pseudonym: async (name: string) => PSEUDONYMS.find(one => one.name === name),
  pseudonymFor: async (person: number, tenant: string) =>
    PSEUDONYMS.find(one => one.person === person && one.tenant === tenant),
} as unknown as Persons;

/** Things that are nearly URLs, often of a tenant. */
const hosts = fc.oneof(
  fc.constantFrom(
    ...DOMAINS,
    'B.EXAMPLE',
    'b.example.',
    'outside.example',
    'a.example.outside.example',
    '[::1]',
  ),
  fc.domain(),
);
const targets = fc.oneof(
  fc
    .tuple(fc.constantFrom(...DOMAINS), fc.webPath(), fc.webQueryParameters(), fc.webFragments())
    .map(([host, path, query, fragment]) => `https://${host}${path}?${query}#${fragment}`),
  fc.webUrl(),
  fc
    .tuple(
      fc.constantFrom(
        'https://',
        'http://',
        'HTTPS://',
        '//',
        'https:',
        'https:\\\\',
        'ftp://',
        'javascript:',
        '',
      ),
      fc.constantFrom('', '', '', 'user@', 'a.example@', '%40'),
      hosts,
      fc.constantFrom('', '', ':443', ':80', ':8443', ':'),
      fc.constantFrom(
        '',
        '/',
        '\\',
        '?',
        '#',
        '/x?c=1&c=2#f',
        '/%0d%0aset-cookie:x',
        '/\r\nx: y',
        '/\u0000',
        '/ä€',
      ),
      fc.string({ unit: 'binary', maxLength: 20 }),
    )
    .map(parts => parts.join('')),
  fc.string({ unit: 'binary', maxLength: 200 }),
);
const froms = fc.oneof(fc.constantFrom(...PSEUDONYMS.map(one => one.name), ...DOMAINS, ''), fc.string());
const capabilities = fc.oneof(fc.constantFrom(...PSEUDONYMS.map(one => one.capability), ''), fc.string());
/** A pseudonym and a capability, its own in half of the cases. */
const proofs = fc.oneof(
  fc.constantFrom(...PSEUDONYMS.map(({ name, capability }) => [name, capability] as const)),
  fc.tuple(froms, capabilities),
);

describe('links through the linker, whatever they say', () => {
  it('lead to a tenant, to a pseudonym of this very person, or nowhere, and never break a header', async () => {
    let [plain, hidden, nowhere] = [0, 0, 0];
    await fc.assert(
      fc.asyncProperty(targets, proofs, fc.constantFrom(undefined, 1, 2), async (to, [from, c], person) => {
        const referral = parseReferral(new URLSearchParams({ to, from, c }), TARGETS);
        if (referral === undefined) {
          nowhere++;
          return;
        }
        const location = await follow(referral, person, persons, TARGETS);
        expect(location).to.match(/^[!-~]+$/);
        const { hostname, protocol, username, password } = new URL(location);
        expect([username, password]).to.deep.equal(['', '']);
        const own = PSEUDONYMS.find(({ name }) => name === hostname);
        if (own === undefined) {
          plain++;
          expect(DOMAINS).to.include(hostname.replace(/\.$/, ''));
          expect(location).to.equal(new URL(to).href);
          return;
        }
        hidden++;
        const referrer = PSEUDONYMS.find(({ name }) => name === from.toLowerCase())!;
        expect(protocol).to.equal('https:');
        expect(own.person).to.equal(person);
        expect(referrer.person).to.equal(person);
        expect(c).to.equal(referrer.capability);
        expect(
          own.tenant === referrer.tenant || TARGETS.get(own.tenant)!.trusts.has(referrer.tenant),
        ).to.equal(true);
        expect(new URL(location).searchParams.get('c')).to.equal(own.capability);
      }),
      { numRuns: 5000 },
    );
    expect(Math.min(plain, nowhere)).to.be.above(100);
    expect(hidden).to.be.above(0);
  });

  it('are read from any query without an error', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), query => {
        expect(() => parseReferral(new URLSearchParams(query), TARGETS)).to.not.throw();
      }),
    );
  });

  it('lead on with path and query as they were', async () => {
    const [a, b] = [PSEUDONYMS[0]!, PSEUDONYMS[2]!];
    await fc.assert(
      fc.asyncProperty(
        fc.webPath(),
        fc.webQueryParameters(),
        fc.webFragments(),
        async (path, query, fragment) => {
          const to = new URL(`https://b.example${path}?${query}#${fragment}`);
          const referral = parseReferral(
            new URLSearchParams({ to: to.href, from: a.name, c: a.capability }),
            TARGETS,
          );
          const led = new URL(await follow(referral!, 1, persons, TARGETS));
          expect(led.host).to.equal(b.name);
          expect(led.pathname).to.equal(to.pathname);
          expect(led.hash).to.equal(to.hash);
          expect(led.search.replace(/^\?c=[\w-]+&?/, '')).to.equal(to.search.slice(1));
        },
      ),
    );
  });
});

describe('linker codes', () => {
  it('are read however people write them, and no other text is one', () => {
    fc.assert(
      fc.property(fc.constantFrom(' ', '-', '', '\t'), fc.boolean(), (between, upper) => {
        const code = drawCode();
        const typed = code.replaceAll('-', between);
        expect(canonicalCode(` ${upper ? typed.toUpperCase() : typed}\n`)).to.equal(code.replaceAll('-', ''));
      }),
    );
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), text => {
        const code = canonicalCode(text);
        expect(code === undefined || /^[a-z2-7]{26}$/.test(code)).to.equal(true);
      }),
    );
  });
});

import { createServer } from 'node:http';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect } from 'chai';
import fc from 'fast-check';
import { withoutCapability } from '../../../../apps/popsicl/tenant/web/check-capability.js';
import { bytesToText, textToBytes } from '../../../../apps/popsicl/tenant/web/rewrite/byte-text.js';
import { CssRewriter } from '../../../../apps/popsicl/tenant/web/rewrite/css-rewriter.js';
import { HtmlRewriter } from '../../../../apps/popsicl/tenant/web/rewrite/html-rewriter.js';
import { Links, withCapability } from '../../../../apps/popsicl/tenant/web/rewrite/links.js';
import { rewriteRefresh } from '../../../../apps/popsicl/tenant/web/rewrite/refresh.js';
import { rewriteSrcset } from '../../../../apps/popsicl/tenant/web/rewrite/srcset.js';
import { protect } from '../../../../apps/popsicl/tenant/web/tenant-web.js';
import { CAPABILITY, listening, OPTIONS, open, PSEUDONYM } from '../../../unit/popsicl/web/web-client.js';

const links = () =>
  new Links({
    host: PSEUDONYM,
    scheme: 'https',
    path: '/a/b',
    capability: CAPABILITY,
    sites: ['shop.test'],
    linker: 'linker.popsicls.test',
    tenants: new Set(['bank.test']),
  });
const html = () => new HtmlRewriter({ links: links(), policy: p => p, nested: d => d });
const css = () => {
  const own = links();
  return new CssRewriter(url => own.resource(url));
};

/** Bytes in pieces of any size. */
function inPieces(rewriter: HtmlRewriter | CssRewriter, bytes: Buffer, cuts: readonly number[]): string {
  const out: Buffer[] = [];
  let at = 0;
  for (const cut of [
    ...cuts.map(part => Math.floor(part * bytes.length)).sort((a, b) => a - b),
    bytes.length,
  ]) {
    out.push(textToBytes(rewriter.push(bytesToText(bytes.subarray(at, cut)))));
    at = cut;
  }
  out.push(textToBytes(rewriter.end()));
  return Buffer.concat(out).toString('latin1');
}

const part = fc.oneof(
  fc.constantFrom(
    ...[
      '<a href="',
      '/x',
      '">',
      "'",
      '<style>',
      '</style>',
      '<!--',
      '-->',
      '<script>',
      '</script>',
      '<svg>',
      '</svg>',
    ],
    ...[
      '<![CDATA[',
      ']]>',
      '<form>',
      '<base href=',
      'url(',
      ')',
      '@import "',
      '";',
      '\\',
      '{',
      '}',
      '/*',
      '*/',
      '\r\n',
    ],
    ...[
      '<noscript>',
      '</noscript>',
      '<img srcset="a 1x, ',
      '<meta http-equiv=refresh content="1;',
      '&amp;',
      '&#x26',
    ],
    ...[
      '<textarea>',
      '<p style="',
      '\0',
      '<',
      '<!',
      '</',
      '?',
      '#',
      'é',
      '\u{1f600}',
      '<template>',
      'image-set(',
    ],
  ),
  fc.string({ unit: 'binary', maxLength: 20 }),
);
const document = fc.array(part, { maxLength: 60 }).map(parts => Buffer.from(parts.join('')));
const cuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 12 });

describe('popsicl: rewriting anything', () => {
  for (const [name, make] of [
    ['HTML', html],
    ['CSS', css],
  ] as const) {
    it(`${name} in any pieces is rewritten as it is in one`, () => {
      fc.assert(
        fc.property(document, cuts, (bytes, places) => {
          expect(inPieces(make(), bytes, places)).to.equal(inPieces(make(), bytes, []));
        }),
        { numRuns: 400 },
      );
    });

    it(`${name} of any bytes never throws, and without own links comes out byte by byte`, () => {
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 300 }), cuts, (bytes, places) => {
          const text = Buffer.from(bytes.filter(byte => byte !== 0x3c && byte !== 0x28 && byte !== 0x40));
          expect(inPieces(make(), text, places)).to.equal(text.toString('latin1'));
          inPieces(make(), Buffer.from(bytes), places);
        }),
      );
    });
  }

  it('links that have the capability keep what they have; others get it once', () => {
    const link = fc.oneof(
      fc.webUrl({ withQueryParameters: true, withFragments: true }),
      fc.webPath(),
      fc.string(),
      fc.constantFrom('https://shop.test/a', `//${PSEUDONYM}`, 'https://bank.test/'),
    );
    fc.assert(
      fc.property(link, text => {
        const own = links();
        for (const rewrite of [own.resource, own.navigation, own.absolute].map(method => method.bind(own))) {
          const once = rewrite(text);
          expect(rewrite(once)).to.equal(once);
        }
        const tagged = withCapability(text, CAPABILITY);
        expect(withCapability(tagged, CAPABILITY)).to.equal(tagged);
      }),
    );
  });

  it('the capability goes to no other host', () => {
    fc.assert(
      fc.property(fc.webUrl({ withQueryParameters: true }), fc.string(), (url, text) => {
        for (const link of [url, text, `//${text}`, `https:${text}`, `http://${PSEUDONYM}${text}`]) {
          const rewritten = links().resource(link);
          if (!rewritten.includes(CAPABILITY)) continue;
          expect(new URL(rewritten, `https://${PSEUDONYM}/a/b`).hostname).to.equal(PSEUDONYM);
        }
      }),
    );
  });

  it('a request target loses its capability and nothing else', () => {
    const query = fc.array(fc.stringMatching(/^[a-z=%+]{0,8}$/), { maxLength: 5 });
    fc.assert(
      fc.property(query, query, (before, after) => {
        const target = (pairs: string[]) => (pairs.length > 0 ? `/p?${pairs.join('&')}` : '/p');
        const with_ = target([...before, `c=${CAPABILITY}`, ...after]);
        expect(withoutCapability(with_, CAPABILITY)).to.equal(target([...before, ...after]));
        expect(withoutCapability(target([...before, ...after]), CAPABILITY)).to.equal(undefined);
      }),
    );
  });

  it('srcset and refresh of anything never throw and lose nothing', () => {
    fc.assert(
      fc.property(fc.string(), text => {
        expect(rewriteSrcset(text, url => url)).to.equal(text);
        expect(rewriteRefresh(text, url => url)).to.equal(text);
      }),
    );
  });
});

describe('popsicl: large pages', () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  /** Bytes that are held when all garbage is gone. That of buffers is counted until the sweeper that runs beside has freed it. */
  const held = async () => {
    collect();
    await new Promise(resolve => setImmediate(resolve));
    collect();
    const { heapUsed, external } = process.memoryUsage();
    return heapUsed + external;
  };
  const MEGABYTE = 1_000_000;
  /** Pieces after which the longest token is given up, and pieces after these: 15 MB that nothing may keep. */
  const [BEGIN, MORE] = [160, 240];
  const piece = Buffer.from(`<a href=/a>${'x'.repeat(65_524)}\n`);

  const shapes: Record<string, { first: string; piece: string }> = {
    'one comment': { first: '<!--', piece: 'x' },
    'one text': { first: '<p>', piece: 'word ' },
    'one script': { first: '<script>', piece: 'if (x < y) ' },
    'one style sheet': { first: '<style>', piece: 'a{b:url(#c)}\n' },
    'one tag': { first: '<p title="', piece: 'x' },
    'one list of attributes': { first: '<p ', piece: 'a b c ' },
    'one noscript': { first: '<noscript>', piece: '<p>' },
  };
  for (const [name, { first, piece }] of Object.entries(shapes)) {
    it(`${name} without end is passed on, and not kept`, async () => {
      const rewriter = html();
      const chunk = piece.repeat(65_536 / piece.length);
      const before = await held();
      let passed = rewriter.push(first).length;
      // Each chunk is a text of its own: of one that is kept many times there would be only one.
      const push = (at: number) => {
        const own = `${at}${chunk}`.slice(String(at).length);
        passed += rewriter.push(own).length;
      };
      for (let at = 0; at < BEGIN; at++) push(at);
      const then = await held();
      expect(then - before).to.be.below(24 * MEGABYTE);
      for (let at = 0; at < MORE; at++) push(at);
      expect((await held()) - then).to.be.below(8 * MEGABYTE);
      expect(passed + rewriter.end().length).to.equal(first.length + (BEGIN + MORE) * chunk.length);
    });
  }

  it('a page of 100 MB passes in bounded memory, and every link of it is rewritten', async () => {
    const server = protect(
      createServer(async (_request, response) => {
        response.writeHead(200, { 'Content-Type': 'text/html' });
        for (let at = 0; at < 1600; at++) {
          if (!response.write(piece)) await new Promise(resolve => response.once('drain', resolve));
        }
        response.end();
      }),
      OPTIONS,
    );
    try {
      const port = await listening(server);
      const before = await held();
      let [bytes, next] = [0, 0];
      for await (const chunk of await open(port, `/?c=${CAPABILITY}`)) {
        bytes += (chunk as Buffer).length;
        if (bytes < next) continue;
        next += 10 * MEGABYTE;
        expect((await held()) - before).to.be.below(64 * MEGABYTE);
      }
      expect(bytes).to.equal(1600 * (piece.length + CAPABILITY.length + 5));
    } finally {
      server.close();
    }
  });
});

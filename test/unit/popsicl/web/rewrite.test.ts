import { expect } from 'chai';
import { bytesToText, textToBytes } from '../../../../apps/popsicl/tenant/web/rewrite/byte-text.js';
import { rewriteCss } from '../../../../apps/popsicl/tenant/web/rewrite/css-rewriter.js';
import { rewriteHtml } from '../../../../apps/popsicl/tenant/web/rewrite/html-rewriter.js';
import { Links } from '../../../../apps/popsicl/tenant/web/rewrite/links.js';
import { rewriteRefresh } from '../../../../apps/popsicl/tenant/web/rewrite/refresh.js';
import { rewriteSrcset } from '../../../../apps/popsicl/tenant/web/rewrite/srcset.js';
import { CAPABILITY, PSEUDONYM } from './web-client.js';

const C = `c=${CAPABILITY}`;
const TO_BANK = `https://linker.popsicls.test/?to=${encodeURIComponent('https://bank.test/a?b=1')}&from=${PSEUDONYM}&${C}`;

function links(path = '/dir/page?x=1'): Links {
  return new Links({
    host: PSEUDONYM,
    scheme: 'https',
    path,
    capability: CAPABILITY,
    sites: ['shop.test'],
    linker: 'linker.popsicls.test',
    tenants: new Set(['shop.test', 'bank.test']),
  });
}

function html(text: string): string {
  const rewritten = rewriteHtml(bytesToText(Buffer.from(text)), {
    links: links(),
    policy: policy => `${policy} adapted`,
    nested: document => `[${document}]`,
  });
  return textToBytes(rewritten).toString();
}

describe('popsicl: links of a tenant’s pages', () => {
  const own: [link: string, becomes: string][] = [
    ['/a', `/a?${C}`],
    ['a.png', `a.png?${C}`],
    ['../a?b=1#c?d', `../a?${C}&b=1#c?d`],
    ['?b=1', `?${C}&b=1`],
    ['?', `?${C}`],
    [' /a\n', `/a?${C}`],
    [`https://${PSEUDONYM}/a`, `https://${PSEUDONYM}/a?${C}`],
    [`//${PSEUDONYM}/a`, `//${PSEUDONYM}/a?${C}`],
    [`http://${PSEUDONYM.toUpperCase()}/a`, `https://${PSEUDONYM}/a?${C}`],
    ['https://shop.test/a?b#c', `https://${PSEUDONYM}/a?${C}&b#c`],
    ['//shop.test', `https://${PSEUDONYM}/?${C}`],
    ['\\a', `\\a?${C}`],
    ['/a?c=other', `/a?${C}&c=other`],
  ];
  for (const [link, becomes] of own) {
    it(`${JSON.stringify(link)} becomes ${JSON.stringify(becomes)}, once`, () => {
      expect(links().navigation(link)).to.equal(becomes);
      expect(links().resource(link)).to.equal(becomes);
      expect(links().navigation(becomes)).to.equal(becomes);
    });
  }

  const untouched = [
    '',
    '#a',
    'https://elsewhere.test/a',
    'mailto:a@shop.test',
    'javascript:go()',
    'data:,x',
  ];
  untouched.push(
    'https://shop.test.evil.test/',
    'https://shop.test@evil.test/',
    'https://[',
    'blob:https://x/y',
  );
  untouched.push('https://bank.test:8443/', 'https://2nd.popsicls.test/', '//', 'http://');
  for (const link of untouched) {
    it(`${JSON.stringify(link)} stays`, () => expect(links().navigation(link)).to.equal(link));
  }

  it('links to another tenant of the cloud go to the linker; what is loaded from there stays', () => {
    expect(links().navigation('https://bank.test/a?b=1')).to.equal(TO_BANK);
    expect(links().resource('https://bank.test/a?b=1')).to.equal('https://bank.test/a?b=1');
    expect(links().navigation(TO_BANK)).to.equal(TO_BANK);
  });
});

describe('popsicl: HTML of a tenant', () => {
  const cases: [title: string, from: string, to: string][] = [
    ['anchors', '<a href="/a">', `<a href="/a?${C}">`],
    ['anchors without quotes', '<A HREF=/a class=x>', `<A href="/a?${C}" class=x>`],
    ['queries with references', '<a href="/a?x=1&amp;y=2">', `<a href="/a?${C}&amp;x=1&amp;y=2">`],
    [
      'scripts and images',
      '<script src=/s></script><img src=i>',
      `<script src="/s?${C}"></script><img src="i?${C}">`,
    ],
    ['srcset', '<img srcset="a 1x, b 2x">', `<img srcset="a?${C} 1x, b?${C} 2x">`],
    ['style sheets', '<link rel=stylesheet href=s integrity=x>', `<link rel=stylesheet href="s?${C}" >`],
    ['preloads', '<link rel=preload href=s as=font>', `<link rel=preload href="s?${C}" as=font>`],
    ['frames', '<iframe src=/f></iframe>', `<iframe src="/f?${C}"></iframe>`],
    ['documents in attributes', '<iframe srcdoc="<p>"></iframe>', '<iframe srcdoc="[&lt;p>]"></iframe>'],
    ['POST forms', '<form method=post action=/p>', `<form method=post action="/p?${C}">`],
    ['GET forms', '<form>', `<form><input type="hidden" name="c" value="${CAPABILITY}"/>`],
    ['GET forms elsewhere', '<form action="https://else.test/">', '<form action="https://else.test/">'],
    ['buttons', '<button formaction=/p>', `<button formaction="/p?${C}">`],
    [
      'refresh',
      '<meta http-equiv=refresh content="5; url=/a">',
      `<meta http-equiv=refresh content="5; url=/a?${C}">`,
    ],
    ['base', '<base href="/b/"><a href="a">', `<base href="/b/?${C}"><a href="a?${C}">`],
    [
      'a foreign base',
      '<base href="https://else.test/"><a href=a>',
      '<base href="https://else.test/"><a href=a>',
    ],
    [
      'referrer policies',
      '<meta name=referrer content=unsafe-url>',
      '<meta name=referrer content="same-origin">',
    ],
    ['referrer policies of links', '<a referrerpolicy=origin>', '<a >'],
    ['style elements', '<style>a{b:url(i)}</style>', `<style>a{b:url("i?${C}")}</style>`],
    ['style attributes', '<p style="b:url(i)">', `<p style="b:url(&quot;i?${C}&quot;)">`],
    [
      'SVG',
      '<svg><image xlink:href="i"/><use href="#a"/></svg>',
      `<svg><image xlink:href="i?${C}"/><use href="#a"/></svg>`,
    ],
    [
      'SVG paint',
      '<svg><path fill="url(/g#x)"/></svg>',
      `<svg><path fill="url(&quot;/g?${C}#x&quot;)"/></svg>`,
    ],
    ['without scripts', '<noscript><img src=i></noscript>', `<noscript><img src="i?${C}"></noscript>`],
    [
      'import maps',
      '<script type=importmap>{"imports":{"a":"/a.js","b/":"/b/"}}</script>',
      `<script type=importmap>{"imports":{"a":"/a.js?${C}","b/":"/b/"}}</script>`,
    ],
    ['early contact', '<link rel=dns-prefetch href="//bank.test">', '<link rel=dns-prefetch >'],
    [
      'objects',
      '<object data=o></object><video poster=p>',
      `<object data="o?${C}"></object><video poster="p?${C}">`,
    ],
    [
      'policies',
      '<meta http-equiv=Content-Security-Policy content=x>',
      '<meta http-equiv=Content-Security-Policy content="x adapted">',
    ],
    ['UTF-8 around', '<p>é<a title=é href="/é">&euro;', `<p>é<a title=é href="/é?${C}">&euro;`],
    ['references above ASCII', '<a href="/&eacute;&#x1f600;">', `<a href="/&#xe9;&#x1f600;?${C}">`],
  ];
  for (const [title, from, to] of cases) it(title, () => expect(html(from)).to.equal(to));

  const same = [
    'text < text & <b>bold</b>',
    '<!doctype html><!-- <a href="/a"> --><p>x',
    '<script>let a = "<a href=/a>"</script>',
    '<textarea><a href=/a></textarea>',
    '<a href="/a',
    '<a href="#top" href="/a">',
    '<style>a{b:url(#x)}',
    '\ufeff<p>\r\n\0x</p>',
    '<![CDATA[<a href=/a>',
    '<form method=dialog>',
  ];
  for (const text of same) it(`${JSON.stringify(text)} stays`, () => expect(html(text)).to.equal(text));

  it('the script comes behind what a document has to begin with, and before all that loads', () => {
    const options = {
      links: links(),
      script: () => '<script>0</script>',
      policy: (p: string) => p,
      nested: (d: string) => d,
    };
    const rewrite = (text: string) => rewriteHtml(text, options);
    expect(
      rewrite('<!doctype html><html><head><meta charset=utf-8><title>a</title><link rel=icon></head>'),
    ).to.equal(
      '<!doctype html><html><head><meta charset=utf-8><title>a</title><script>0</script><link rel=icon></head>',
    );
    expect(rewrite('<head></head>')).to.equal('<head><script>0</script></head>');
    expect(rewrite('<p>')).to.equal('<script>0</script><p>');
    expect(rewrite('x')).to.equal('x<script>0</script>');
  });
});

describe('popsicl: CSS, srcset and refresh of a tenant', () => {
  const url = (text: string) => links().resource(text);
  const css: [from: string, to: string][] = [
    ['a{b:url( /i )}', `a{b:url("/i?${C}")}`],
    ["a{b:url('/i')}", `a{b:url("/i?${C}")}`],
    ['@import "a.css" screen;', `@import "a.css?${C}" screen;`],
    ['@import url(a.css);a{content:"/x"}', `@import url("a.css?${C}");a{content:"/x"}`],
    ['a{b:image-set("i" 1x type("image/png"))}', `a{b:image-set("i?${C}" 1x type("image/png"))}`],
    ['a{b:url(i\\29 )}', `a{b:url("i)?${C}")}`],
    ['a{b:url(/\\22 \\3c /style)}', `a{b:url("/\\22 \\3c /style?${C}")}`],
  ];
  for (const [from, to] of css) it(from, () => expect(rewriteCss(from, url)).to.equal(to));
  for (const text of [
    '@namespace url(/n);',
    '/* url(/a) */',
    'a{b:url(data:,x)}',
    'a{b:"/x"}',
    'a{b:url(a b)}',
  ]) {
    it(`${text} stays`, () => expect(rewriteCss(text, url)).to.equal(text));
  }

  it('srcset: commas within and behind URLs, descriptors with parentheses', () => {
    const rewrite = (text: string) => rewriteSrcset(text, part => `<${part}>`);
    expect(rewrite('a,b 1x, c,d')).to.equal('<a,b> 1x, <c,d>');
    expect(rewrite(' ,, a (x,y) 1x,b,')).to.equal(' ,, <a> (x,y) 1x,<b>,');
    expect(rewrite('data:,a 1x, b')).to.equal('<data:,a> 1x, <b>');
  });

  it('refresh: with and without quotes and names', () => {
    const rewrite = (text: string) => rewriteRefresh(text, part => `<${part}>`);
    expect(rewrite('0;url=/a')).to.equal('0;url=</a>');
    expect(rewrite(` 5 , URL = '/a' x`)).to.equal(` 5 , URL = '</a>' x`);
    expect(rewrite('1 /a')).to.equal('1 </a>');
    for (const text of ['5', '5;', 'x', '']) expect(rewrite(text)).to.equal(text);
  });
});

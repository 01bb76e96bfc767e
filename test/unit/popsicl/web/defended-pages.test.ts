import { expect } from 'chai';
import { DefendedServer, LARGEST } from './defended-server.js';
import { CAPABILITY, get, PSEUDONYM } from './web-client.js';

const C = `c=${CAPABILITY}`;

describe('popsicl: pages with the traffic-analysis defence', () => {
  const server = new DefendedServer();
  let port: number;
  before(async () => {
    await server.start();
    port = server.port;
  });
  after(() => server.stop());

  it('objects of a page are put aside for its script; documents, modules and others’ are not', async () => {
    let page = '';
    server.listener = (_request, response) =>
      response.writeHead(200, { 'Content-Type': 'text/html' }).end(page);
    const rewritten = async (text: string, headers = {}) => {
      page = text;
      const answer = (await get(port, `/?${C}`, { headers })).text.replace(/<!-- *-->$/, '');
      return answer
        .replace(/<script nonce="[^"]*" data-popsicl=.*?<\/script>/s, '')
        .replaceAll(/nonce="[^"]{24}"/g, 'nonce')
        .replaceAll(`?${C}`, '?C')
        .replaceAll(/(<script nonce data-popsicl-piece src="[^"]*"><\/script>)+/g, tags => {
          asked = tags.match(/(?<=src=")[^"]*/g)!.map(address => address.replace(/=[\w-]+?\./, '='));
          return '';
        })
        .replaceAll(/[\w-]{12}0\.[123]\b/g, 'OBJECT');
    };
    let asked: string[] = [];
    const now = "<script nonce>__popsicl('OBJECT')</script>";
    expect(await rewritten('<img src=/a srcset="/b 2x">')).to.equal(
      '<img data-popsicl-src="/a?C" data-popsicl-srcset="/b?C 2x">',
    );
    expect(await rewritten('<link rel=stylesheet href=/s>x')).to.equal(
      `<link rel=stylesheet data-popsicl-href="/s?C" data-popsicl-pieces="OBJECT">${now}x`,
    );
    expect(asked).to.deep.equal(asked.map((_, at) => `/s?C&amp;popsicl=${at}.${asked.length}c`));
    expect(await rewritten('<script src=/s></script>x')).to.equal(
      `<script type="text/popsicl" data-popsicl-src="/s?C" data-popsicl-pieces="OBJECT"></script>${now}x`,
    );
    expect(asked).to.deep.equal(asked.map((_, at) => `/s?C&amp;popsicl=${at}.${asked.length}s`));
    expect(await rewritten('<script defer src=/s></script>x')).to.equal(
      `<script defer type="text/popsicl" data-popsicl-src="/s?C" data-popsicl-pieces="OBJECT"></script>x${now}`,
    );
    expect(await rewritten('<style>a{b:url(/i)}</style>')).to.equal(
      `<style>a{b:url("popsicl:https://${PSEUDONYM}/i?C")}</style>`,
    );
    expect(await rewritten('<link rel=preload href=/p as=font>')).to.equal('<link rel=preload  as=font>');
    expect(await rewritten('<script src=/s></script>', { 'sec-fetch-dest': 'empty' })).to.equal(
      '<script src="/s?C"></script>',
    );
    for (const same of [
      '<noscript><img src="/i?C"></noscript>',
      '<script>x</script>',
      '<script type=module src="/m?C"></script>',
      '<iframe src="/f?C"></iframe>',
      '<img src="https://else.test/i">',
      '<link rel=stylesheet href="https://else.test/s">',
      '<img src="data:,x">',
    ]) {
      expect(await rewritten(same.replace('?C', ''))).to.equal(
        same.includes('?C') ? same.replace(/=("?)(\/\w\?C)"?/, '="$2"') : same,
      );
    }
  });

  it('a page tells its script at once which objects it has, and in how many pieces each comes', async () => {
    const page = (more: string) =>
      `<title>x</title><img src=a><img src=/b loading=lazy><img src=/c srcset="/d 2x"><img src=a><script async src=e></script><noscript><img src=/f></noscript>${more}`;
    server.listener = (_request, response) => {
      response.writeHead(200, { 'Content-Type': 'text/html' });
      response.write(page('').slice(0, 30));
      setImmediate(() => response.end(page('<img src="https://else.test/i"><video poster=/g>').slice(30)));
    };
    const { text } = await get(port, `/dir/?${C}`);
    const [, told] = /data-popsicl="([^"]*)"/.exec(text)!;
    const { ahead } = JSON.parse(told!.replaceAll('&quot;', '"').replaceAll('&amp;', '&'));
    expect(ahead.map(([address]: [string]) => address)).to.deep.equal(
      ['/dir/a', '/dir/e', '/g'].map(path => `https://${PSEUDONYM}${path}?${C}`),
    );
    for (const [, object, count] of ahead) {
      expect(object).to.match(/^[\w-]{13}$/);
      expect(count).to.be.within(1, 3);
    }
    const long = 'x'.repeat(LARGEST);
    server.listener = (_request, response) =>
      response.writeHead(200, { 'Content-Type': 'text/html' }).end(`<img src=a>${long}<img src=b>`);
    const { text: more } = await get(port, `/?${C}`);
    expect(more).to.match(/data-popsicl="[^"]*\/a[^"]*".*<img data-popsicl-src="a/s);
  });

  it('a strict Content-Security-Policy lets the script and its blobs in, and nothing else', async () => {
    server.listener = (_request, response) => {
      const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; report-uri /r";
      response.writeHead(200, { 'Content-Type': 'text/html', 'Content-Security-Policy': policy }).end('<p>');
    };
    const answer = await get(port, `/?${C}`);
    const [, nonce] = /<script nonce="([^"]{24})"/.exec(answer.text)!;
    expect(answer.headers['content-security-policy']).to.equal(
      `default-src 'none'; script-src 'self' 'nonce-${nonce}'; style-src 'self' blob:; img-src 'self' blob:; ` +
        "connect-src 'self' blob:; font-src blob:; media-src blob:",
    );
  });
});

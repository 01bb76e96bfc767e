import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { brotliCompressSync, brotliDecompressSync, gunzipSync, gzipSync } from 'node:zlib';
import { expect } from 'chai';
import express from 'express';
import Fastify from 'fastify';
import { protect, TenantWeb } from '../../../../apps/popsicl/tenant/web/tenant-web.js';
import { CAPABILITY, get, listening, OPTIONS, open, PSEUDONYM } from './web-client.js';

const C = `c=${CAPABILITY}`;

/** What the site of these tests answers; the same under every framework. */
interface Reply {
  readonly status?: number;
  readonly headers?: Record<string, string | string[]>;
  readonly body?: string | Buffer;
}

type Site = (request: { url: string; method: string; headers: IncomingMessage['headers'] }) => Reply;

const site: Site = ({ url, method, headers }): Reply => {
  const path = url.split('?')[0];
  const html = { 'Content-Type': 'text/html; charset=utf-8' };
  if (path === '/page') return { headers: html, body: '<a href="/next">é</a>' };
  if (path === '/echo') {
    const { referer = '', 'accept-encoding': codings = '' } = headers;
    return { headers: { 'Content-Type': 'text/plain' }, body: [method, url, referer, codings].join(' ') };
  }
  if (path === '/away') return { status: 302, headers: { Location: 'https://bank.test/x' } };
  if (path === '/on') return { status: 303, headers: { Location: '/page?a=1' } };
  if (path === '/cookie') {
    return { headers: { 'Set-Cookie': ['a=1; Domain=shop.test; Path=/', 'b=2; Secure; domain=.shop.test'] } };
  }
  if (path === '/style.css') return { headers: { 'Content-Type': 'text/css' }, body: 'a{b:url(/i.png)}' };
  if (path === '/image') return { headers: { 'Content-Type': 'image/png' }, body: Buffer.from([1, 2, 255]) };
  return { status: 404, headers: html, body: '<p>nothing here' };
};

function answer(request: IncomingMessage, response: ServerResponse): void {
  const {
    status = 200,
    headers = {},
    body = '',
  } = site({
    url: request.url!,
    method: request.method!,
    headers: request.headers,
  });
  response.writeHead(status, headers);
  response.end(body);
}

const frameworks: Record<string, () => Promise<Server>> = {
  async node() {
    return createServer(new TenantWeb(OPTIONS).wrap(answer));
  },
  async 'node, by the server'() {
    return protect(createServer(answer), OPTIONS);
  },
  async express() {
    const app = express();
    app.use(new TenantWeb(OPTIONS).handle);
    app.use((request, response) => {
      expect(request.originalUrl).to.equal(request.url);
      if (request.headers.host === PSEUDONYM) expect(request.query).to.not.have.property('c');
      const { status = 200, headers = {}, body = '' } = site(request);
      response.status(status).set(headers).send(body);
    });
    return createServer(app);
  },
  async fastify() {
    const app = Fastify({ serverFactory: handler => protect(createServer(handler), OPTIONS) });
    app.all('*', async (request, reply) => {
      if (request.headers.host === PSEUDONYM) expect(request.query).to.not.have.property('c');
      const { status = 200, headers = {}, body = '' } = site(request);
      return reply.status(status).headers(headers).send(body);
    });
    await app.ready();
    return app.server;
  },
};

for (const [name, make] of Object.entries(frameworks)) {
  describe(`popsicl: a tenant on ${name}`, () => {
    let server: Server;
    let port: number;
    before(async () => {
      server = await make();
      port = await listening(server);
    });
    after(() => server.close());

    it('answers requests with the capability, and its pages carry it', async () => {
      const page = await get(port, `/page?${C}`);
      expect(page.status).to.equal(200);
      expect(page.text).to.equal(`<a href="/next?${C}">é</a>`);
      expect(page.headers['referrer-policy']).to.equal('same-origin');
      expect(Number(page.headers['content-length'] ?? page.body.length)).to.equal(page.body.length);
      expect((await get(port, `/style.css?${C}`)).text).to.equal(`a{b:url("/i.png?${C}")}`);
      expect([...(await get(port, `/image?${C}`)).body]).to.deep.equal([1, 2, 255]);
      expect((await get(port, `/none?${C}`)).text).to.equal('<p>nothing here');
    });

    it('hides the capability from the application', async () => {
      const referer = `https://${PSEUDONYM}/page?${C}&x=1`;
      const echo = await get(port, `/echo?a=1&${C}&b`, {
        headers: { referer, 'accept-encoding': 'gzip, zstd, br' },
      });
      expect(echo.text).to.equal(`GET /echo?a=1&b https://${PSEUDONYM}/page?x=1 gzip, br`);
    });

    it('answers requests without it alike, whatever they ask for', async () => {
      const asked = ['/page', '/none', '/page?c=wrong', `/page?c=${CAPABILITY}x`, `/page?x=${CAPABILITY}`];
      asked.push(
        `/${CAPABILITY}/page`,
        `/page;${C}`,
        `/page#${C}`,
        `/page?x=1?${C}`,
        `/page?C=${CAPABILITY}`,
      );
      const refusals = await Promise.all(asked.map(path => get(port, path)));
      const inHeader = await get(port, '/page', { headers: { c: CAPABILITY, cookie: C } });
      const inBody = await get(port, '/page', { method: 'POST', body: C });
      const unknown = await get(port, `/page?${C}`, { host: 'other.popsicls.test' });
      for (const refusal of [...refusals, inHeader, inBody, unknown]) {
        const { date: _, ...headers } = refusal.headers;
        expect({ ...refusal, headers, rawHeaders: [] }).to.deep.equal({
          ...refusals[0],
          headers: Object.fromEntries(Object.entries(refusals[0]!.headers).filter(([key]) => key !== 'date')),
          rawHeaders: [],
        });
        expect(refusal.status).to.equal(404);
        expect(refusal.headers).to.not.have.property('x-powered-by');
        expect(refusal.body).to.have.length(512);
      }
    });

    it('lets requests under its own name pass untouched', async () => {
      const plain = await get(port, '/page', { host: 'shop.test' });
      expect(plain.text).to.equal('<a href="/next">é</a>');
      expect(plain.headers).to.not.have.property('referrer-policy');
      expect((await get(port, `/echo?${C}`, { host: 'shop.test' })).text).to.equal(`GET /echo?${C}  `);
    });

    it('redirects with the capability, and to neighbours through the linker', async () => {
      expect((await get(port, `/on?${C}`)).headers.location).to.equal(`/page?${C}&a=1`);
      expect((await get(port, `/away?${C}`)).headers.location).to.equal(
        `https://linker.popsicls.test/?to=https%3A%2F%2Fbank.test%2Fx&from=${PSEUDONYM}&${C}`,
      );
    });

    it('keeps cookies with the pseudonym', async () => {
      const { headers } = await get(port, `/cookie?${C}`);
      expect(headers['set-cookie']).to.deep.equal(['a=1; Path=/', 'b=2; Secure']);
    });

    it('answers HEAD with the headers of GET', async () => {
      const { headers, status } = await get(port, `/page?${C}`, { method: 'HEAD' });
      expect(status).to.equal(200);
      expect(headers['referrer-policy']).to.equal('same-origin');
      if (headers['content-length']) {
        expect(headers['content-length']).to.equal(String((await get(port, `/page?${C}`)).body.length));
      }
    });
  });
}

describe('popsicl: how a tenant’s answers travel', () => {
  let server: Server;
  let port: number;
  let listener: (request: IncomingMessage, response: ServerResponse) => void;
  const upgraded: string[] = [];
  before(async () => {
    server = protect(
      createServer((request, response) => listener(request, response)),
      { ...OPTIONS, acceptOwnPages: true },
    );
    server.on('upgrade', (request, socket) => {
      upgraded.push(request.url!);
      socket.end('HTTP/1.1 101 Switching Protocols\r\n\r\n');
    });
    port = await listening(server);
  });
  after(() => server.close());

  for (const [coding, encode, decode] of [
    ['gzip', gzipSync, gunzipSync],
    ['br', brotliCompressSync, brotliDecompressSync],
  ] as const) {
    it(`${coding}: decoded, rewritten and encoded again`, async () => {
      const page = '<a href=/a>x'.repeat(2000);
      const bytes = encode(page);
      listener = (_request, response) => {
        response.setHeader('Content-Type', 'text/html');
        response.setHeader('Content-Encoding', coding);
        response.setHeader('Content-Length', bytes.length);
        response.write(bytes.subarray(0, 20));
        response.end(bytes.subarray(20));
      };
      const answer = await get(port, `/?${C}`, { headers: { 'accept-encoding': coding } });
      expect(answer.headers['content-encoding']).to.equal(coding);
      expect(decode(answer.body).toString()).to.equal(page.replaceAll('=/a', `="/a?${C}"`));
    });
  }

  it('what was written arrives before the rest is', async () => {
    let finish = () => {};
    listener = (_request, response) => {
      response.writeHead(200, { 'Content-Type': 'text/html' });
      response.write('<a href=/a>begun <b');
      finish = () => response.end('>ended');
    };
    const answer = await open(port, `/?${C}`);
    const chunks = answer[Symbol.asyncIterator]();
    expect(String((await chunks.next()).value)).to.equal(`<a href="/a?${C}">begun `);
    finish();
    expect(String((await chunks.next()).value)).to.equal('<b>ended');
  });

  it('headers that name others or the whole of the body are set right', async () => {
    listener = (_request, response) => {
      response.setHeader('Set-Cookie', 'a=1');
      response.writeHead(200, [
        ...['Content-Type', 'text/html', 'Cache-Control', 'public, max-age=60, s-maxage=600', 'ETag', '"x"'],
        ...['Link', '</s.css>; rel=preload, <https://else.test/>; rel=next', 'Refresh', '3; url=/b'],
        ...['Alt-Svc', 'h3=":443"', 'NEL', '{}', 'Referrer-Policy', 'unsafe-url', 'Content-MD5', 'x'],
        ...['Content-Security-Policy', "default-src https://shop.test; report-uri /r, script-src 'none'"],
        ...['Set-Cookie', 'b=2', 'Set-Cookie', 'c=3; Domain=x'],
      ]);
      response.end('<p>');
    };
    const { headers } = await get(port, `/?${C}`);
    expect(headers).to.include({
      'cache-control': 'private, max-age=60',
      etag: 'W/"x"',
      link: `</s.css?${C}>; rel=preload, <https://else.test/>; rel=next`,
      refresh: `3; url=/b?${C}`,
      'referrer-policy': 'same-origin',
      'content-security-policy': "default-src 'self',script-src 'none'",
      'accept-ranges': 'none',
    });
    expect(headers).to.not.have.any.keys('alt-svc', 'nel', 'content-md5');
    expect(headers['set-cookie']!.slice(-2)).to.deep.equal(['b=2', 'c=3']);
  });

  it('304 stays 304; parts of files pass, parts of pages do not', async () => {
    listener = (_request, response) => response.writeHead(304, { ETag: 'W/"x"' }).end();
    expect((await get(port, `/?${C}`, { headers: { 'if-none-match': 'W/"x"' } })).status).to.equal(304);
    let type = 'video/mp4';
    listener = (_request, response) =>
      response.writeHead(206, { 'Content-Type': type, 'Content-Range': 'bytes 0-3/10' }).end('0123');
    const part = await get(port, `/?${C}`, { headers: { range: 'bytes=0-3' } });
    expect([part.status, part.text]).to.deep.equal([206, '0123']);
    type = 'text/html';
    const page = await get(port, `/?${C}`, { headers: { range: 'bytes=0-3' } });
    expect([page.status, page.text, page.headers['content-range']]).to.deep.equal([416, '', 'bytes */10']);
  });

  it('downloads and unknown encodings pass untouched', async () => {
    const cases: Record<string, string>[] = [
      { 'Content-Type': 'text/html', 'Content-Disposition': 'attachment; filename=a.html' },
      { 'Content-Type': 'text/html; charset=utf-16le' },
      { 'Content-Type': 'text/html', 'Content-Encoding': 'zstd' },
      { 'Content-Type': 'text/plain' },
    ];
    for (const headers of cases) {
      listener = (_request, response) => response.writeHead(200, headers).end('<a href=/a>');
      expect((await get(port, `/?${C}`)).text).to.equal('<a href=/a>');
    }
  });

  it('a request that the browser says is the page’s own needs no capability, if so configured', async () => {
    listener = (request, response) => response.end(request.url);
    const from = (site: string) => get(port, '/module.js', { headers: { 'sec-fetch-site': site } });
    expect((await from('same-origin')).text).to.equal('/module.js');
    for (const site of ['same-site', 'cross-site', 'none']) expect((await from(site)).status).to.equal(404);
  });

  it('templates may ask for links', async () => {
    const web = new TenantWeb(OPTIONS);
    const plain = createServer(
      web.wrap((request, response) => response.end(web.href(request, '/cart?a=1#b'))),
    );
    const at = await listening(plain);
    try {
      expect((await get(at, `/?${C}`)).text).to.equal(`/cart?${C}&a=1#b`);
      expect((await get(at, '/', { host: 'shop.test' })).text).to.equal('/cart?a=1#b');
    } finally {
      plain.close();
    }
  });

  it('absolute targets decide over Host', async () => {
    listener = (request, response) => response.end(request.url);
    const ask = { host: 'shop.test' };
    expect((await get(port, `http://${PSEUDONYM}/a`, ask)).status).to.equal(404);
    expect((await get(port, `http://${PSEUDONYM}?${C}`, ask)).text).to.equal('/');
    expect((await get(port, `/a`, { host: `${PSEUDONYM}.` })).status).to.equal(404);
  });

  it('upgrades want the capability too', async () => {
    const ask = (path: string) =>
      new Promise<string>(resolve => {
        let text = '';
        const socket = connect(port, '127.0.0.1', () =>
          socket.write(
            `GET ${path} HTTP/1.1\r\nHost: ${PSEUDONYM}\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n`,
          ),
        );
        socket.on('data', chunk => {
          text += String(chunk);
        });
        socket.on('close', () => resolve(text));
      });
    expect(await ask('/socket')).to.match(/^HTTP\/1.1 404 Not Found\r\n/);
    expect(await ask(`/socket?${C}`)).to.match(/^HTTP\/1.1 101 /);
    expect(upgraded).to.deep.equal(['/socket']);
  });

  it('pages bear the domains of tenants where links of scripts are to go to the linker, and never else', async () => {
    for (const scriptedLinks of [true, false]) {
      const site = protect(
        createServer((_request, response) => response.setHeader('Content-Type', 'text/html').end('<p>')),
        { ...OPTIONS, script: true, scriptedLinks },
      );
      const { text } = await get(await listening(site), `/?${C}`);
      site.close();
      expect(text.includes('bank.test')).to.equal(scriptedLinks);
    }
  });
});

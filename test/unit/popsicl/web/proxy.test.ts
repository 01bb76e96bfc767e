import { createServer, type Server } from 'node:http';
import { connect } from 'node:net';
import { expect } from 'chai';
import { startWebProxy, type WebProxy } from '../../../../apps/popsicl/tenant/web/proxy/web-proxy.js';
import { CAPABILITY, get, listening, OPTIONS, PSEUDONYM } from './web-client.js';

const C = `c=${CAPABILITY}`;

describe('popsicl: the middleware before a server of any kind', () => {
  let upstream: Server;
  let proxy: WebProxy;
  /** What the server behind was asked for. */
  let paths: (string | undefined)[] = [];
  before(async () => {
    upstream = createServer((request, response) => {
      paths.push(request.url);
      if (request.url === '/broken') return void response.destroy();
      let body = '';
      request.on('data', chunk => {
        body += String(chunk);
      });
      request.on('end', () => {
        response.writeHead(200, [
          'Content-Type',
          'text/html',
          'Set-Cookie',
          'a=1; Domain=x',
          'Set-Cookie',
          'b=2',
        ]);
        const { host, 'x-forwarded-proto': scheme, 'x-own': own } = request.headers;
        response.end(`<a href=/a>${[request.method, request.url, host, scheme, own, body].join(' ')}`);
      });
    });
    upstream.on('upgrade', (request, socket) => {
      paths.push(request.url);
      socket.write(
        `HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n${request.url} `,
      );
      socket.pipe(socket);
    });
    const port = await listening(upstream);
    proxy = await startWebProxy({
      ...OPTIONS,
      upstream: `http://127.0.0.1:${port}`,
      host: '127.0.0.1',
      port: 0,
    });
  });
  after(async () => {
    await proxy.close();
    upstream.closeAllConnections();
    upstream.close();
  });

  it('passes requests with the capability on without it, and rewrites the answers', async () => {
    const answer = await get(proxy.port, `/p?${C}&q=1`, {
      method: 'POST',
      body: 'sent',
      headers: { 'x-own': 'own', 'x-hop': 'hop', connection: 'x-hop' },
    });
    expect(answer.text).to.equal(`<a href="/a?${C}">POST /p?q=1 ${PSEUDONYM} https own sent`);
    expect(answer.headers['set-cookie']).to.deep.equal(['a=1', 'b=2']);
  });

  it('refuses others, and lets requests under the plain name pass', async () => {
    expect((await get(proxy.port, '/p')).status).to.equal(404);
    expect((await get(proxy.port, '/p', { host: 'shop.test' })).text).to.equal(
      '<a href=/a>GET /p shop.test https  ',
    );
  });

  describe('lets no body become a request of its own', () => {
    const smuggled = 'GET /smuggled HTTP/1.1\r\nHost: shop.test\r\n\r\n';
    const chunk = `${smuggled.length.toString(16)}\r\n${smuggled}\r\n0\r\n\r\n`;
    const framings: [string, string, string][] = [
      ['chunks', 'Transfer-Encoding: chunked', chunk],
      ['a length', `Content-Length: ${smuggled.length}`, smuggled],
      [
        'a length that is called hop by hop',
        `Connection: content-length\r\nContent-Length: ${smuggled.length}`,
        smuggled,
      ],
    ];
    const ask = (method: string, lines: string, body: string) =>
      new Promise<string>(resolve => {
        let received = '';
        const socket = connect(proxy.port, '127.0.0.1', () =>
          socket.write(`${method} /p?${C} HTTP/1.1\r\nHost: ${PSEUDONYM}\r\n${lines}\r\n\r\n${body}`),
        );
        socket.on('data', bytes => {
          received += String(bytes);
          if (/<\/?a |<a |502|\r\n0\r\n\r\n$/.test(received)) socket.end();
        });
        socket.on('close', () => resolve(received));
      });
    for (const method of ['GET', 'DELETE', 'POST', 'OPTIONS']) {
      for (const [what, lines, body] of framings) {
        it(`of ${method}, with ${what}`, async () => {
          paths = [];
          const answer = await ask(method, lines, body);
          await get(proxy.port, `/after?${C}`);
          expect(answer).to.include(`${method} /p ${PSEUDONYM} https  GET /smuggled`);
          expect(paths).to.deep.equal(['/p', '/after']);
        });
      }
    }

    it('of an upgrade', async () => {
      paths = [];
      const upgrade = 'Connection: Upgrade\r\nUpgrade: x\r\nContent-Length: 8';
      expect(await ask('GET', upgrade, '')).to.match(/^HTTP\/1.1 502 /);
      expect(paths).to.deep.equal([]);
    });
  });

  it('says that the server behind does not answer', async () => {
    expect((await get(proxy.port, `/broken?${C}`)).status).to.equal(502);
  });

  it('passes upgrades on', async () => {
    const text = await new Promise<string>(resolve => {
      let received = '';
      const socket = connect(proxy.port, '127.0.0.1', () =>
        socket.write(
          `GET /ws?${C} HTTP/1.1\r\nHost: ${PSEUDONYM}\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\nhello`,
        ),
      );
      socket.on('data', chunk => {
        received += String(chunk);
        if (received.endsWith('hello')) socket.end();
      });
      socket.on('close', () => resolve(received));
    });
    expect(text).to.match(/^HTTP\/1.1 101 .*\r\n\r\n\/ws hello$/s);
  });

  it('refuses servers that are none', async () => {
    for (const wrong of ['', 'x', 'https://a', 'http://a/b', 'http://u@a', 'ftp://a']) {
      const failure = await startWebProxy({ ...OPTIONS, upstream: wrong, host: '127.0.0.1', port: 0 }).catch(
        (error: unknown) => error,
      );
      expect(failure).to.have.property('code', 'bad-configuration');
    }
  });
});

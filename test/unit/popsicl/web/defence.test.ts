import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { expect } from 'chai';
import fc from 'fast-check';
import { adaptPolicies } from '../../../../apps/popsicl/tenant/web/content-policy.js';
import { fillUp, padPiece, stripPiece } from '../../../../apps/popsicl/tenant/web/defence/padding.js';
import { cut, PieceStore } from '../../../../apps/popsicl/tenant/web/defence/piece-store.js';
import { protect, TenantWeb } from '../../../../apps/popsicl/tenant/web/tenant-web.js';
import { type Answer, type Ask, CAPABILITY, get, listening, OPTIONS, PSEUDONYM } from './web-client.js';

const C = `c=${CAPABILITY}`;
const LARGEST = 64 * 1024;

/** Everything that a server sends for one request, down to the end of the connection. */
function wire(port: number, path: string, head: readonly string[] = [], method = 'GET'): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const lines = [`${method} ${path} HTTP/1.1`, `Host: ${PSEUDONYM}`, ...head, 'Connection: close'];
    const socket = connect(port, '127.0.0.1', () => socket.write(`${lines.join('\r\n')}\r\n\r\n`));
    socket.on('data', chunk => chunks.push(chunk));
    socket.on('error', reject);
    socket.on('end', () => resolve(Buffer.concat(chunks)));
  });
}

function bodyOf(bytes: Buffer): Buffer {
  return bytes.subarray(bytes.indexOf('\r\n\r\n') + 4);
}

/** Fetches an object as the page's script does. */
async function inPieces(
  port: number,
  path: string,
  count: number,
  ask: Ask = {},
): Promise<[Answer[], Buffer]> {
  const headers = { ...ask.headers, 'popsicl-pieces': String(count) };
  const first = await get(port, path, { ...ask, headers });
  const answers = [first];
  for (let number = 1; number < Number(first.headers['popsicl-pieces']); number++) {
    const reference = `${String(first.headers['popsicl-rest'])}/${number}`;
    answers.push(await get(port, path, { headers: { 'popsicl-rest': reference } }));
  }
  return [answers, Buffer.concat(answers.map(({ body }) => stripPiece(body)!))];
}

describe('popsicl: the traffic-analysis defence', () => {
  let server: Server;
  let port: number;
  let listener: (request: IncomingMessage, response: ServerResponse) => void;
  before(async () => {
    server = protect(
      createServer((request, response) => listener(request, response)),
      { ...OPTIONS, script: true, defence: { largest: LARGEST } },
    );
    port = await listening(server);
  });
  after(() => server.close());

  const answers: Record<string, [status: number, headers: Record<string, string | string[]>, body: string]> =
    {
      'a page': [200, { 'Content-Type': 'text/html; charset=utf-8' }, '<p>é<img src=/i>'],
      'a style sheet': [200, { 'Content-Type': 'text/css' }, 'a{b:url(i)}'],
      'an image': [200, { 'Content-Type': 'image/png', ETag: '"x"' }, 'x'.repeat(1000)],
      'cookies and names': [200, { 'Set-Cookie': ['a=1', 'b=22'], 'Content-Type': 'text/plain' }, 'x'],
      'a redirect': [302, { Location: '/next' }, ''],
      'an error': [500, { 'Content-Type': 'application/json' }, '{}'],
      nothing: [204, {}, ''],
      'not modified': [304, { ETag: '"x"' }, ''],
      'a large file': [
        200,
        { 'Content-Type': 'video/mp4', 'Content-Length': String(LARGEST * 3 + 5) },
        'x'.repeat(LARGEST * 3 + 5),
      ],
      'a large page': [200, { 'Content-Type': 'text/html' }, '<p>'.repeat(LARGEST)],
    };
  for (const [name, [status, headers, body]] of Object.entries(answers)) {
    const filled = /html|css|json/.test(String(headers['Content-Type']));
    for (const head of [
      [],
      ['Popsicl-Pieces: 1'],
      ['Popsicl-Pieces: 3'],
      ['Range: bytes=0-1', 'Accept-Encoding: gzip'],
    ]) {
      it(`${name}${head.map(line => `, ${line}`).join('')}: multiples of 512 bytes on the wire`, async () => {
        listener = (_request, response) => response.writeHead(status, headers).end(body);
        const bytes = await wire(port, `/?${C}`, head);
        expect(bytes.length % 512).to.equal(0);
        const asked = head[0]?.startsWith('Popsicl');
        if (filled || asked) expect(bodyOf(bytes).length % 512).to.equal(0);
        if (!asked && !filled) expect(bodyOf(bytes).toString()).to.equal(body);
      });
    }
    it(`${name}: HEAD is a multiple of 512 bytes`, async () => {
      listener = (_request, response) => response.writeHead(status, headers).end();
      expect((await wire(port, `/?${C}`, [], 'HEAD')).length % 512).to.equal(0);
    });
  }

  it('refusals are of one size, whether they are asked for in pieces or not', async () => {
    const sizes = new Set<number>();
    for (const head of [[], ['Popsicl-Pieces: 3'], ['Popsicl-Rest: x/1']])
      sizes.add((await wire(port, '/', head)).length);
    expect([...sizes]).to.deep.equal([1024]);
    const { headers } = await get(port, '/');
    expect(headers).to.include({ 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' });
  });

  it('an object is fetched in as many pieces as asked for, and the application is asked once', async () => {
    const content = Buffer.from(Array.from({ length: 5000 }, (_, index) => index % 256));
    let calls = 0;
    listener = (request, response) => {
      calls++;
      request
        .resume()
        .on('end', () => response.writeHead(201, { 'Content-Type': 'image/x', ETag: '"1"' }).end(content));
    };
    for (const count of [1, 2, 3, 7]) {
      const [pieces, whole] = await inPieces(port, `/i?${C}`, count, { method: 'POST', body: 'x' });
      expect(pieces).to.have.length(count);
      expect(whole.equals(content)).to.equal(true);
      expect(pieces[0]!.status).to.equal(201);
      expect(pieces[0]!.headers['content-type']).to.equal('image/x');
      expect(pieces[0]!.headers['cache-control']).to.equal('no-store');
      expect(pieces[0]!.headers).to.not.have.property('etag');
      for (const { body } of pieces) expect(body.length % 512).to.equal(0);
    }
    expect(calls).to.equal(4);
  });

  it('a piece is there once, and only where it belongs', async () => {
    listener = (_request, response) => response.end('x');
    const first = await get(port, `/?${C}`, { headers: { 'popsicl-pieces': '2' } });
    const reference = `${String(first.headers['popsicl-rest'])}/1`;
    expect((await get(port, '/', { headers: { 'popsicl-rest': reference } })).status).to.equal(404);
    expect((await get(port, `/?${C}`, { headers: { 'popsicl-rest': reference } })).status).to.equal(200);
    for (const other of [reference, 'x', `${reference}0`, '../1']) {
      expect((await get(port, `/?${C}`, { headers: { 'popsicl-rest': other } })).status).to.equal(410);
    }
  });

  it('a number of pieces that is none, or too many, is not heard', async () => {
    listener = (_request, response) => response.end('x');
    for (const count of ['0', '17', '-1', '1e1', 'x', '']) {
      const answer = await get(port, `/?${C}`, { headers: { 'popsicl-pieces': count } });
      expect([answer.status, answer.text]).to.deep.equal([200, 'x']);
    }
  });

  it('answers without a body, and long ones, come in one piece', async () => {
    listener = (_request, response) => response.writeHead(204).end();
    const [[empty]] = await inPieces(port, `/?${C}`, 3);
    expect([empty!.status, empty!.headers['popsicl-status']]).to.deep.equal([200, '204']);
    const long = 'x'.repeat(LARGEST * 2);
    listener = (_request, response) => response.writeHead(200, { 'Content-Type': 'text/x' }).end(long);
    const [pieces, whole] = await inPieces(port, `/?${C}`, 3);
    expect(pieces).to.have.length(1);
    expect(whole.toString()).to.equal(long);
  });

  it('parts of files are not given: the whole is', async () => {
    listener = (request, response) => response.end(String(request.headers.range));
    expect((await get(port, `/?${C}`, { headers: { range: 'bytes=0-3' } })).text).to.equal('undefined');
  });

  it('objects of a page are put aside for its script; documents, modules and others’ are not', async () => {
    let page = '';
    listener = (_request, response) => response.writeHead(200, { 'Content-Type': 'text/html' }).end(page);
    const rewritten = async (text: string, headers = {}) => {
      page = text;
      const answer = (await get(port, `/?${C}`, { headers })).text.replace(/<!-- *-->$/, '');
      return answer
        .replace(/<script nonce="[^"]*" data-popsicl=.*?<\/script>/s, '')
        .replaceAll(/nonce="[^"]{24}"/g, 'nonce')
        .replaceAll(`?${C}`, '?C');
    };
    const now = '<script nonce>__popsicl()</script>';
    expect(await rewritten('<img src=/a srcset="/b 2x">')).to.equal(
      '<img data-popsicl-src="/a?C" data-popsicl-srcset="/b?C 2x">',
    );
    expect(await rewritten('<link rel=stylesheet href=/s>x')).to.equal(
      `<link rel=stylesheet data-popsicl-href="/s?C">${now}x`,
    );
    expect(await rewritten('<script src=/s></script>x')).to.equal(
      `<script type="text/popsicl" data-popsicl-src="/s?C"></script>${now}x`,
    );
    expect(await rewritten('<script defer src=/s></script>x')).to.equal(
      '<script defer type="text/popsicl" data-popsicl-src="/s?C"></script>x<script nonce>__popsicl(true)</script>',
    );
    expect(await rewritten('<style>a{b:url(/i)}</style>')).to.equal(
      `<style>a{b:url("popsicl:https://${PSEUDONYM}/i?C")}</style>`,
    );
    expect(await rewritten('<link rel=preload href=/p as=font>')).to.equal('<link rel=preload  as=font>');
    expect(await rewritten('<script src=/s></script>', { 'sec-fetch-dest': 'empty' })).to.equal(
      '<script src="/s?C"></script>',
    );
    for (const same of [
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

  it('a strict Content-Security-Policy lets the script and its blobs in, and nothing else', async () => {
    listener = (_request, response) => {
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

  it('wrong settings are refused', () => {
    const wrong = [
      { pieces: [] },
      { pieces: [0] },
      { pieces: [1.5] },
      { pieces: [17] },
      { unit: 0 },
      { unit: 1e6 },
    ];
    for (const defence of [...wrong, { largest: 1 }]) {
      expect(() => new TenantWeb({ ...OPTIONS, defence }))
        .to.throw()
        .with.property('code', 'bad-configuration');
    }
  });
});

describe('popsicl: what the defence is made of', () => {
  it('padding is a multiple of the unit, and comes off again', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2000 }), fc.integer({ min: 16, max: 1024 }), (content, unit) => {
        const padded = padPiece(content, unit);
        expect(padded.length % unit).to.equal(0);
        expect(padded.length - content.length).to.be.within(1, unit);
        expect(Buffer.from(stripPiece(padded)!).equals(content)).to.equal(true);
        for (const filling of ['comment', 'space'] as const) {
          expect((content.length + fillUp(content.length, unit, filling).length) % unit).to.equal(0);
        }
      }),
    );
    for (const broken of [[], [0, 0], [1, 2]])
      expect(stripPiece(Uint8Array.from(broken))).to.equal(undefined);
  });

  it('cuts anywhere, and loses nothing', () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.integer({ min: 1, max: 16 }), (content, count) => {
        const parts = cut(Buffer.from(content), count);
        expect(parts).to.have.length(count);
        expect(Buffer.concat(parts).equals(content)).to.equal(true);
      }),
    );
  });

  it('pieces that nobody fetches are forgotten, and room is bounded', () => {
    let now = 0;
    const store = new PieceStore(() => now);
    const id = store.put('a', [Buffer.from('1'), Buffer.from('2')])!;
    expect(store.take('b', `${id}/1`)).to.equal(undefined);
    expect(String(store.take('a', `${id}/2`))).to.equal('2');
    expect(store.put('a', [Buffer.alloc(64 * 1024 * 1024)])).to.equal(undefined);
    now = 30_000;
    expect(store.take('a', `${id}/1`)).to.equal(undefined);
    expect(store.put('a', [Buffer.alloc(64 * 1024 * 1024)])).to.be.a('string');
  });

  const policies: [from: string, to: string][] = [
    ["script-src 'none'", "script-src 'nonce-N'"],
    ["script-src 'self' 'unsafe-inline'", "script-src 'self' 'unsafe-inline' blob:"],
    [
      "script-src 'nonce-x' 'strict-dynamic' 'unsafe-inline'",
      "script-src 'nonce-x' 'strict-dynamic' 'unsafe-inline' 'nonce-N'",
    ],
    ["script-src-elem 'self'; script-src 'none'", "script-src-elem 'self' 'nonce-N'; script-src 'none'"],
    ["frame-ancestors 'none'", "frame-ancestors 'none'"],
    ['img-src https://shop.test', "img-src 'self' blob:"],
    ['', ''],
    [';;x;', 'x'],
  ];
  for (const [from, to] of policies) {
    it(`policy ${JSON.stringify(from)}`, () => {
      const isOwnSite = (source: string) => source === 'https://shop.test';
      expect(adaptPolicies(from, { nonce: 'N', blobs: true, isOwnSite })).to.equal(to);
    });
  }
});

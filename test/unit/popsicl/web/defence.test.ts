import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { expect } from 'chai';
import { TenantWeb } from '../../../../apps/popsicl/tenant/web/tenant-web.js';
import { DefendedServer, LARGEST } from './defended-server.js';
import { stripPiece } from './stripped-piece.js';
import { type Answer, type Ask, CAPABILITY, get, OPTIONS, PSEUDONYM } from './web-client.js';

const C = `c=${CAPABILITY}`;

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

const someObject = () => randomBytes(9).toString('base64url');

/** Fetches an object as the page's script does: by GET all pieces at once, else the first and then the others. */
async function inPieces(
  port: number,
  path: string,
  count: number,
  ask: Ask = {},
): Promise<[Answer[], Buffer]> {
  const object = someObject();
  const take = (number: number, name: string, more: Ask = {}) =>
    get(port, path, { ...more, headers: { ...more.headers, 'popsicl-piece': `${object}.${number}${name}` } });
  const answers =
    (ask.method ?? 'GET') === 'GET'
      ? await Promise.all(numbers(count).map(number => take(number, `.${count}`, ask)))
      : [await take(0, `.${count}`, ask)];
  const [first] = answers;
  for (let number = answers.length; number < Number(first!.headers['popsicl-pieces']); number++)
    answers.push(await take(number, ''));
  return [answers, Buffer.concat(answers.map(({ body }) => stripPiece(body) ?? Buffer.alloc(0)))];
}

const numbers = (count: number) => Array.from({ length: count }, (_, number) => number);

/** What scripts that bring pieces hand to the page's script. */
function handed(answers: readonly Answer[]): { object: string; number: number; rest: string[] }[] {
  return answers.map(({ text }) => {
    const piece = (object: string, number: number, ...rest: string[]) => ({ object, number, rest });
    return new Function('__popsicl', `return ${text}`)({ piece });
  });
}

describe('popsicl: the traffic-analysis defence', () => {
  const server = new DefendedServer();
  let port: number;
  before(async () => {
    await server.start();
    port = server.port;
  });
  after(() => server.stop());

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
      [`Popsicl-Piece: ${'1'.repeat(12)}.0.1`],
      [`Popsicl-Piece: ${'3'.repeat(12)}.1.3`],
      ['Range: bytes=0-1', 'Accept-Encoding: gzip'],
    ]) {
      it(`${name}${head.map(line => `, ${line}`).join('')}: multiples of 512 bytes on the wire`, async () => {
        server.listener = (_request, response) => response.writeHead(status, headers).end(body);
        const bytes = await wire(port, `/?${C}`, head);
        expect(bytes.length % 512).to.equal(0);
        const asked = head[0]?.startsWith('Popsicl');
        if (filled || asked) expect(bodyOf(bytes).length % 512).to.equal(0);
        if (!asked && !filled) expect(bodyOf(bytes).toString()).to.equal(body);
      });
    }
    it(`${name}: HEAD is a multiple of 512 bytes`, async () => {
      server.listener = (_request, response) => response.writeHead(status, headers).end();
      expect((await wire(port, `/?${C}`, [], 'HEAD')).length % 512).to.equal(0);
    });
  }

  it('refusals are of one size, whether they are asked for in pieces or not', async () => {
    const sizes = new Set<number>();
    for (const head of [[], [`Popsicl-Piece: ${someObject()}.0.3`], [`Popsicl-Piece: ${someObject()}.1`]])
      sizes.add((await wire(port, '/', head)).length);
    expect([...sizes]).to.deep.equal([1024]);
    const { headers } = await get(port, '/');
    expect(headers).to.include({ 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' });
  });

  const content = Buffer.from(Array.from({ length: 5000 }, (_, index) => index % 256));

  it('an object is fetched in as many pieces as asked for, and the application is asked once', async () => {
    let calls = 0;
    server.listener = (request, response) => {
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

  it('all pieces may be asked for at once, in any order: one asks the application, the others wait for it', async () => {
    let calls = 0;
    server.listener = (_request, response) => {
      calls++;
      setImmediate(() => response.writeHead(200, { 'Content-Type': 'image/x' }).end(content));
    };
    for (const count of [1, 2, 3, 7]) {
      const [pieces, whole] = await inPieces(port, `/i?${C}`, count);
      expect(pieces).to.have.length(count);
      expect(whole.equals(content)).to.equal(true);
      expect(pieces.filter(({ headers }) => headers['popsicl-pieces'] === String(count))).to.have.length(1);
      expect(new Set(pieces.map(({ headers }) => headers['popsicl-answer'])).size).to.equal(1);
      for (const { body } of pieces) expect(body.length % 512).to.equal(0);
    }
    expect(calls).to.equal(4);
  });

  it('pieces of another answer are told apart: a piece that was taken is asked for anew', async () => {
    let calls = 0;
    server.listener = (_request, response) => response.end(`${calls++} ${content}`);
    const ask = (name: string) =>
      get(port, `/i?${C}`, { headers: { 'popsicl-piece': `${'o'.repeat(12)}.${name}` } });
    const [first, again, rest] = [await ask('0.2'), await ask('0.2'), await ask('1.2')];
    expect(calls).to.equal(2);
    expect(again.headers['popsicl-answer']).to.not.equal(first.headers['popsicl-answer']);
    expect(rest.headers['popsicl-answer']).to.equal(again.headers['popsicl-answer']);
  });

  it('a redirect leads all pieces to the same place', async () => {
    server.listener = (_request, response) => response.writeHead(302, { Location: '/there' }).end();
    const [pieces] = await inPieces(port, `/i?${C}`, 3);
    for (const { status, headers } of pieces)
      expect([status, headers.location]).to.deep.equal([302, `/there?${C}`]);
  });

  it('those who wait for an answer that does not come are told so', async () => {
    let destroy = () => {};
    const asked = new Promise<void>(resolve => {
      server.listener = (_request, response) => {
        destroy = () => response.destroy();
        resolve();
      };
    });
    const ask = (number: number) =>
      get(port, `/i?${C}`, { headers: { 'popsicl-piece': `${'d'.repeat(12)}.${number}.2` } });
    const first = ask(0).catch(() => 'gone');
    await asked;
    const second = ask(1);
    // The server hears of the second before it hears of anything later.
    await get(port, '/');
    destroy();
    expect(await first).to.equal('gone');
    expect((await second).status).to.equal(410);
  });

  it('a script brings a piece to the page’s script, whatever bytes it has', async () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a template would end the piece's own.
    const strange = Buffer.from('`${x}` \n \r\n \0\u2028 </script> é $', 'utf8');
    const script = Buffer.concat([strange, content, Buffer.from('$')]);
    const type = 'text/javascript; charset=utf-8';
    server.listener = (request, response) =>
      response.writeHead(request.url === '/s?x=1' ? 200 : 404, { 'Content-Type': type }).end(script);
    for (const count of [1, 2, 3]) {
      const object = someObject();
      const ask = (path: string, number: number) =>
        get(port, `${path}&${C}&popsicl=${object}.${number}.${count}s`);
      const answers = await Promise.all(numbers(count).map(number => ask('/s?x=1', number)));
      const parts = handed(answers);
      expect(parts.map(({ object, number }) => [object, number])).to.deep.equal(
        numbers(count).map(number => [object, number]),
      );
      expect(new Set(parts.map(({ rest }) => rest[0])).size).to.equal(1);
      expect(parts[0]!.rest[1]).to.equal(type);
      const whole = Buffer.from(parts.map(({ rest }) => rest[2]).join(''), 'latin1');
      expect(whole.equals(script)).to.equal(true);
      for (const { body, headers } of answers) {
        expect(body.length % 512).to.equal(0);
        expect(headers).to.include({ 'content-type': type, 'cache-control': 'no-store' });
      }
      const missing = await Promise.all(numbers(count).map(number => ask('/no?x=1', number)));
      for (const { rest } of handed(missing)) expect(rest).to.deep.equal([]);
    }
  });

  it('a script that leads elsewhere, is coded or too long is none that is handed over', async () => {
    const answers: [number, Record<string, string>, string][] = [
      [302, { Location: '/there' }, ''],
      [200, { 'Content-Encoding': 'gzip' }, 'x'],
      [200, {}, 'x'.repeat(LARGEST + 1)],
    ];
    for (const [status, headers, body] of answers) {
      server.listener = (_request, response) => response.writeHead(status, headers).end(body);
      const answer = await get(port, `/s?${C}&popsicl=${someObject()}.0.1s`);
      expect([answer.status, answer.headers.location]).to.deep.equal([200, undefined]);
      expect(handed([answer])[0]!.rest).to.deep.equal([]);
      expect(answer.body.length % 512).to.equal(0);
    }
  });

  it('a style sheet that a script brings has its addresses marked', async () => {
    server.listener = (_request, response) =>
      response.writeHead(200, { 'Content-Type': 'text/css' }).end('a{b:url(i)}');
    const answer = await get(port, `/d/s?${C}&popsicl=${someObject()}.0.1c`);
    expect(handed([answer])[0]!.rest[2]).to.equal(`a{b:url("popsicl:https://${PSEUDONYM}/d/i?${C}")}`);
  });

  it('a piece is there only where it belongs', async () => {
    server.listener = (_request, response) => response.end('x');
    const object = someObject();
    const take = (path: string, name: string) => get(port, path, { headers: { 'popsicl-piece': name } });
    await take(`/?${C}`, `${object}.0.2`);
    expect((await take('/', `${object}.1`)).status).to.equal(404);
    expect((await take(`/other?${C}`, `${object}.1`)).status).to.equal(410);
    expect((await take(`/?${C}`, `${object}.1`)).status).to.equal(200);
    for (const name of [`${object}.1`, `${object}.2`, `${someObject()}.1`])
      expect((await take(`/?${C}`, name)).status, name).to.equal(410);
  });

  it('what names no piece is not heard, and stays with the application', async () => {
    server.listener = (request, response) => response.end(request.url);
    const object = someObject();
    const names = ['.0.0', '.0.17', '.3.3', '.-1.2', '.1e1', '.0', '', '.0.1x'].map(rest => object + rest);
    for (const name of [...names, 'x.0.1', '../1.0.1']) {
      const answer = await get(port, `/?${C}`, { headers: { 'popsicl-piece': name } });
      expect([answer.status, answer.text], name).to.deep.equal([200, '/']);
      expect((await get(port, `/?${C}&popsicl=${name}`)).text).to.equal(`/?popsicl=${name}`);
    }
    expect((await get(port, `/?${C}&notpopsicl=${object}.0.1`)).text).to.equal(`/?notpopsicl=${object}.0.1`);
  });

  it('answers without a body, and long ones, come in one piece', async () => {
    server.listener = (_request, response) => response.writeHead(204).end();
    const empty = (await inPieces(port, `/?${C}`, 3))[0].find(({ headers }) => headers['popsicl-pieces']);
    expect([empty!.status, empty!.headers['popsicl-status']]).to.deep.equal([200, '204']);
    const long = 'x'.repeat(LARGEST * 2);
    server.listener = (_request, response) => response.writeHead(200, { 'Content-Type': 'text/x' }).end(long);
    const [pieces, whole] = await inPieces(port, `/?${C}`, 3);
    expect(pieces.map(({ headers }) => headers['popsicl-pieces']).join('')).to.equal('1');
    expect(whole.toString()).to.equal(long);
  });

  it('parts of files are not given: the whole is', async () => {
    server.listener = (request, response) => response.end(String(request.headers.range));
    expect((await get(port, `/?${C}`, { headers: { range: 'bytes=0-3' } })).text).to.equal('undefined');
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

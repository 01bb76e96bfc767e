/** A site as its author wrote it: pages, pictures, a style sheet, a script that asks for data, a log-in, an upload. */
import { createHash } from 'node:crypto';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { PNG } from 'pngjs';

export const PAGES = 5;
export const PICTURES = 8;

const STYLE = `body { font: 16px/1.4 sans-serif; margin: 20px; background: #fff url("/img/9.png") repeat-x; }
a, a:visited { color: #06c } nav a { margin-right: 8px } img { width: 96px; height: 64px; border: 1px solid #777 }
@import url("more.css");`.replace(/^(.*)(@import[^;]*;)$/s, '$2\n$1');
const MORE_STYLE = '#data { color: #06c; background: #eef; padding: 4px; min-height: 24px }';
const SCRIPT = `fetch('/data.json').then(response => response.json()).then(({ text }) => {
  document.querySelector('#data').textContent = text;
  document.body.dataset.ready = 'yes';
});`;

/** `link` leads to another site. */
export function webSite(link: string): RequestListener {
  return (request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'https://site');
    const [, kind, name = ''] = pathname.split('/');
    if (request.method === 'POST') void receive(request, response, pathname);
    else if (pathname === '/') send(response, 'text/html', frontPage(link));
    else if (kind === 'page') send(response, 'text/html', page(Number(name)));
    else if (kind === 'img') send(response, 'image/png', picture(parseInt(name, 10)));
    else if (pathname === '/style.css') send(response, 'text/css', STYLE);
    else if (pathname === '/more.css') send(response, 'text/css', MORE_STYLE);
    else if (pathname === '/app.js') send(response, 'text/javascript', SCRIPT);
    else if (pathname === '/data.json')
      send(response, 'application/json', JSON.stringify({ text: 'data of the site' }));
    else if (pathname === '/account') send(response, 'text/html', account(request.headers.cookie));
    else send(response, 'text/plain', 'no such page\n', 404);
  };
}

function document(title: string, body: string): string {
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${title}</title>
<link rel="icon" href="data:,"><link rel="stylesheet" href="/style.css"><script src="/app.js" defer></script></head>
<body><h1>${title}</h1><p id="data"></p>${body}</body></html>`;
}

function frontPage(link: string): string {
  const pages = Array.from(
    { length: PAGES },
    (_, index) => `<a href="/page/${index + 1}">page ${index + 1}</a>`,
  );
  const pictures = Array.from({ length: PICTURES }, (_, index) => `<img alt="" src="img/${index + 1}.png">`);
  return document(
    'A site',
    `<nav>${pages.join('')}</nav><p>${pictures.join(' ')}</p>
<p><a id="other" href="${link}">another site</a></p>
<form id="login" method="post" action="/login"><input name="user"><button>Log in</button></form>
<form id="upload" method="post" action="/upload" enctype="multipart/form-data"><input type="file" name="file"><button>Send</button></form>`,
  );
}

function page(number: number): string {
  const pictures = [0, 1, 2].map(more => `<img alt="" src="../img/${1 + ((number + more) % PICTURES)}.png">`);
  return document(`Page ${number}`, `<p>${pictures.join(' ')}</p><p><a id="home" href="/">home</a></p>`);
}

function account(cookie = ''): string {
  const user = /(?:^|; )user=([a-z]+)/.exec(cookie)?.[1];
  return document('Account', `<p id="user">${user ?? 'nobody'}</p>`);
}

async function receive(request: IncomingMessage, response: ServerResponse, path: string): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const body = Buffer.concat(chunks);
  if (path === '/login') {
    const user = new URLSearchParams(body.toString()).get('user')?.replace(/[^a-z]/g, '') ?? '';
    // As for a site with several hosts.
    response.setHeader('Set-Cookie', `user=${user}; Path=/; Secure; HttpOnly; Domain=tenant-c.example`);
    response.writeHead(303, { Location: '/account' }).end();
    return;
  }
  const boundary = /boundary=(.*)$/.exec(request.headers['content-type'] ?? '')?.[1] ?? '';
  const content = body.subarray(body.indexOf('\r\n\r\n') + 4, body.lastIndexOf(`\r\n--${boundary}--`));
  const hash = createHash('sha256').update(content).digest('hex');
  send(response, 'text/html', document('Received', `<p id="hash">${hash}</p>`));
}

/** Each has another pattern, and another size in bytes. */
function picture(number: number): Buffer {
  const image = new PNG({ width: 96, height: 64 });
  for (let at = 0; at < 96 * 64; at++) {
    const [x, y] = [at % 96, Math.floor(at / 96)];
    const noise = (x * x * number + y * 7919 * number) % 251;
    image.data.set([noise, (x * 2 + number * 20) & 0xff, (y * 3) & 0xff, 255], at * 4);
  }
  return PNG.sync.write(image);
}

function send(response: ServerResponse, type: string, body: string | Buffer, status = 200): void {
  response.writeHead(status, { 'Content-Type': type }).end(body);
}

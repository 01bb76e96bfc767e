import type { IncomingMessage, ServerResponse } from 'node:http';
import { deflateSync } from 'node:zlib';
import { PNG } from 'pngjs';

/** A site as its author wrote it: nothing in it knows of pseudonyms. */

const POLICY =
  "default-src 'none'; script-src 'self' 'nonce-author'; style-src 'self' 'unsafe-inline'; img-src 'self'; connect-src 'self'; frame-src 'self'; form-action 'self'";

const HOME = `<!doctype html><html lang=en><head><meta charset=utf-8><title>Café</title>
<link rel=stylesheet href="/css/main.css">
<script>window.log = []; log.push('inline');</script>
<script src="/js/blocking.js"></script>
<script>log.push('then ' + typeof blocked + ' ' + getComputedStyle(document.documentElement).color);</script>
<script defer src="/js/deferred.js"></script>
<script async src="/js/async.js"></script>
<style>.inner { background: url(/img/red.png); width: 40px; height: 40px }</style></head>
<body><h1>Café</h1>
<img id=plain src="/img/green.png"><img id=set srcset="/img/blue.png 1x, /img/double.png 2x">
<picture><source srcset="/img/red.png" media="(min-width: 1px)"><img id=picture src="/img/blue.png"></picture>
<div class=inner></div><div id=outer></div><p style="background: url(/img/blue.png)">text</p>
<svg width=40 height=40><image id=svg href="/img/green.png" width=40 height=40 /></svg>
<iframe id=frame src="/frame" width=100 height=40></iframe>
<div id=made></div>
<a id=next href="next">next</a>
<form id=search action="/search"><input name=q value="a b"><button>search</button></form>
<form id=login method=post action="/login"><input name=user value=me><button>log in</button><button id=got formmethod=get formaction="/search">get</button></form>
<script src="/js/last.js"></script></body></html>`;

const LAST = `log.push('last'); addEventListener('DOMContentLoaded', () => log.push('ready'));
window.done = (async () => {
  const out = {};
  out.fetch = await (await fetch('/api?x=1')).text();
  const post = await fetch('/api', { method: 'POST', body: 'sent' });
  out.post = await post.text();
  out.header = post.headers.get('x-shop');
  out.url = new URL(post.url).pathname;
  out.missing = (await fetch('/missing')).status;
  out.empty = (await fetch('/empty')).status;
  out.binary = new Uint8Array(await (await fetch('/binary')).arrayBuffer()).join();
  const ask = (method, async, type) => new Promise(resolve => {
    const request = new XMLHttpRequest();
    request.open(method, '/api', async);
    if (async) request.responseType = type;
    request.onload = () => resolve([request.status, request.response, request.getResponseHeader('x-shop')]);
    request.send(method === 'POST' ? 'xhr' : null);
  });
  out.xhr = JSON.stringify(await ask('POST', true, 'json'));
  out.now = JSON.stringify(await ask('GET', false));
  const loads = element => new Promise(resolve => { element.onload = () => resolve(true); element.onerror = () => resolve(false); });
  const image = new Image();
  const shown = loads(image);
  image.src = '/img/red.png';
  out.image = (await shown) + ' ' + image.naturalWidth + ' ' + new URL(image.src).pathname;
  const script = document.createElement('script');
  const ran = loads(script);
  script.src = '/js/late.js';
  document.head.append(script);
  out.script = (await ran) + ' ' + window.late;
  const css = [];
  const styled = set => { const box = document.createElement('div'); set(box); css.push(box.style.cssText.includes('?c=')); };
  styled(box => box.setAttribute('style', 'background: url(/img/red.png)'));
  styled(box => { box.style.background = 'url(/img/red.png)'; });
  styled(box => { box.style.cssText = "background: url('/img/red.png')"; });
  styled(box => box.style.setProperty('background-image', 'url("/img/red.png")'));
  const sheet = new CSSStyleSheet();
  sheet.replaceSync('a { background: url(/img/red.png) }');
  sheet.insertRule('b { background: url(/img/red.png) }');
  for (const rule of sheet.cssRules) css.push(rule.cssText.includes('?c='));
  out.css = css.join();
  made.innerHTML = '<img src="/img/green.png"><a href="/next">made</a>';
  document.cookie = 'own=1; domain=popsicls.test';
  out.cookie = document.cookie;
  history.replaceState(null, '', '/here');
  out.here = location.search !== '';
  return out;
})();`;

const COLOURS: Record<string, [number, number, number]> = {
  red: [200, 0, 0],
  green: [0, 150, 0],
  blue: [0, 0, 200],
};

function image(name: string): Buffer {
  const picture = new PNG({ width: 40, height: 40 });
  const [red, green, blue] = COLOURS[name] ?? [0, 0, 0];
  for (let at = 0; at < picture.data.length; at += 4) picture.data.set([red, green, blue, 255], at);
  return PNG.sync.write(picture);
}

const FILES: Record<string, [type: string, body: string | Buffer]> = {
  '/': ['text/html', HOME.replaceAll('<script', '<script nonce=author')],
  '/frame': ['text/html', '<p>frame<script nonce=author>window.framed = true</script>'],
  '/next': ['text/html', '<title>next</title><p id=there>there<a id=back href="/">back</a>'],
  '/search': ['text/html', '<p id=there>found'],
  '/css/main.css': [
    'text/css',
    '@import "more.css"; html { color: rgb(1, 2, 3) } #outer { background: url(../img/blue.png); height: 40px }',
  ],
  '/css/more.css': ['text/css', `#outer { border: 3px solid } ${'/* */'.repeat(300)}`],
  '/js/blocking.js': [
    'text/javascript',
    'var blocked = 1; log.push("blocking"); document.write("<p id=written>written")',
  ],
  '/js/deferred.js': ['text/javascript', 'log.push("deferred " + !!document.getElementById("search"))'],
  '/js/async.js': ['text/javascript', 'window.asynchronous = true'],
  '/js/late.js': ['text/javascript', 'window.late = "late"'],
  '/js/last.js': ['text/javascript', LAST],
  '/binary': ['application/octet-stream', deflateSync('\0\x80\xff')],
};

/** How often each was asked for, as the application saw it. */
export class Shop {
  readonly asked: string[] = [];

  readonly answer = (request: IncomingMessage, response: ServerResponse): void => {
    const { url = '', method, headers } = request;
    this.asked.push(`${method} ${url}`);
    const path = url.split('?')[0]!;
    const picture = /^\/img\/(\w+)\.png$/.exec(path);
    const file = picture ? (['image/png', image(picture[1]!)] as const) : FILES[path];
    if (path === '/empty') response.writeHead(204).end();
    else if (path === '/login') {
      response
        .writeHead(303, { Location: '/next', 'Set-Cookie': 'session=1; Domain=shop.test; Path=/' })
        .end();
    } else if (path === '/api') {
      let body = '';
      request.on('data', chunk => {
        body += String(chunk);
      });
      request.on('end', () => {
        response.writeHead(200, { 'Content-Type': 'application/json', 'X-Shop': 'yes' });
        response.end(JSON.stringify({ method, url, body }));
      });
    } else if (file) {
      response.setHeader('Content-Security-Policy', POLICY);
      if (path === '/next') response.setHeader('X-Cookie', headers.cookie ?? '');
      response.writeHead(200, { 'Content-Type': file[0] }).end(file[1]);
    } else response.writeHead(404, { 'Content-Type': 'text/plain' }).end('no');
  };
}

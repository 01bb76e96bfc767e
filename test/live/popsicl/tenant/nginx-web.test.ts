import { existsSync, mkdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import type { IncomingHttpHeaders } from 'node:http';
import { request } from 'node:https';
import { join } from 'node:path';
import { expect } from 'chai';
import { drawCapability } from '../../../../apps/popsicl/capability.js';
import { NginxBlocks } from '../../../../apps/popsicl/tenant/web-server/nginx-blocks.js';
import { hasNginx, NginxProcess } from './nginx-process.js';
import { type Kit, KitMaker, temporaryFolder, write } from './pseudonym-kit.js';

const MODULE = '/usr/lib/nginx/modules/ngx_http_subs_filter_module.so';
const PAGE = `<!doctype html><a href="/a?x=1#f">a</a><a href='b.html'>b</a><a href="#t">t</a><a href="https://else.test/">e</a>
<img src=i.png><script src="/s.js"></script><p style="x: url(j.png)"><a href="//else.test">f</a><a href="mailto:a@b">g</a>
<form action="/q"></form><form method=post action="/p"></form><form action="https://else.test/"></form>`;

describe('nginx alone, with links by its filter module', () => {
  const capability = drawCapability();
  const C = `c=${capability}`;
  let folder: string;
  let nginx: NginxProcess;
  let p: Kit;

  before(async function () {
    if (!hasNginx() || !existsSync(MODULE)) this.skip();
    p = await (await KitMaker.create()).make('p2');
    folder = temporaryFolder();
    mkdirSync(join(folder, 'blocks'));
    mkdirSync(join(folder, 'www'));
    mkdirSync(join(folder, 'www/sub'));
    write(folder, 'www/index.html', PAGE);
    write(folder, 'www/style.css', '@import "k.css"; a { b: url("../x.png") }');
    nginx = await NginxProcess.start(
      port => {
        write(
          folder,
          'site.conf',
          `listen 127.0.0.1:${port} ssl; root ${folder}/www; charset utf-8; location /seen { return 200 "$uri $is_args"; }`,
        );
        return `types { text/html html; text/css css; }
          server { listen 127.0.0.1:${port} ssl default_server; ssl_reject_handshake on; }
          include ${folder}/blocks/*.conf;`;
      },
      { folder, main: `load_module ${MODULE};` },
    );
    const blocks = new NginxBlocks({
      folder: join(folder, 'blocks'),
      site: join(folder, 'site.conf'),
      host: '127.0.0.1',
      port: nginx.port,
      reload: async () => void process.kill(nginx.pid, 'SIGHUP'),
      web: { kind: 'links', capabilityOf: async () => capability },
    });
    await blocks.put(p.material);
  });
  after(async () => {
    await nginx?.[Symbol.asyncDispose]();
    if (folder) await rm(folder, { recursive: true, force: true });
  });

  function get(path: string): Promise<{ status: number; headers: IncomingHttpHeaders; body: string }> {
    return new Promise((resolve, reject) => {
      const sent = request(
        {
          ...{ host: '127.0.0.1', port: nginx.port, path, agent: false, timeout: 60_000 },
          ...{ servername: p.name, headers: { host: p.name }, rejectUnauthorized: false, ...p.client },
        },
        async answer => {
          let body = '';
          for await (const chunk of answer) body += String(chunk);
          resolve({ status: answer.statusCode!, headers: answer.headers, body });
        },
      );
      sent.on('error', reject).on('timeout', () => sent.destroy(new Error('timeout')));
      sent.end();
    });
  }

  it('answers requests without the capability alike', async () => {
    const swapped = capability.replace(/[a-z]/i, letter =>
      /[a-z]/.test(letter) ? letter.toUpperCase() : letter.toLowerCase(),
    );
    const paths = ['/', '/none', '/style.css', `/?c=${swapped}`, `/?x=${capability}`, '/?c=', `/${C}`];
    const answers = await Promise.all(paths.map(get));
    for (const { status, body } of answers) {
      expect(status).to.equal(404);
      expect(body).to.equal(answers[0]!.body);
    }
  });

  it('gives it to links of pages, and to no others’', async () => {
    const { body, headers } = await get(`/index.html?${C}`);
    expect(headers['referrer-policy']).to.equal('same-origin');
    expect(body).to.equal(
      PAGE.replace('/a?x=1', `/a?${C}&x=1`)
        .replace('b.html', `b.html?${C}&`)
        .replace('i.png', `i.png?${C}&`)
        .replace('/s.js', `/s.js?${C}&`)
        .replace('j.png', `j.png?${C}&`)
        .replace('"/q">', `"/q?${C}&"><input type="hidden" name="c" value="${capability}">`)
        .replace('"/p"', `"/p?${C}&"`),
    );
    expect((await get(`/style.css?${C}`)).body).to.equal(
      `@import "k.css?${C}&"; a { b: url("../x.png?${C}&") }`,
    );
  });

  it('takes the links that it makes, and redirects with the capability', async () => {
    expect((await get(`/seen?${C}&`)).body).to.equal('/seen ?');
    expect((await get(`/sub?${C}`)).headers.location).to.equal(`/sub/?${C}`);
  });
});

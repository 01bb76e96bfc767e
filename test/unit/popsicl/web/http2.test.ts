import {
  type ClientHttp2Session,
  connect,
  createServer,
  type Http2Server,
  type IncomingHttpHeaders,
} from 'node:http2';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { protect } from '../../../../apps/popsicl/tenant/web/tenant-web.js';
import { CAPABILITY, OPTIONS, PSEUDONYM } from './web-client.js';

const C = `c=${CAPABILITY}`;

describe('popsicl: a tenant on HTTP/2', () => {
  for (const defence of [false, true]) {
    describe(defence ? 'with the defence' : 'without the defence', () => {
      let server: Http2Server;
      let session: ClientHttp2Session;
      before(async () => {
        server = protect(
          createServer((request, response) => {
            response.writeHead(200, { 'Content-Type': 'text/html', 'Set-Cookie': ['a=1; Domain=x', 'b=2'] });
            response.write('<a href=/a>');
            response.end(request.url);
          }),
          { ...OPTIONS, defence },
        );
        await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
        session = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
      });
      after(() => {
        session.close();
        server.close();
      });

      function get(
        path: string,
      ): Promise<[headers: IncomingHttpHeaders & { ':status'?: number }, body: string]> {
        return new Promise((resolve, reject) => {
          const stream = session.request({ ':path': path, ':authority': PSEUDONYM });
          let headers: IncomingHttpHeaders & { ':status'?: number } = {};
          let body = '';
          stream.on('response', head => {
            headers = head;
          });
          stream.on('data', chunk => {
            body += String(chunk);
          });
          stream.on('end', () => resolve([headers, body])).on('error', reject);
        });
      }

      it('checks, rewrites and strips as on HTTP/1.1; of the defence, bodies are padded', async () => {
        const [headers, body] = await get(`/p?${C}&q`);
        expect(body.replace(/<!-- *-->$/, '')).to.equal(`<a href="/a?${C}">/p?q`);
        expect(headers['set-cookie']).to.deep.equal(['a=1', 'b=2']);
        if (defence) expect(body.length % 512).to.equal(0);
        const [refusal, page] = await get('/p');
        expect([refusal[':status'], page.length, refusal['cache-control']]).to.deep.equal([
          404,
          512,
          'no-store',
        ]);
      });
    });
  }
});

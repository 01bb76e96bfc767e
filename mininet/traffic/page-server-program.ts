/**
 * `node page-server-program.js OPTIONS`: a site of pages with objects, as an application behind a tenant's web server would be:
 * at `plain` as it is, at `guarded` with the middleware for pseudonyms, at `defended` with the traffic-analysis defence too, and at
 * `laddered` with its decoys.
 */
import { createServer, type Server } from 'node:http';
import type { DefenceOptions } from '../../apps/popsicl/tenant/web/defence/options.js';
import { protect } from '../../apps/popsicl/tenant/web/tenant-web.js';
import type { PageServerOptions } from './browser-pages.js';
import { pageFile } from './page-content.js';

const { domain, capabilities, ports, pages, ladder } = JSON.parse(process.argv[2]!) as PageServerOptions;
const directory = {
  capabilityOf: (host: string) => capabilities[host],
  cloud: { linker: '', tenants: [] },
};

function application(): Server {
  return createServer((request, response) => {
    const file = pageFile(pages, new URL(request.url ?? '/', 'http://site').pathname);
    if (file === undefined) response.writeHead(404).end();
    else {
      response.writeHead(200, { 'Content-Type': file.type, 'Content-Length': file.body.length });
      response.end(file.body);
    }
  });
}

const guarded = (defence: DefenceOptions | boolean) =>
  protect(application(), { domain, capabilities: directory, script: defence !== false, defence });
const servers = {
  plain: application(),
  guarded: guarded(false),
  defended: guarded(true),
  laddered: guarded({ ladder }),
};
await Promise.all(
  Object.entries(servers).map(
    ([name, server]) =>
      new Promise<void>(resolve => {
        server.keepAliveTimeout = 60_000;
        server.listen(ports[name as keyof typeof ports], '127.0.0.1', () => resolve());
      }),
  ),
);
process.stdout.write('ready\n');

/**
 * `node web-site-program.js FOLDER PUBLIC DEFENCE ADDRESS…`: the site by its own name on PUBLIC, and by pseudonyms on the
 * others, with the traffic-analysis defence when DEFENCE is `defended`.
 */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { join } from 'node:path';
import { protect, servePseudonyms } from '../../../apps/popsicl/tenant/index.js';
import { CLOUD_DOMAIN } from '../../../mininet/demo/popsicl-cloud.js';
import { webSite } from './web-site.js';

const [folder = '', ordinary, defence, ...addresses] = process.argv.slice(2);
const PORT = 443;
const site = webSite('https://tenant-a.example/');
const credential = (name: string) => ({
  cert: readFileSync(join(folder, `${name}.pem`), 'utf8'),
  key: readFileSync(join(folder, `${name}.key`), 'utf8'),
});
const capabilities = join(folder, 'pseudonyms');
const pseudonyms = servePseudonyms({ folder: capabilities, decoy: credential('decoy') });

createServer(credential('site'), site).listen(PORT, ordinary);
for (const address of addresses) {
  const server = createServer(pseudonyms.tls, (request, response) =>
    pseudonyms.guard(request, response, () => site(request, response)),
  );
  protect(server, { domain: CLOUD_DOMAIN, capabilities, defence: defence === 'defended' });
  server.listen(PORT, address);
}
console.log('ready');

/** `node popsicl-node-tenant.js FOLDER IPV4 IPV6 PUBLIC`: a tenant of Node. Its site on PUBLIC, its pseudonyms on the others. */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { join } from 'node:path';
import { servePseudonyms } from '../../apps/popsicl/tenant/index.js';

const [folder, ipv4, ipv6, ordinary] = process.argv.slice(2) as [string, string, string, string];
const PORT = 443;
const page = readFileSync(join(folder, 'www/index.html'));
const credential = (name: string) => ({
  cert: readFileSync(join(folder, `${name}.pem`), 'utf8'),
  key: readFileSync(join(folder, `${name}.key`), 'utf8'),
});

createServer(credential('site'), (_request, response) => response.end(page)).listen(PORT, ordinary);

const pseudonyms = servePseudonyms({ folder: join(folder, 'pseudonyms'), decoy: credential('decoy') });
for (const address of [ipv4, ipv6]) {
  createServer(pseudonyms.tls, (request, response) =>
    pseudonyms.guard(request, response, () => response.end(page)),
  ).listen(PORT, address);
}

/** `node node-server-program.js FOLDER DECOY-CERT DECOY-KEY [CAPACITY]`: an HTTPS server for pseudonyms; prints its port. */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { servePseudonyms } from '../../../../apps/popsicl/tenant/node/pseudonym-server.js';

const [folder, cert, key, capacity = '10'] = process.argv.slice(2);
const decoy = { cert: readFileSync(cert!, 'utf8'), key: readFileSync(key!, 'utf8') };
const pseudonyms = servePseudonyms({ folder: folder!, decoy, capacity: Number(capacity) });
const server = createServer(pseudonyms.tls, (request, response) =>
  pseudonyms.guard(request, response, () => {
    response.end(`pseudonym ${pseudonyms.pseudonymOf(request.socket as TLSSocket)}`);
  }),
);
server.listen(0, '127.0.0.1', () => console.log(`port ${(server.address() as AddressInfo).port}`));

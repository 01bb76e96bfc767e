/** `node node-echo-program.js RELAY SOCKET USER`: a Node server that repeats what handed-off connections bring. */
import { createServer } from 'node:net';
import { acceptHandoffs } from '../../../../apps/popsicl/tenant/node/handoff-server.js';

const [relay, socket, user] = process.argv.slice(2);
const server = createServer(connection => {
  connection.on('error', () => {});
  connection.on('data', data => connection.write(`${connection.remoteAddress} said ${data}`));
});
server.listen(443, '::');
await acceptHandoffs(server, { relay: relay!, socket: socket!, user: Number(user) });
console.log('ready');

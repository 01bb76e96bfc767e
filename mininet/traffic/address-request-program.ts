/**
 * `node address-request-program.js 4|6 COUNT`: asks MIMIQ's allocator for addresses through interface eth0, again until it
 * answers, and prints them as a JSON list.
 */
import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { formatAddress } from '../../apps/mimiq/address-prefix.js';
import { decodeAnswer, encodeRequest } from '../../apps/mimiq/protocol/codec.js';

const SERVICE = 'fe80::1%eth0';
const PORT = 4870;
const AGAIN = 300;

const [, , family, count] = process.argv;
const request = encodeRequest({
  requestId: randomBytes(16),
  allocate: { family: Number(family), count: Number(count) },
});
const socket = createSocket('udp6');
const ask = () => socket.send(request, PORT, SERVICE, () => undefined);
socket.on('message', data => {
  const answer = decodeAnswer(data);
  if (answer?.granted !== undefined) {
    const addresses = answer.granted.grants.map(({ address }) => formatAddress(address));
    process.stdout.write(`${JSON.stringify(addresses)}\n`);
    process.exit(0);
  }
  const { code = 'unreadable', retryAfterMs = 0 } = answer?.refused ?? {};
  if (retryAfterMs > 0) return;
  process.stderr.write(`refused: ${code}\n`);
  process.exit(1);
});
setInterval(ask, AGAIN);
ask();

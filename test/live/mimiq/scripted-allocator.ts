/** An allocator on loopback that grants addresses of one network, one after the other; prints `ready` and what it hears. */
import { createSocket } from 'node:dgram';
import { decodeRequest, encodeAnswer, type GrantMessage } from '../../../apps/mimiq/protocol/codec.js';
import { parseIpv6 } from '../../../controller/address/index.js';

const [port, lifetime] = process.argv.slice(2).map(Number) as [number, number];
const answered = new Map<string, Uint8Array>();
const held = new Map<string, GrantMessage>();
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
let next = 0x1000;
const socket = createSocket('udp6');
socket.on('message', (datagram, { address, port: from }) => {
  const request = decodeRequest(datagram);
  if (request === undefined) return;
  const key = hex(request.requestId);
  let answer = answered.get(key);
  if (answer === undefined) {
    const grants: GrantMessage[] = [];
    for (let count = request.allocate?.count ?? 0; count > 0; count--) {
      const granted = parseIpv6(`fd09::${(next++).toString(16)}`)!;
      const grant = { address: granted, lifetimeMs: lifetime, network: 0 };
      grants.push(grant);
      held.set(hex(granted), grant);
    }
    for (const released of request.release?.addresses ?? []) held.delete(hex(released));
    if (request.status !== undefined) grants.push(...held.values());
    process.stdout.write(`granted ${grants.length} released ${request.release?.addresses.length ?? 0}\n`);
    const networks = [{ prefixLength: 64, gateway: parseIpv6('fe80::1')! }];
    const { requestId } = request;
    answer = encodeAnswer({
      requestId,
      granted: { grants, networks, lingerMs: 10_000, held: held.size },
    });
    answered.set(key, answer);
  }
  socket.send(answer, from, address);
});
socket.bind(port, '::1', () => process.stdout.write('ready\n'));

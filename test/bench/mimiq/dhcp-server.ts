/**
 * MIMIQ's DHCPv4 front end behind a UDP socket, for perfdhcp, which plays a relay: `node dhcp-server.js ADDRESS STORE`. The
 * store is durable as ever; there are no switches. Without a store each message is answered at once with an address that nobody
 * keeps, which is what socket and client cost by themselves. Prints `ready`.
 */
import { createSocket } from 'node:dgram';
import { Allocator } from '../../../apps/mimiq/allocator/allocator.js';
import { allocatorSchema } from '../../../apps/mimiq/allocator/config.js';
import type { Forwarding, Requests } from '../../../apps/mimiq/model.js';
import { FrontEnds } from '../../../apps/mimiq/protocol/front-ends.js';
import { SqliteLeaseStore } from '../../../apps/mimiq/store/sqlite-lease-store.js';
import { systemClock } from '../../../controller/host/index.js';
import { echo } from './answers-alone.js';
import { CLIENT, RELAY_OFFSET, SERVER } from './perfdhcp.js';

const MAC_OFFSET = 28;
const MANY = 1_000_000;

const [address = '', path = ''] = process.argv.slice(2);

async function frontEnd(): Promise<Pick<Requests, 'dhcp4'>> {
  const config = allocatorSchema.parse({
    store: path,
    ipv4: [{ prefix: '10.200.0.0/16', gateway: SERVER, exclude: [CLIENT] }],
    lifetime: { min: 3600, max: 4000 },
    limits: { perPort: MANY, requestsPerSecond: MANY, burst: MANY },
  });
  const noSwitches: Forwarding = {
    restore: () => undefined,
    install: async () => undefined,
    remove: async () => undefined,
    setAliases: async () => undefined,
  };
  const store = await SqliteLeaseStore.open(path);
  const allocator = await Allocator.open({ config, store, forwarding: noSwitches, clock: systemClock });
  return new FrontEnds(allocator, config);
}

const requests = path === '' ? echo() : await frontEnd();
// Addresses only: nothing has to be looked up.
const socket = createSocket({ type: 'udp4', lookup: (host, _options, found) => found(null, host, 4) });
socket.on('message', (message, from) => {
  if (message.length < MAC_OFFSET + 6) return;
  message.fill(0, RELAY_OFFSET, RELAY_OFFSET + 4);
  const attachment = { switchId: '0000000000000001', port: 1, mac: message.readUIntBE(MAC_OFFSET, 6) };
  void requests.dhcp4(message, attachment).then(answer => {
    if (answer !== undefined) socket.send(answer.payload, from.port, from.address);
  });
});
socket.bind(67, address, () => console.log('ready'));

/**
 * A controller whose only client port leads to perfdhcp: `node dhcp-controller.js SOCKET DATAPATH STORE`. Requests come as
 * packet-ins and answers go as packet-outs. With a store it is MIMIQ, whose leases are on the disk and confirmed by the switch;
 * without one each message is answered at once with an address that nobody keeps, which is what the way to the controller and back
 * costs by itself. Prints `ready`.
 */
import { pino } from 'pino';
import { ipv4Number } from '../../../apps/mimiq/address-prefix.js';
import { allocate } from '../../../apps/mimiq/allocation.js';
import { mimiqWith } from '../../../apps/mimiq/app.js';
import { decodeDhcp4 } from '../../../apps/mimiq/dhcp/dhcp4-codec.js';
import type { Requests } from '../../../apps/mimiq/model.js';
import { Controller, parseConfig, scheduleAsBatch } from '../../../controller/host/index.js';
import { echo } from './answers-alone.js';
import { CLIENT, RELAY_OFFSET, SERVER } from './perfdhcp.js';

const MANY = 1_000_000;
const [socket = '', datapathId = '', store = ''] = process.argv.slice(2);
const client = ipv4Number(Uint8Array.from(CLIENT.split('.'), Number));

/** perfdhcp is a relay, all of whose clients have its own MAC address in their frames. */
function behindRelay({ dhcp4 }: Pick<Requests, 'dhcp4'>): Requests {
  return {
    udp: async () => undefined,
    dhcp6: async () => undefined,
    dhcp4: async (payload, from) => {
      payload.fill(0, RELAY_OFFSET, RELAY_OFFSET + 4);
      const mac = decodeDhcp4(payload)?.mac;
      if (mac === undefined) return undefined;
      const answer = await dhcp4(payload, { ...from, mac });
      return answer && { ...answer, destination: client, mac: from.mac };
    },
  };
}

const app = mimiqWith(async (context, forwarding) => {
  if (store === '') return { requests: behindRelay(echo()) };
  const allocation = await allocate(context, forwarding);
  const { requests } = allocation;
  return {
    ...allocation,
    requests: behindRelay({ dhcp4: (payload, from) => requests.dhcp4(payload, from) }),
  };
});
const mimiq = {
  switches: { office: { datapathId, clients: [1], outside: 'next' } },
  requestRate: 100_000,
  allocator: {
    store: store === '' ? 'none' : store,
    ipv4: [{ prefix: '10.200.0.0/16', gateway: SERVER, exclude: [CLIENT] }],
    lifetime: { min: 3600, max: 4000 },
    limits: { perPort: MANY, requestsPerSecond: MANY, burst: MANY },
  },
};
const text = JSON.stringify({ discovery: { enabled: false }, apps: [{ mimiq }] });
const config = await parseConfig(text, { builtIn: [app] });
await scheduleAsBatch();
const controller = await Controller.start({
  config: { ...config, listen: [`p${socket}`] },
  builtIn: [app],
  logger: pino({ level: 'silent' }),
});
const look = setInterval(async () => {
  const [sw] = controller.connected.values();
  if (sw === undefined) return;
  clearInterval(look);
  await sw.confirmed();
  console.log('ready');
}, 20);

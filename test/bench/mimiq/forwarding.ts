import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { formatAddress } from '../../../apps/mimiq/address-prefix.js';
import { mimiqWith } from '../../../apps/mimiq/app.js';
import { parseMac } from '../../../controller/address/index.js';
import { Controller, parseConfig } from '../../../controller/host/index.js';
import { type EmulatedNetwork, emulate, until } from '../../../mininet/driver/index.js';
import { addAddress, prepareMimiqClient } from '../../../mininet/traffic/mimiq-client.js';
import { addTunnelPorts } from '../../../mininet/traffic/tunnel-ports.js';
import { DirectAllocator } from '../../simulator/direct-allocator.js';

const SERVER_MAC = '02:00:00:00:00:99';
const SERVER = { 4: '192.0.2.10', 6: '2001:db8:5::10' } as const;
const ACCESS_ID = '00000000000000a1';
/** Above everything that the app states. */
const PLAIN_PRIORITY = 65_000;

/** Makes a host a wire between its two links. */
const WIRE = [
  'ip link add name wire0 type bridge',
  'ip link set eth0 master wire0',
  'ip link set eth1 master wire0',
  'ip link set wire0 up',
];

/** A client-facing switch and an edge with two links between them: one for tunnels, one for plain frames. */
const TOPOLOGY = {
  description: 'one client, one server, two switches with two links',
  hosts: {
    client: { ipv6: true },
    server: {
      addresses: [`${SERVER[4]}/24`, `${SERVER[6]}/64`],
      mac: SERVER_MAC,
      routes: [
        { to: 'default', via: '192.0.2.1' },
        { to: 'default', via: '2001:db8:5::1' },
      ],
    },
    // Two nodes have at most one link, so both ways lead over a bridge of the kernel.
    plain: { setup: WIRE },
    underlay: { setup: WIRE },
  },
  switches: {
    access: { kind: 'private', datapathId: 'a1' },
    edge: { kind: 'private', datapathId: 'e1' },
  },
  links: [
    { between: ['client', { node: 'access', port: 1 }] },
    { between: ['server', { node: 'edge', port: 1 }] },
    { between: [{ node: 'access', addresses: ['10.99.0.11/24'] }, 'underlay'], mtu: 1600 },
    { between: [{ node: 'edge', addresses: ['10.99.0.1/24'] }, 'underlay'], mtu: 1600 },
    { between: [{ node: 'access', port: 2 }, 'plain'] },
    { between: [{ node: 'edge', port: 2 }, 'plain'] },
  ],
};

export interface ForwardingRun {
  family: 4 | 6;
  /** To the server, and back from it. */
  direction: 'out' | 'back';
  /** Mbit/s of TCP payload. */
  plain: number;
  encapsulated: number;
}

/** TCP through MIMIQ's tunnel and through plain flows of the same two switches, one after the other in each round. */
export async function measureForwarding(options: {
  rounds: number;
  seconds: number;
  progress(text: string): void;
}): Promise<ForwardingRun[]> {
  const folder = await mkdtemp(join(tmpdir(), 'cloakflow-bench-'));
  const socket = join(folder, 'openflow.sock');
  const allocator = new DirectAllocator();
  const controller = await startController(socket, allocator);
  let network: EmulatedNetwork | undefined;
  try {
    network = await emulate(TOPOLOGY as never, { controller: `unix:${socket}` });
    await addTunnelPorts(network);
    const addresses = await joinClient(network, controller, allocator);
    const runs: ForwardingRun[] = [];
    for (let round = 0; round < options.rounds; round++) {
      for (const family of [4, 6] as const) {
        for (const direction of ['out', 'back'] as const) {
          options.progress(`forwarding round ${round + 1}/${options.rounds}, IPv${family}, ${direction}`);
          await setPlain(network, false);
          const encapsulated = await throughput(network, addresses, family, direction, options.seconds);
          await setPlain(network, true);
          const plain = await throughput(network, addresses, family, direction, options.seconds);
          runs.push({ family, direction, plain, encapsulated });
        }
      }
    }
    return runs;
  } finally {
    await network?.stop();
    await controller.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function startController(socket: string, allocator: DirectAllocator): Promise<Controller> {
  const mimiq = {
    switches: {
      access: { datapathId: 'a1', underlay: '10.99.0.11', clients: [1] },
      edge: {
        datapathId: 'e1',
        underlay: '10.99.0.1',
        outside: {
          port: 1,
          mac: '02:c1:0a:e1:00:01',
          addresses: ['192.0.2.1', '2001:db8:5::1'],
          nextHop: SERVER_MAC,
        },
      },
    },
    allocator: {
      ipv4: [{ prefix: '10.64.0.0/16', gateway: '10.64.0.1' }],
      ipv6: [{ prefix: '2001:db8:64::/64', gateway: 'fe80::1' }],
    },
  };
  const builtIn = [mimiqWith(allocator.allocate)];
  const text = JSON.stringify({
    listen: [`punix:${socket}`],
    discovery: { enabled: false },
    apps: [{ mimiq }],
  });
  const config = await parseConfig(text, { builtIn });
  return Controller.start({ config, builtIn, logger: pino({ level: 'silent' }) });
}

type Addresses = Record<4 | 6, string>;

async function joinClient(
  network: EmulatedNetwork,
  controller: Controller,
  allocator: DirectAllocator,
): Promise<Addresses> {
  await until('both switches', () => controller.connected.size === 2);
  const client = network.host('client');
  await prepareMimiqClient(client);
  await allocator.rotate([ACCESS_ID]);
  const attachment = { switchId: ACCESS_ID, port: 1, mac: parseMac(client.mac) };
  const found: Partial<Addresses> = {};
  for (const family of [4, 6] as const) {
    const [lease] = await allocator.lease(attachment, family);
    const address = formatAddress(lease!.address);
    await addAddress(client, address);
    const ping = ['ping', '-n', '-c1', '-W1', '-I', address, SERVER[family]];
    await until('the server', async () => (await client.run(ping)).exitCode === 0);
    found[family] = address;
  }
  return found as Addresses;
}

/** Plain flows that pass frames from port to port with the same change of MAC addresses, or none of them. */
async function setPlain(network: EmulatedNetwork, isPlain: boolean): Promise<void> {
  const macs = { access: network.host('client').mac, edge: SERVER_MAC };
  for (const name of ['access', 'edge'] as const) {
    const sw = network.switch(name);
    for (const kind of ['ip', 'ipv6']) {
      const match = (port: number) => `priority=${PLAIN_PRIORITY},${kind},in_port=${port}`;
      if (!isPlain) {
        for (const port of [1, 2]) await sw.ofctl('del-flows', '--strict', match(port));
        continue;
      }
      await sw.ofctl('add-flow', `${match(1)},actions=dec_ttl,output:2`);
      await sw.ofctl('add-flow', `${match(2)},actions=set_field:${macs[name]}->eth_dst,output:1`);
    }
  }
}

/** Mbit/s of one TCP connection from the client (`out`) or to it (`back`). */
async function throughput(
  network: EmulatedNetwork,
  addresses: Addresses,
  family: 4 | 6,
  direction: 'out' | 'back',
  seconds: number,
): Promise<number> {
  const [client, server] = [network.host('client'), network.host('server')];
  const [receiver, sender] = direction === 'out' ? [server, client] : [client, server];
  const [from, to] =
    direction === 'out' ? [addresses[family], SERVER[family]] : [SERVER[family], addresses[family]];
  const version = family === 6 ? ['-V'] : [];
  await using listener = await receiver.spawn(['iperf', '-s', ...version, '-B', to]);
  await listener.printed(/listening/i);
  const argv = ['iperf', ...version, '-c', to, '-B', from, '-t', String(seconds), '-y', 'C'];
  const { stdout } = await sender.run(argv, { check: true, timeout: (seconds + 20) * 1000 });
  return Number(stdout.trim().split('\n').at(-1)!.split(',').at(-1)) / 1e6;
}

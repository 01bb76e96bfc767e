import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { pino } from 'pino';
import { allocate } from '../../../apps/mimiq/allocation.js';
import { mimiqWith } from '../../../apps/mimiq/app.js';
import type { Allocation } from '../../../apps/mimiq/mimiq.js';
import { Controller, parseConfig } from '../../../controller/host/index.js';
import { type EmulatedNetwork, emulate, type TopologyInput, until } from '../../driver/index.js';
import { prepareMimiqClient, startAgent } from '../../traffic/mimiq-client.js';
import { addTunnelPorts } from '../../traffic/tunnel-ports.js';

export const SERVER = { 4: '198.51.100.10', 6: '2001:db8:5::10' } as const;
const GATEWAY = '10.128.0.1';
const OBSERVER_MAC = '02:0b:5e:00:00:01';
const MANY = 1_000_000;

export interface MimiqNetworkOptions {
  /** Client-facing switches, and hosts at each. */
  switches: number;
  clientsPerSwitch: number;
  /** Half the round trip between the network's edge and the server, such as `5ms`. */
  delay?: string;
  /** Of the allocator: addresses of one client. */
  perClient?: number;
  /** Seconds that an address lasts. */
  lifetime?: number;
  /** Folder for the allocator's store and the controller's socket. */
  folder: string;
  signal: AbortSignal;
}

/**
 * MIMIQ's network of the paper's figure 2: client-facing switches with their clients, an edge switch, an observer outside
 * through whom all traffic goes, and a server; under the app `mimiq` with its allocator, in this process.
 */
export class MimiqNetwork {
  readonly network: EmulatedNetwork;
  readonly controller: Controller;
  readonly allocation: Allocation;
  /** Names of the client-facing switches, and of the clients. */
  readonly accesses: readonly string[];
  readonly clients: readonly string[];

  private readonly folder: string;

  private constructor(
    network: EmulatedNetwork,
    controller: Controller,
    allocation: Allocation,
    options: MimiqNetworkOptions,
  ) {
    this.folder = options.folder;
    this.network = network;
    this.controller = controller;
    this.allocation = allocation;
    this.accesses = accessNames(options);
    this.clients = this.accesses.flatMap((_, place) => clientNames(options, place));
  }

  static async start(options: MimiqNetworkOptions): Promise<MimiqNetwork> {
    const socket = join(options.folder, 'openflow.sock');
    let allocation: Allocation | undefined;
    const app = mimiqWith(async (context, forwarding) => {
      allocation = await allocate(context, forwarding);
      return allocation;
    });
    const text = JSON.stringify({
      listen: [`punix:${socket}`],
      discovery: { enabled: false },
      apps: [{ mimiq: settings(options) }],
    });
    const builtIn = [app];
    const config = await parseConfig(text, { builtIn });
    const controller = await Controller.start({ config, builtIn, logger: pino({ level: 'silent' }) });
    let network: EmulatedNetwork | undefined;
    try {
      network = await emulate(topology(options), { controller: `unix:${socket}`, signal: options.signal });
      await addTunnelPorts(network);
      await until('the switches', () => controller.connected.size === options.switches + 1, {
        timeout: 30_000,
        signal: options.signal,
      });
      for (const sw of controller.connected.values()) await sw.confirmed();
      const started = new MimiqNetwork(network, controller, allocation!, options);
      for (const name of started.clients) await prepareMimiqClient(network.host(name), GATEWAY);
      return started;
    } catch (error) {
      await network?.stop();
      await controller.stop();
      throw error;
    }
  }

  /** Starts the agent of a client, which keeps addresses of `family` (4, 6 or 46). Returns its socket. */
  async startAgent(client: string, family = '6'): Promise<string> {
    // The agent goes on as somebody without rights.
    await chmod(this.folder, 0o711);
    const socket = join(this.folder, client, 'agent.sock');
    await startAgent(this.network.host(client), socket, ['--stock', '48', '--family', family]);
    return socket;
  }

  async close(): Promise<void> {
    await this.network.stop();
    await this.controller.stop();
  }
}

const accessNames = ({ switches }: MimiqNetworkOptions) =>
  Array.from({ length: switches }, (_, place) => `access${place + 1}`);
const clientNames = ({ clientsPerSwitch }: MimiqNetworkOptions, place: number) =>
  Array.from({ length: clientsPerSwitch }, (_, index) => `c${place * clientsPerSwitch + index + 1}`);

function topology(options: MimiqNetworkOptions): TopologyInput {
  const { delay = '0ms' } = options;
  const accesses = accessNames(options);
  const clients = accesses.flatMap((_, place) => clientNames(options, place));
  return {
    description: 'client-facing switches, an edge, an observer outside, a server',
    hosts: {
      ...Object.fromEntries(clients.map(name => [name, { ipv6: true }])),
      observer: {
        forwarding: true,
        ipv6: true,
        setup: [
          'ip route add 10.0.0.0/8 via 192.0.2.1',
          'ip -6 route add 2001:db8:64::/64 via 2001:db8:e1::1',
        ],
      },
      server: {
        addresses: [`${SERVER[4]}/24`, `${SERVER[6]}/64`],
        routes: [
          { to: 'default', via: '198.51.100.1' },
          { to: 'default', via: '2001:db8:5::1' },
        ],
      },
    },
    switches: {
      edge: { kind: 'private', datapathId: '0xe1' },
      ...Object.fromEntries(
        accesses.map((name, place) => [name, { kind: 'private', datapathId: datapathOf(place) }]),
      ),
      core: { kind: 'private', datapathId: '0xc0', controlled: false },
    },
    links: [
      ...accesses.flatMap((access, place) =>
        clientNames(options, place).map((name, index) => ({
          between: [name, { node: access, port: index + 1 }] as [string, { node: string; port: number }],
        })),
      ),
      { between: [{ node: 'edge', addresses: ['10.99.0.1/16'] }, 'core'], mtu: 1600 },
      ...accesses.map((access, place) => ({
        between: [{ node: access, addresses: [`${underlayOf(place)}/16`] }, 'core'] as [
          { node: string; addresses: string[] },
          string,
        ],
        mtu: 1600,
      })),
      {
        between: [
          { node: 'edge', port: 1 },
          { node: 'observer', addresses: ['192.0.2.2/30', '2001:db8:e1::2/64'], mac: OBSERVER_MAC },
        ],
      },
      {
        between: [{ node: 'observer', addresses: ['198.51.100.1/24', '2001:db8:5::1/64'] }, 'server'],
        delay,
      },
    ],
  };
}

const datapathOf = (place: number) => `0x${(0xa1 + place).toString(16)}`;
/** As packet-ins name the switch. */
export const switchIdOf = (place: number) => (0xa1 + place).toString(16).padStart(16, '0');
const underlayOf = (place: number) => `10.99.1.${place + 1}`;

function settings(options: MimiqNetworkOptions): object {
  const { folder, perClient = 4096, lifetime = 36_000, clientsPerSwitch } = options;
  const accesses = accessNames(options).map((name, place) => [
    name,
    {
      datapathId: datapathOf(place),
      underlay: underlayOf(place),
      clients: Array.from({ length: Math.max(1, clientsPerSwitch) }, (_, index) => index + 1),
      exit: 'edge',
    },
  ]);
  return {
    switches: {
      edge: {
        datapathId: '0xe1',
        underlay: '10.99.0.1',
        outside: {
          port: 1,
          mac: '02:c1:0a:e1:00:01',
          addresses: ['192.0.2.1', '2001:db8:e1::1'],
          nextHop: OBSERVER_MAC,
        },
      },
      ...Object.fromEntries(accesses),
    },
    requestRate: 100_000,
    allocator: {
      store: join(folder, 'mimiq.db'),
      ipv4: [{ prefix: '10.128.0.0/9', gateway: GATEWAY }],
      ipv6: [{ prefix: '2001:db8:64::/64', gateway: 'fe80::1' }],
      lifetime: { min: lifetime, max: lifetime },
      removeAfter: 2,
      aliases: { period: lifetime },
      maxClients: 2 ** 21,
      limits: {
        perClient,
        perPort: MANY,
        requestsPerSecond: MANY,
        burst: MANY,
        perRequest: 40,
        pending: MANY,
      },
    },
  };
}

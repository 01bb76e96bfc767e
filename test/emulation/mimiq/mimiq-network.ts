import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { builtInApps } from '../../../apps/index.js';
import { formatAddress } from '../../../apps/mimiq/address-prefix.js';
import { mimiqWith } from '../../../apps/mimiq/app.js';
import type { Attachment, Lease } from '../../../apps/mimiq/model.js';
import { parseMac } from '../../../controller/address/index.js';
import { Controller, parseConfig } from '../../../controller/host/index.js';
import { mimiqSettings } from '../../../mininet/demo/mimiq-settings.js';
import { type EmulatedHost, type EmulatedNetwork, emulate, until } from '../../../mininet/driver/index.js';
import type { DirectAllocator } from './direct-allocator.js';

export const GATEWAY_MAC = '02:c1:0a:00:00:fe';
export const SERVER4 = '198.51.100.10';
export const SERVER6 = '2001:db8:5::10';
const IPV4_GATEWAY = '10.64.0.1';
const ACCESS = ['access1', 'access2', 'access3'];

type TunnelType = 'vxlan' | 'gre' | 'geneve';

export interface MimiqNetworkOptions {
  tunnel?: TunnelType;
  /** The controller makes the tunnel ports; otherwise the test does. */
  byOvsdb?: boolean;
}

/** `topologies/mimiq.yaml` under a controller of this process. */
export class MimiqNetwork implements AsyncDisposable {
  readonly allocator: DirectAllocator;
  readonly log: Record<string, unknown>[] = [];
  network!: EmulatedNetwork;
  controller!: Controller;
  private tunnel: TunnelType = 'vxlan';
  private ovsdb: ((name: string) => string) | undefined;
  private readonly folder: string;

  private constructor(folder: string, allocator: DirectAllocator) {
    this.folder = folder;
    this.allocator = allocator;
  }

  static async start(allocator: DirectAllocator, options: MimiqNetworkOptions = {}): Promise<MimiqNetwork> {
    const { tunnel = 'vxlan', byOvsdb = false } = options;
    const all = new MimiqNetwork(await mkdtemp(join(tmpdir(), 'cloakflow-test-')), allocator);
    all.tunnel = tunnel;
    try {
      await all.startController();
      all.network = await emulate('mimiq', { controller: `unix:${all.socket}` });
      if (byOvsdb) {
        all.ovsdb = name => all.network.switch(name).database;
        await all.controller.stop();
        await all.startController();
      } else await addTunnelPorts(all.network, tunnel);
      await all.connected();
      for (const name of all.clientNames) await all.prepare(name);
    } catch (error) {
      await all[Symbol.asyncDispose]();
      throw error;
    }
    return all;
  }

  async startController(): Promise<void> {
    const app = mimiqWith(this.allocator.allocate);
    const builtIn = [...builtInApps.filter(({ name }) => name !== 'mimiq'), app];
    const config = await parseConfig(
      JSON.stringify({
        listen: [`punix:${this.socket}`],
        discovery: { enabled: false },
        apps: [
          {
            mimiq: mimiqSettings({
              store: join(this.folder, 'mimiq.db'),
              tunnel: this.tunnel,
              ovsdb: this.ovsdb,
            }),
          },
        ],
      }),
      { builtIn },
    );
    const logger = pino({ level: 'debug' }, { write: line => this.log.push(JSON.parse(line)) });
    this.controller = await Controller.start({ config, builtIn, logger });
  }

  /** Waits until every switch is compared and knows its tunnel port. */
  async connected(): Promise<void> {
    await until('five switches', () => this.controller.connected.size === 5, { timeout: 20_000 });
    await until('tunnel ports', () =>
      [...this.controller.connected.values()].every(sw =>
        [...sw.ports.values()].some(port => port.name === 'mimiq'),
      ),
    );
    for (const sw of this.controller.connected.values()) await sw.confirmed();
  }

  get clientNames(): string[] {
    return ['c1', 'c2', 'c3', 'c4', 'c5', 'c6'];
  }

  get accessIds(): string[] {
    return ACCESS.map(name => this.network.switch(name).datapathId);
  }

  host(name: string): EmulatedHost {
    return this.network.host(name);
  }

  attachmentOf(name: string): Attachment {
    const access = ACCESS.find(each => this.network.switch(each).ports.has(name))!;
    const sw = this.network.switch(access);
    return { switchId: sw.datapathId, port: sw.port(name), mac: parseMac(this.host(name).mac) };
  }

  /** Gives a client an address of its leases; the newest is used by default. */
  async use(name: string, lease: Lease): Promise<string> {
    const text = formatAddress(lease.address);
    const host = this.host(name);
    await host.run(
      lease.address.length === 4
        ? ['ip', 'addr', 'add', `${text}/32`, 'dev', 'eth0']
        : ['ip', '-6', 'addr', 'add', `${text}/128`, 'dev', 'eth0', 'nodad'],
      { check: true },
    );
    return text;
  }

  async drop(name: string, lease: Lease): Promise<void> {
    const bits = lease.address.length === 4 ? 32 : 128;
    const address = `${formatAddress(lease.address)}/${bits}`;
    await this.host(name).run(['ip', 'addr', 'del', address, 'dev', 'eth0'], { check: true });
  }

  async pings(name: string, from: string, to: string, count = 1): Promise<boolean> {
    const argv = ['ping', '-n', '-c', String(count), '-i0.05', '-W1', '-I', from, to];
    return (await this.host(name).run(argv)).exitCode === 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.network?.stop();
    await this.controller?.stop();
    await rm(this.folder, { recursive: true, force: true });
  }

  get socket(): string {
    return join(this.folder, 'openflow.sock');
  }

  private async prepare(name: string): Promise<void> {
    const lines = [
      `ip route add ${IPV4_GATEWAY} dev eth0 scope link`,
      `ip route add default via ${IPV4_GATEWAY}`,
      'ip -6 route add default via fe80::1 dev eth0',
    ];
    await this.host(name).run(['sh', '-ec', lines.join('\n')], { check: true });
  }
}

/** A flow-based tunnel port on every switch of the network. */
export async function addTunnelPorts(
  network: EmulatedNetwork,
  type: 'vxlan' | 'gre' | 'geneve',
): Promise<void> {
  for (const sw of network.switches.values()) {
    const underlay = sw.interfaces.find(({ addresses }) => addresses.length > 0)?.addresses[0]?.split('/')[0];
    if (underlay === undefined || sw.name === 'core') continue;
    const options = ['options:remote_ip=flow', 'options:key=flow', `options:local_ip=${underlay}`];
    await sw.vsctl([
      'add-port',
      sw.bridge,
      'mimiq',
      '--',
      'set',
      'Interface',
      'mimiq',
      `type=${type}`,
      ...options,
    ]);
  }
}

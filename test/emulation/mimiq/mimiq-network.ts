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
import { addAddress, prepareMimiqClient, removeAddress } from '../../../mininet/traffic/mimiq-client.js';
import { addTunnelPorts, tunnelsReady } from '../../../mininet/traffic/tunnel-ports.js';
import type { DirectAllocator } from '../../simulator/direct-allocator.js';

export const GATEWAY_MAC = '02:c1:0a:00:00:fe';
export const SERVER4 = '198.51.100.10';
export const SERVER6 = '2001:db8:5::10';
const ACCESS = ['access1', 'access2', 'access3'];

type TunnelType = 'vxlan' | 'gre' | 'geneve';

export interface MimiqNetworkOptions {
  tunnel?: TunnelType;
  /** The controller makes the tunnel ports; otherwise the test does. */
  byOvsdb?: boolean;
  /** Bytes of the longest packet of a client; nobody looks at that when absent. */
  mtu?: number;
}

/** `topologies/mimiq.yaml` under a controller of this process. */
export class MimiqNetwork implements AsyncDisposable {
  readonly allocator: DirectAllocator;
  readonly log: Record<string, unknown>[] = [];
  network!: EmulatedNetwork;
  controller!: Controller;
  private tunnel: TunnelType = 'vxlan';
  private mtu: number | undefined;
  private ovsdb: ((name: string) => string) | undefined;
  private readonly folder: string;

  private constructor(folder: string, allocator: DirectAllocator) {
    this.folder = folder;
    this.allocator = allocator;
  }

  static async start(allocator: DirectAllocator, options: MimiqNetworkOptions = {}): Promise<MimiqNetwork> {
    const { tunnel = 'vxlan', byOvsdb = false, mtu } = options;
    const all = new MimiqNetwork(await mkdtemp(join(tmpdir(), 'cloakflow-test-')), allocator);
    all.tunnel = tunnel;
    all.mtu = mtu;
    try {
      await all.startController();
      all.network = await emulate('mimiq', { controller: `unix:${all.socket}` });
      if (byOvsdb) {
        all.ovsdb = name => all.network.switch(name).database;
        await all.controller.stop();
        await all.startController();
      } else await addTunnelPorts(all.network, tunnel);
      await all.connected();
      await tunnelsReady(all.network);
      for (const name of all.clientNames) await prepareMimiqClient(all.host(name));
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
              mtu: this.mtu,
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
    await until('five switches', () => this.controller.connected.size === 5, { timeout: 60_000 });
    await until(
      'tunnel ports',
      () =>
        [...this.controller.connected.values()].every(sw =>
          [...sw.ports.values()].some(port => port.name === 'mimiq'),
        ),
      { timeout: 60_000 },
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
    await addAddress(this.host(name), text);
    return text;
  }

  async drop(name: string, lease: Lease): Promise<void> {
    await removeAddress(this.host(name), formatAddress(lease.address));
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
}

import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { popsiclWith } from '../../../apps/popsicl/app.js';
import { CookieKeys } from '../../../apps/popsicl/cookie/cookie-keys.js';
import type { TenantConfig } from '../../../apps/popsicl/model.js';
import { Punt } from '../../../apps/popsicl/pipeline.js';
import { defineApp } from '../../../controller/host/index.js';
import { Port } from '../../../controller/openflow/index.js';
import { cookieOf, ownerNumber } from '../../../controller/switch/index.js';
import { FixedDirectory } from '../../simulator/fixed-directory.js';
import { LINUX_OPTIONS, SimulatedClient } from '../../simulator/simulated-client.js';
import { SimulatedSwitch } from '../../simulator/simulated-switch.js';
import { Simulation } from '../../simulator/simulation.js';

const SAMPLES = new URL('../../../../test/property/packet/clienthello/', import.meta.url);

/** A recorded ClientHello. */
export const sample = (name: string) => Uint8Array.from(readFileSync(new URL(`${name}.bin`, SAMPLES)));

export const NAME = 'abc123.popsicls.test';
export const TENANT: TenantConfig = {
  domain: 'tenant-a.example',
  ipv4: '10.0.0.11',
  ipv6: 'fd00::11',
  port: 443,
};

/**
 * Always the same: 12 bits of a cookie say that a connection is ours and 19 that a segment is the first, so that by a random key one
 * run in a thousand would take something foreign for its own.
 */
const KEY = { epoch: 0, key: Uint8Array.from({ length: 16 }, (_, index) => index) };

export const FAMILIES = {
  IPv4: { address: '192.0.2.1', pseudo: '198.51.100.7', hashed: 'c0000201 01bb 02 04' },
  IPv6: {
    address: '2001:db8:ffff::1',
    pseudo: '2001:db8:1::7',
    hashed: '20010db8 ffff0000 00000000 00000001 01bb 02 06',
  },
};

/** A switch under a controller with a cloud of one tenant and one pseudonym, and clients of one family. */
export class InterceptionWorld {
  readonly owner = ownerNumber('intercept');
  readonly cookies = { syn: cookieOf(this.owner, Punt.SYN), segment: cookieOf(this.owner, Punt.SEGMENT) };
  readonly directory = new FixedDirectory();
  simulation!: Simulation;
  sw!: SimulatedSwitch;
  keys!: CookieKeys;
  /** Of the next client. */
  port = 40_000;
  private readonly addresses: { readonly address: string; readonly pseudo: string };

  constructor(family: keyof typeof FAMILIES) {
    this.addresses = FAMILIES[family];
    this.directory.add(NAME, TENANT);
  }

  async start(limits = '{}', refuse: SimulatedSwitch['refuse'] = () => undefined): Promise<void> {
    const { directory } = this;
    const keys = new CookieKeys([KEY]);
    const app = popsiclWith(() => ({ directory, keys }));
    this.keys = keys;
    this.simulation = await Simulation.start({
      config: `{discovery: {enabled: false}, apps: [{intercept: {domain: popsicls.test, limits: ${limits},
        blocks: {ipv4: [198.51.100.0/24], ipv6: ['2001:db8:1::/64']},
        tenants: [{domain: tenant-a.example, ipv4: 10.0.0.11, ipv6: 'fd00::11', mac: '02:00:00:00:00:11'}]}}]}`,
      apps: [defineApp({ ...app, name: 'intercept' })],
    });
    this.sw = new SimulatedSwitch({ datapathId: 1n, ports: [1, 2] });
    this.sw.refuse = refuse;
    await this.simulation.connect(this.sw);
    this.sw.forget();
  }

  /** A client whose SYN has been answered. */
  async connected(options = LINUX_OPTIONS, initial = 0xffff_fff0): Promise<SimulatedClient> {
    const { sw, addresses, cookies } = this;
    const client = new SimulatedClient(sw, { ...addresses, port: this.port++, options, initial, cookies });
    client.syn();
    await this.simulation.settle();
    expect(client.heard()).to.have.length(1);
    sw.forget();
    return client;
  }

  /** Frames that the controller sent to the tenant since the last `forget`. */
  async handedOver(): Promise<Uint8Array[]> {
    await this.simulation.settle();
    return this.sw.received.flatMap(message =>
      message.type === 'packet-out' && message.actions.some(({ type }) => type === 'nx-ct')
        ? [message.data]
        : [],
    );
  }

  /** Of each flow of the app that leads to the controller, its kinds of instructions. */
  punting(): string[][] {
    return this.sw.flows.flatMap(({ cookie, instructions }) => {
      const isPunting = JSON.stringify(instructions).includes(`"port":${Port.CONTROLLER}`);
      const isOwn = BigInt(cookie) >> 32n === this.cookies.syn >> 32n;
      return isPunting && isOwn ? [instructions.map(({ type }) => type)] : [];
    });
  }

  async metric(name: string): Promise<number> {
    const text = await this.simulation.controller.metricsText();
    return Number(new RegExp(`^cloakflow_intercept_${name}\\{.*\\} (\\d+)$`, 'm').exec(text)?.[1]);
  }
}

import { buildFrame } from '../../controller/packet/index.js';
import { SimulatedSwitch } from './simulated-switch.js';
import type { Simulation } from './simulation.js';

/** More frames than this from one event mean a loop. */
const MELTDOWN = 10_000;

/** A host at a port of a switch. */
export interface SimulatedHost {
  readonly mac: number;
  readonly switchIndex: number;
  readonly port: number;
  /** Frames that reached it since it was last looked at, LLDP left out. */
  readonly received: Uint8Array[];
}

/**
 * Simulated switches with cables between them and hosts at their ports. Switch n (from 1) has the datapath id n.
 * `links` name ports as `[switch, port]`; hosts are added to free ports.
 */
export class SimulatedNetwork {
  readonly switches: SimulatedSwitch[] = [];
  readonly hosts: SimulatedHost[] = [];
  /** Frames carried over cables, LLDP left out. */
  carried = 0;
  private readonly cables = new Map<string, readonly [number, number]>();
  private readonly cut = new Set<string>();

  constructor(count: number, portsOfEach: number, links: readonly (readonly [Place, Place])[]) {
    const ports = Array.from({ length: portsOfEach }, (_, index) => index + 1);
    for (let index = 1; index <= count; index++) {
      const sw = new SimulatedSwitch({ datapathId: BigInt(index), ports });
      sw.output = (port, frame) => this.carry(index, port, frame);
      this.switches.push(sw);
    }
    for (const [a, b] of links) this.plug(a, b);
  }

  switch(index: number): SimulatedSwitch {
    return this.switches[index - 1]!;
  }

  plug(a: Place, b: Place): void {
    this.cables.set(a.join('/'), b);
    this.cables.set(b.join('/'), a);
    this.cut.delete(a.join('/'));
    this.cut.delete(b.join('/'));
  }

  /** Cuts a cable; both ports go down. */
  unplug(a: Place): void {
    const b = this.cables.get(a.join('/'))!;
    for (const [index, port] of [a, b]) {
      this.cut.add(`${index}/${port}`);
      this.switch(index).setPort(port, false);
    }
  }

  /** Plugs a cut cable in again; both ports come up. */
  replug(a: Place): void {
    const b = this.cables.get(a.join('/'))!;
    for (const [index, port] of [a, b]) {
      this.cut.delete(`${index}/${port}`);
      this.switch(index).setPort(port, true);
    }
  }

  addHost(switchIndex: number, port: number): SimulatedHost {
    const mac = 0x0200_0000_0000 + this.hosts.length + 1;
    const host = { mac, switchIndex, port, received: [] };
    this.hosts.push(host);
    return host;
  }

  /** A host sends a frame; a VLAN tag is added where `vlan` is given. */
  send(from: SimulatedHost, destination: number, options: { vlan?: number; source?: number } = {}): void {
    const { vlan, source = from.mac } = options;
    const etherType = 0x0800;
    const payload = { type: 'payload', data: new Uint8Array(46) } as const;
    const frame =
      vlan === undefined
        ? buildFrame([{ type: 'ethernet', destination, source, etherType }, payload])
        : buildFrame([
            { type: 'ethernet', destination, source },
            { type: 'vlan', vlanId: vlan, etherType },
            payload,
          ]);
    this.switch(from.switchIndex).inject(from.port, frame);
  }

  /** Connects every switch, and lets the ports prove themselves. */
  async join(simulation: Simulation, hold = 2100): Promise<void> {
    for (const sw of this.switches) await simulation.connect(sw);
    await simulation.pass(hold);
  }

  /** Number of frames that each host received since the last call. */
  takeReceived(): number[] {
    return this.hosts.map(host => host.received.splice(0).length);
  }

  private carry(index: number, port: number, frame: Uint8Array): void {
    const key = `${index}/${port}`;
    const isProbe = frame[12] === 0x88 && frame[13] === 0xcc;
    if (this.cut.has(key)) return;
    if (!isProbe && ++this.carried > MELTDOWN) throw new Error('the network melts: frames go round');
    const far = this.cables.get(key);
    if (far !== undefined) this.switch(far[0]).inject(far[1], frame);
    else if (!isProbe) {
      for (const host of this.hosts) {
        if (host.switchIndex === index && host.port === port) host.received.push(frame);
      }
    }
  }
}

export type Place = readonly [switchIndex: number, port: number];

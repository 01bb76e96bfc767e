import type { PacketInView } from '../../../controller/openflow/index.js';
import {
  EthernetView,
  EtherType,
  IpProtocol,
  Ipv4View,
  Ipv6View,
  PacketError,
  UdpView,
} from '../../../controller/packet/index.js';
import type { Switch } from '../../../controller/switch/index.js';
import { type Handoffs, switchNumber } from '../handoff/handoffs.js';
import type { Tenant, Tenants } from '../handoff/tenants.js';
import type { Directory } from '../model.js';
import { wordsOf } from '../segments/address-words.js';
import { type ConnectionEnds, endsOf } from '../segments/connection-ends.js';
import type { SourceLimits } from '../segments/source-limits.js';

/** Bytes of source and destination in an IP header. */
const ADDRESSES = { 4: [12, 16, 20], 6: [8, 24, 40] } as const;

export interface DatagramsOptions {
  readonly tenants: Tenants;
  readonly directory: Directory;
  readonly handoffs: Handoffs;
  readonly sources: SourceLimits;
  readonly port: number;
  /** Seconds of a clock that never goes back. */
  readonly now: () => number;
}

/**
 * UDP (QUIC) for tenants with the strategy `address`: the address names the tenant, and the first datagram begins the redirection.
 * With `conntrack` nothing is remembered here; the next datagram of the client commits again where a switch has forgotten.
 */
export class Datagrams {
  readonly counts = { handoffs: 0, strays: 0 };
  private readonly options: DatagramsOptions;

  constructor(options: DatagramsOptions) {
    this.options = options;
  }

  packetIn(sw: Switch, view: PacketInView): void {
    const { directory, tenants, handoffs, port } = this.options;
    const found = readDatagram(view.data, port);
    const config = found === undefined ? undefined : directory.tenantOfAddress(found.address);
    const tenant = config === undefined ? undefined : tenants.of(config);
    if (
      found === undefined ||
      !tenant?.has(found.ends.family) ||
      tenant.strategy(found.ends.family) !== 'address'
    ) {
      this.counts.strays++;
    } else if (tenant.redirection === 'flows') {
      this.byRules(sw, view, tenant, found.ends);
    } else {
      this.counts.handoffs++;
      handoffs.conntrack.commitTo(sw, view.inPort, tenant, found.ends.family, view);
    }
  }

  /** The rules of a connection that is remembered are not in use yet, or gone. */
  private byRules(sw: Switch, view: PacketInView, tenant: Tenant, ends: ConnectionEnds): void {
    const { handoffs, sources, now } = this.options;
    const { liveDatagrams: live, datagramFlows: flows } = handoffs;
    const known = live.ofClient(ends);
    if (known?.tenant === tenant.index) {
      flows.resume(sw, view.inPort, ends, tenant, known, view);
      return;
    }
    if (!sources.handOff(sources.placeOf(ends), now())) {
      handoffs.counts.crowdedOut++;
      return;
    }
    this.counts.handoffs++;
    const port = flows.portFor(ends, tenant);
    live.add(ends, tenant.index, handoffs.second, switchNumber(sw), port);
    flows.begin(sw, view.inPort, ends, tenant, live.ofClient(ends)!, [view]);
  }
}

/** Undefined for what is no whole datagram to that port. `address`: the destination. */
function readDatagram(
  frame: Uint8Array,
  port: number,
): { ends: ConnectionEnds; address: Uint8Array } | undefined {
  try {
    const ethernet = new EthernetView(frame);
    const start = ethernet.payloadOffset;
    const family = ethernet.etherType === EtherType.IPV6 ? 6 : 4;
    const ip = family === 6 ? new Ipv6View(frame, start) : new Ipv4View(frame, start);
    if ((ip instanceof Ipv6View ? ip.nextHeader : ip.protocol) !== IpProtocol.UDP) return undefined;
    const { sourcePort, destinationPort } = new UdpView(frame, ip.payloadOffset, ip.end);
    if (destinationPort !== port) return undefined;
    const [from, between, to] = ADDRESSES[family];
    const source = wordsOf(frame.subarray(start + from, start + between));
    const address = frame.subarray(start + between, start + to);
    return { ends: endsOf(family, source, wordsOf(address), sourcePort, destinationPort), address };
  } catch (error) {
    if (error instanceof PacketError) return undefined;
    throw error;
  }
}

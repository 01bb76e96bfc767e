/**
 * The static flows of PoPSiCl: they serve every connection, whichever redirection its tenant has. Packets to
 * pseudo-addresses are tracked in `pseudo`, packets of tenants' TLS servers in `tenant-side`; whatever the switch does not
 * know goes to the controller under a meter, and nothing of a tenant leaves under its own address unasked.
 */
import { formatIpv6 } from '../../../controller/address/index.js';
import { IpProtocol } from '../../../controller/packet/index.js';
import type { Instruction, Match, WantedFlow, WantedMeter } from '../../../controller/switch/index.js';
import type { AddressPrefix } from '../address-prefix.js';
import type { Tenant, Tenants } from '../handoff/tenants.js';
import { ASKED_ONCE, CATCH, CONNECTION_PRIORITY, Punt, punt, SET_HOP_LIMIT } from '../pipeline.js';
import { neighbourFlows } from './neighbour-flows.js';

/**
 * Above the flows of single connections, which match ports and leave SYNs out: a datapath that has found this one does not look at
 * ports, so that one entry of its cache serves all SYNs of a client.
 */
const OPENING = CONNECTION_PRIORITY + 1;
const REST = 0x1000;

const IPV4 = 0x0800;
const IPV6 = 0x86dd;
const ICMPV4_ANY = { ethType: IPV4, ipProto: IpProtocol.ICMPV4 } as const;
const ICMPV6_ANY = { ethType: IPV6, ipProto: IpProtocol.ICMPV6 } as const;
/** ICMP types of errors that quote a packet: unreachable, too big (ICMPv6), time exceeded, bad header. */
const ERROR_TYPES = { 4: [3, 11, 12], 6: [1, 2, 3, 4] } as const;
const SYN = 0x02;
const SYN_AND_ACK = 0x12;
/** Bits of ct_state (ovs-fields(7)). */
const Ct = { EST: 0x02, REL: 0x04, INV: 0x10, TRK: 0x20 } as const;

export interface FlowPlan {
  readonly tables: {
    readonly classify: number;
    readonly pseudo: number;
    readonly tenantSide: number;
    readonly neighbours: number;
  };
  readonly zone: number;
  readonly blocks: readonly AddressPrefix[];
  readonly tenants: Tenants;
  readonly gateway: { readonly ipv4?: string | undefined; readonly ipv6?: string | undefined };
  /** Port of pseudo-addresses that leads to tenants. */
  readonly port: number;
  readonly directAccess: boolean;
  readonly next: readonly Instruction[];
  /** In front of the controller; `undefined` entries have no meter. */
  readonly meters: Readonly<Record<MeterName, number | undefined>>;
  /** Meters of neighbours, which ports share by their number: none at all, one, or a power of two. */
  readonly neighbourMeters: readonly number[];
}

/** `tenant`: what tenants send that the switch does not know; one that sends much of it takes no room of clients. */
export type MeterName = 'syn' | 'segment' | 'tenant';

/** Packets a second that may reach the controller. */
export function meterOf(rate: number): WantedMeter {
  return { flags: ['pktps', 'burst'], bands: [{ type: 'drop', rate, burstSize: rate }] };
}

export function planFlows(plan: FlowPlan): [string, WantedFlow][] {
  const flows: [string, WantedFlow][] = [];
  for (const block of plan.blocks) flows.push(...blockFlows(plan, block));
  for (const tenant of plan.tenants) flows.push(...tenantFlows(plan, tenant));
  flows.push(...neighbourFlows(plan));
  const { pseudo, tenantSide } = plan.tables;
  const trackedOut = (bit: number): Match => ({ ctState: { value: Ct.TRK | bit, mask: Ct.TRK | bit } });
  flows.push(
    [
      'refused-reply',
      { tableId: tenantSide, priority: REST + 1, match: { ...ASKED_ONCE, ...trackedOut(Ct.INV) } },
    ],
    ['pseudo-rest', { tableId: pseudo, priority: 0 }],
    ['reply-rest', { tableId: tenantSide, priority: 0, instructions: plan.directAccess ? plan.next : [] }],
  );
  const reply = asPseudonym(plan.next);
  for (const ethType of [IPV4, IPV6]) {
    for (const [state, bit] of [
      ['known', Ct.EST],
      ['related', Ct.REL],
    ] as const) {
      const match = { ethType, ...trackedOut(bit) };
      flows.push([
        `reply-${state}-${ethType}`,
        { tableId: tenantSide, priority: CATCH, match, instructions: reply },
      ]);
    }
  }
  if (!plan.directAccess) {
    for (const ethType of [IPV4, IPV6]) {
      flows.push([
        `reply-unknown-${ethType}`,
        {
          tableId: tenantSide,
          priority: REST,
          match: { ethType, ipProto: IpProtocol.TCP },
          cookie: Punt.TENANT,
          instructions: punt(plan.meters.tenant),
        },
      ]);
    }
    for (const match of [ICMPV4_ANY, ICMPV6_ANY]) {
      flows.push([
        `error-untracked-${match.ethType}`,
        {
          tableId: tenantSide,
          priority: REST,
          match,
          cookie: Punt.ERROR,
          instructions: punt(plan.meters.tenant),
        },
      ]);
    }
  }
  return flows;
}

function blockFlows(plan: FlowPlan, block: AddressPrefix): [string, WantedFlow][] {
  const { classify, pseudo, tenantSide } = plan.tables;
  const to = destination(block);
  const tcp = { ...to, ipProto: IpProtocol.TCP };
  const udp = { ...to, ipProto: IpProtocol.UDP };
  const name = (what: string) => `${what} ${block.text}`;
  const track = trackInto(plan.zone, pseudo);
  const errors = ERROR_TYPES[block.family].map((type): [string, WantedFlow] => [
    name(`error-${type}`),
    {
      tableId: classify,
      priority: REST + 1,
      match: { ...to, ...errorMatch(block.family, type) },
      instructions: track,
    },
  ]);
  return [
    [
      name('syn'),
      {
        tableId: classify,
        priority: OPENING,
        match: { ...tcp, tcpFlags: { value: SYN, mask: SYN_AND_ACK } },
        cookie: Punt.SYN,
        instructions: punt(plan.meters.syn),
      },
    ],
    [name('tcp'), { tableId: classify, priority: CATCH, match: tcp, instructions: track }],
    [
      name('udp'),
      { tableId: classify, priority: CATCH, match: { ...udp, udpDst: plan.port }, instructions: track },
    ],
    ...errors,
    [name('rest'), { tableId: classify, priority: REST, match: to }],
    [
      name('unknown'),
      {
        tableId: pseudo,
        priority: REST,
        match: tcp,
        cookie: Punt.SEGMENT,
        instructions: punt(plan.meters.segment),
      },
    ],
    [
      name('datagram'),
      {
        tableId: pseudo,
        priority: REST,
        match: udp,
        cookie: Punt.DATAGRAM,
        instructions: punt(plan.meters.syn),
      },
    ],
    [
      name('error-untracked'),
      {
        tableId: pseudo,
        priority: REST,
        match: { ...to, ipProto: block.family === 4 ? IpProtocol.ICMPV4 : IpProtocol.ICMPV6 },
        cookie: Punt.ERROR,
        instructions: punt(plan.meters.segment),
      },
    ],
    [
      name('reply'),
      {
        tableId: tenantSide,
        priority: CATCH,
        match: source(block),
        instructions: asPseudonym(plan.next),
      },
    ],
  ];
}

function tenantFlows(plan: FlowPlan, tenant: Tenant): [string, WantedFlow][] {
  const flows: [string, WantedFlow][] = [];
  for (const family of [4, 6] as const) {
    if (!tenant.has(family)) continue;
    const name = (what: string) => `${what} tenant-${tenant.index}-${family}`;
    const { classify, pseudo, tenantSide } = plan.tables;
    const from: Match =
      family === 4
        ? { ethType: IPV4, ipv4Src: tenant.ipv4 }
        : { ethType: IPV6, ipv6Src: formatIpv6(tenant.ipv6!) };
    const to: Match =
      family === 4
        ? { ethType: IPV4, ipv4Dst: tenant.ipv4 }
        : { ethType: IPV6, ipv6Dst: formatIpv6(tenant.ipv6!) };
    const track = trackInto(plan.zone, tenantSide);
    const catching = (match: Match): WantedFlow => ({
      tableId: classify,
      priority: CATCH,
      match: { ...from, ...match },
      instructions: track,
    });
    flows.push(
      [name('tcp-of'), catching({ ipProto: IpProtocol.TCP, tcpSrc: tenant.port })],
      [name('udp-of'), catching({ ipProto: IpProtocol.UDP, udpSrc: tenant.port })],
    );
    const { relay } = plan.tenants;
    if (relay?.has(family) && relay !== tenant) {
      const toRelay: Match = family === 4 ? { ipv4Dst: relay.ipv4 } : { ipv6Dst: formatIpv6(relay.ipv6!) };
      flows.push([
        name('to-relay'),
        {
          tableId: classify,
          priority: CATCH + 1,
          match: { ...from, ...toRelay, ipProto: IpProtocol.TCP, tcpSrc: tenant.port },
          instructions: plan.next,
        },
      ]);
    }
    for (const type of ERROR_TYPES[family]) {
      flows.push([name(`error-${type}-of`), catching(errorMatch(family, type))]);
    }
    const invalid = Ct.TRK | Ct.INV;
    flows.push([
      name('invalid-to'),
      {
        tableId: pseudo,
        priority: CATCH + 1,
        match: { ctState: { value: invalid, mask: invalid }, ...to, ipProto: IpProtocol.TCP },
        cookie: Punt.INVALID,
        instructions: punt(plan.meters.segment),
      },
    ]);
    if (tenant.mac !== undefined) {
      flows.push([
        name('to'),
        {
          tableId: pseudo,
          priority: CATCH,
          match: { ctState: { value: Ct.TRK, mask: invalid }, ...to },
          instructions: [
            { type: 'apply-actions', actions: [{ type: 'set-field', field: { ethDst: tenant.mac } }] },
            ...plan.next,
          ],
        },
      ]);
    }
  }
  return flows;
}

function errorMatch(family: 4 | 6, type: number): Match {
  return family === 4
    ? { ipProto: IpProtocol.ICMPV4, icmpv4Type: type }
    : { ipProto: IpProtocol.ICMPV6, icmpv6Type: type };
}

/** What is translated already goes on as from any other tenant. */
function asPseudonym(next: readonly Instruction[]): Instruction[] {
  return [{ type: 'apply-actions', actions: [SET_HOP_LIMIT] }, ...next];
}

function trackInto(zone: number, recircTable: number): Instruction[] {
  return [
    {
      type: 'apply-actions',
      actions: [{ type: 'nx-ct', zone, recircTable, actions: [{ type: 'nx-nat' }] }],
    },
  ];
}

function destination({ family, address, mask }: AddressPrefix): Match {
  return family === 4
    ? { ethType: IPV4, ipv4Dst: { value: address, mask } }
    : { ethType: IPV6, ipv6Dst: { value: address, mask } };
}

function source({ family, address, mask }: AddressPrefix): Match {
  return family === 4
    ? { ethType: IPV4, ipv4Src: { value: address, mask } }
    : { ethType: IPV6, ipv6Src: { value: address, mask } };
}

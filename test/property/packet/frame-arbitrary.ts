/** Random frames as the plain layers that parsing gives, so that building and parsing give them again. */
import fc from 'fast-check';
import { formatIpv4, formatIpv6, formatMac } from '../../../controller/address/index.js';
import type {
  Icmpv4Body,
  Icmpv6Body,
  Ipv4Option,
  Layer,
  LldpTlv,
  NeighbourOption,
  TcpFlagName,
  TcpOption,
} from '../../../controller/packet/index.js';

/** Numbers of `bits` bits, of which the edges are as likely as all others. */
export function edged(bits: number): fc.Arbitrary<number> {
  const max = 2 ** bits - 1;
  return fc.oneof(fc.constantFrom(0, max), fc.integer({ min: 0, max }));
}

function bytes(minLength: number, maxLength = minLength): fc.Arbitrary<Uint8Array> {
  return fc.oneof(
    fc.uint8Array({ minLength, maxLength }),
    fc.integer({ min: minLength, max: maxLength }).map(length => new Uint8Array(length)),
  );
}

const units = (first: number, unit: number, most: number): fc.Arbitrary<Uint8Array> =>
  fc.integer({ min: 0, max: most }).chain(count => bytes(first + count * unit));

const mac = edged(48).map(formatMac);
const ipv4 = edged(32).map(formatIpv4);
const ipv6 = bytes(16).map(address => formatIpv6(address));
const port = edged(16);
const payload: fc.Arbitrary<Layer[]> = bytes(0, 60).map(data =>
  data.length === 0 ? [] : [{ type: 'payload', data }],
);

const tcpOption: fc.Arbitrary<TcpOption> = fc.oneof(
  fc.constant<TcpOption>({ type: 'no-operation' }),
  fc.constant<TcpOption>({ type: 'sack-permitted' }),
  fc.record({ type: fc.constant('maximum-segment-size' as const), size: edged(16) }),
  fc.record({ type: fc.constant('window-scale' as const), shift: edged(8) }),
  fc.record({ type: fc.constant('timestamps' as const), value: edged(32), echo: edged(32) }),
  fc.record({
    type: fc.constant('sack' as const),
    blocks: fc.array(fc.record({ left: edged(32), right: edged(32) }), { minLength: 1, maxLength: 2 }),
  }),
  fc.record({
    type: fc.constant('other' as const),
    kind: fc.integer({ min: 9, max: 255 }),
    data: bytes(0, 4),
  }),
);

const tcp: fc.Arbitrary<Layer> = fc.record({
  type: fc.constant('tcp' as const),
  sourcePort: port,
  destinationPort: port,
  sequence: edged(32),
  acknowledgement: edged(32),
  flags: fc.subarray<TcpFlagName>(['fin', 'syn', 'rst', 'psh', 'ack', 'urg', 'ece', 'cwr', 'ae']),
  window: edged(16),
  urgentPointer: edged(16),
  options: fc.array(tcpOption, { maxLength: 2 }),
});

const udp: fc.Arbitrary<Layer> = fc.record({
  type: fc.constant('udp' as const),
  sourcePort: port,
  destinationPort: port,
});

const icmpv4Body: fc.Arbitrary<Icmpv4Body> = fc.oneof(
  fc.record({
    type: fc.constantFrom('echo-request' as const, 'echo-reply' as const),
    identifier: edged(16),
    sequence: edged(16),
  }),
  fc.record({ type: fc.constant('destination-unreachable' as const), nextHopMtu: edged(16) }),
  fc.constant<Icmpv4Body>({ type: 'time-exceeded' }),
  fc.record({ type: fc.constant('parameter-problem' as const), pointer: edged(8) }),
  fc.record({ type: fc.constant('redirect' as const), gateway: ipv4 }),
  fc.record({
    type: fc.constant('other' as const),
    icmpType: fc.constantFrom(13, 14, 40, 255),
    restOfHeader: edged(32),
  }),
);

const icmpv4: fc.Arbitrary<Layer> = fc.record({
  type: fc.constant('icmpv4' as const),
  code: edged(8),
  body: icmpv4Body,
});

const neighbourOption: fc.Arbitrary<NeighbourOption> = fc.oneof(
  fc.record({
    type: fc.constantFrom('source-link-layer-address' as const, 'target-link-layer-address' as const),
    address: mac,
  }),
  fc.record({
    type: fc.constant('prefix-information' as const),
    prefix: ipv6,
    prefixLength: fc.integer({ min: 0, max: 128 }),
    onLink: fc.boolean(),
    autonomous: fc.boolean(),
    validLifetime: edged(32),
    preferredLifetime: edged(32),
  }),
  fc.record({ type: fc.constant('mtu' as const), mtu: edged(32) }),
  fc.record({ type: fc.constant('redirected-header' as const), data: units(0, 8, 3) }),
  fc.record({
    type: fc.constant('other' as const),
    optionType: fc.integer({ min: 200, max: 255 }),
    data: units(6, 8, 2),
  }),
);
const options = fc.array(neighbourOption, { maxLength: 3 });

const icmpv6Body: fc.Arbitrary<Icmpv6Body> = fc.oneof(
  fc.record({
    type: fc.constantFrom('echo-request' as const, 'echo-reply' as const),
    identifier: edged(16),
    sequence: edged(16),
  }),
  fc.record({ type: fc.constantFrom('destination-unreachable' as const, 'time-exceeded' as const) }),
  fc.record({ type: fc.constant('packet-too-big' as const), mtu: edged(32) }),
  fc.record({ type: fc.constant('parameter-problem' as const), pointer: edged(32) }),
  fc.record({ type: fc.constant('router-solicitation' as const), options }),
  fc.record({
    type: fc.constant('router-advertisement' as const),
    currentHopLimit: edged(8),
    managed: fc.boolean(),
    otherConfiguration: fc.boolean(),
    routerLifetime: edged(16),
    reachableTime: edged(32),
    retransmitTimer: edged(32),
    options,
  }),
  fc.record({ type: fc.constant('neighbour-solicitation' as const), target: ipv6, options }),
  fc.record({
    type: fc.constant('neighbour-advertisement' as const),
    target: ipv6,
    router: fc.boolean(),
    solicited: fc.boolean(),
    override: fc.boolean(),
    options,
  }),
  fc.record({ type: fc.constant('redirect' as const), target: ipv6, destination: ipv6, options }),
);

const icmpv6: fc.Arbitrary<Layer[]> = fc
  .tuple(fc.record({ type: fc.constant('icmpv6' as const), code: edged(8), body: icmpv6Body }), payload)
  .map(([layer, data]): Layer[] => ('options' in layer.body ? [layer] : [layer, ...data]));

const transport = fc.tuple(fc.oneof(tcp, udp), payload).map(([layer, data]) => [layer, ...data]);

const PROTOCOLS: Record<string, number> = {
  icmpv4: 1,
  tcp: 6,
  udp: 17,
  icmpv6: 58,
  routing: 43,
  fragment: 44,
  'destination-options': 60,
  'hop-by-hop-options': 0,
};

const ipv4Packet: fc.Arbitrary<Layer[]> = fc
  .tuple(
    fc.record({
      source: ipv4,
      destination: ipv4,
      ttl: edged(8),
      dscp: edged(6),
      ecn: edged(2),
      identification: edged(16),
      dontFragment: fc.boolean(),
      options: fc.constantFrom<Ipv4Option[]>([], [{ type: 'router-alert', value: 0 }]),
    }),
    fc.oneof(
      transport,
      fc.tuple(icmpv4, payload).map(([layer, data]) => [layer, ...data]),
    ),
  )
  .map(([header, inner]): Layer[] => [
    {
      type: 'ipv4',
      ...header,
      moreFragments: false,
      fragmentOffset: 0,
      protocol: PROTOCOLS[inner[0]!.type]!,
    },
    ...inner,
  ]);

type Extension = Extract<Layer, { nextHeader: number }> & {
  type: 'destination-options' | 'routing' | 'fragment';
};
const extension = fc.oneof(
  fc.record({
    type: fc.constant('destination-options' as const),
    nextHeader: fc.constant(0),
    options: fc.tuple(units(4, 8, 3)).map(([data]) => [{ type: 'other' as const, kind: 30, data }]),
  }),
  fc.record({
    type: fc.constant('routing' as const),
    nextHeader: fc.constant(0),
    routingType: fc.constantFrom(0, 2, 3, 4),
    segmentsLeft: fc.constantFrom(0, 1),
    data: units(4, 16, 2),
  }),
  fc.record({
    type: fc.constant('fragment' as const),
    nextHeader: fc.constant(0),
    fragmentOffset: fc.constant(0),
    moreFragments: fc.constant(false),
    identification: edged(32),
  }),
) as fc.Arbitrary<Extension>;

const ipv6Packet: fc.Arbitrary<Layer[]> = fc
  .tuple(
    fc.record({
      source: ipv6,
      destination: ipv6,
      hopLimit: edged(8),
      dscp: edged(6),
      ecn: edged(2),
      flowLabel: edged(20),
    }),
    fc.array(extension, { maxLength: 3 }),
    fc.oneof(transport, icmpv6),
  )
  .map(([header, extensions, inner]): Layer[] => {
    const rest = [...extensions, ...inner];
    const follows = (index: number) => PROTOCOLS[rest[index]!.type]!;
    const chain = extensions.map((layer, index): Layer => ({ ...layer, nextHeader: follows(index + 1) }));
    return [{ type: 'ipv6', ...header, nextHeader: follows(0) }, ...chain, ...inner];
  });

const arp: fc.Arbitrary<Layer[]> = fc
  .record({
    type: fc.constant('arp' as const),
    operation: fc.oneof(
      fc.constantFrom('request' as const, 'reply' as const),
      fc.integer({ min: 3, max: 0xffff }),
    ),
    senderMac: mac,
    senderIpv4: ipv4,
    targetMac: mac,
    targetIpv4: ipv4,
  })
  .map(layer => [layer]);

const lldpTlv: fc.Arbitrary<LldpTlv> = fc.oneof(
  fc.record({
    type: fc.constantFrom('port-description' as const, 'system-name' as const, 'system-description' as const),
    text: fc.string({ maxLength: 30 }),
  }),
  fc.record({
    type: fc.constant('system-capabilities' as const),
    capabilities: edged(16),
    enabled: edged(16),
  }),
  fc.record({
    type: fc.constant('management-address' as const),
    family: edged(8),
    address: bytes(1, 31),
    numbering: edged(8),
    interfaceNumber: edged(32),
    objectId: bytes(0, 128),
  }),
  fc.record({
    type: fc.constant('organisation-specific' as const),
    oui: edged(24),
    subtype: edged(8),
    data: bytes(0, 40),
  }),
  fc.record({
    type: fc.constant('other' as const),
    tlvType: fc.integer({ min: 9, max: 126 }),
    data: bytes(0, 40),
  }),
);

const lldp: fc.Arbitrary<Layer[]> = fc
  .tuple(edged(8), bytes(1, 20), edged(8), bytes(1, 255), edged(16), fc.array(lldpTlv, { maxLength: 5 }))
  .map(([chassis, chassisId, portSubtype, portId, seconds, rest]): Layer[] => [
    {
      type: 'lldp',
      tlvs: [
        { type: 'chassis-id', subtype: chassis, id: chassisId },
        { type: 'port-id', subtype: portSubtype, id: portId },
        { type: 'time-to-live', seconds },
        ...rest,
      ],
    },
  ]);

const ETHER_TYPES: Record<string, number> = { arp: 0x0806, ipv4: 0x0800, ipv6: 0x86dd, lldp: 0x88cc };

/** IP packets whose transport checksum is there and right. */
export const ipPacket = fc.oneof(ipv4Packet, ipv6Packet);

/** Frames with up to two VLAN tags, and with a trailer now and then. */
export const frame: fc.Arbitrary<Layer[]> = fc
  .tuple(
    mac,
    mac,
    fc.array(fc.record({ vlanId: edged(12), priority: edged(3), dropEligible: fc.boolean() }), {
      maxLength: 2,
    }),
    fc.oneof({ weight: 3, arbitrary: ipPacket }, arp, lldp),
    fc.oneof(fc.constant(new Uint8Array(0)), bytes(1, 20)),
  )
  .map(([destination, source, tags, inner, trailer]): Layer[] => {
    const last = ETHER_TYPES[inner[0]!.type]!;
    const types = [...tags.map((_, index) => (index < tags.length - 1 ? 0x88a8 : 0x8100)), last];
    return [
      { type: 'ethernet', destination, source, etherType: types[0]! },
      ...tags.map((tag, index): Layer => ({ type: 'vlan', ...tag, etherType: types[index + 1]! })),
      ...inner,
      ...(trailer.length === 0 ? [] : [{ type: 'trailer' as const, data: trailer }]),
    ];
  });

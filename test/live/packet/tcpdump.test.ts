import { expect } from 'chai';
import fc from 'fast-check';
import { buildFrame, type LayerInit, LLDP_NEAREST_BRIDGE_MAC } from '../../../controller/packet/index.js';
import { frame } from '../../property/packet/frame-arbitrary.js';
import { describeFrames, hasTcpdump } from './tcpdump.js';

const ETHERNET = { type: 'ethernet', destination: '02:00:00:00:00:02', source: '02:00:00:00:00:01' } as const;
const IPV4 = { type: 'ipv4', source: '10.1.0.1', destination: '10.1.0.2' } as const;
const IPV6 = { type: 'ipv6', source: '2001:db8::1', destination: '2001:db8::2', hopLimit: 255 } as const;
const TCP = { type: 'tcp', sourcePort: 41836, destinationPort: 8081 } as const;
const UDP = { type: 'udp', sourcePort: 43685, destinationPort: 9999 } as const;
const DATA = { type: 'payload', data: Buffer.from('seven b') } as const;

/** tcpdump's words for faults in a frame or its checksums. */
const FAULT = /incorrect|bad |wrong|\[\||invalid|truncated|trunc\b|malformed/i;

function described(...layers: LayerInit[]): string {
  return describeFrames([buildFrame(layers)])[0]!;
}

/** Every piece of `words` is in what tcpdump says of the frame, and no complaint is. */
function expectWords(layers: LayerInit[], ...words: string[]): void {
  const text = described(...layers);
  for (const word of words) expect(text, text).to.include(word);
  expect(text).not.to.match(FAULT);
}

const neighbour = (body: Extract<LayerInit, { type: 'icmpv6' }>['body']): LayerInit[] => [
  ETHERNET,
  IPV6,
  { type: 'icmpv6', body },
];

describe('tcpdump reads what the builders wrote', () => {
  before(function () {
    if (!hasTcpdump()) this.skip();
  });

  it('Ethernet with service and customer VLAN tags', () => {
    expectWords(
      [
        { ...ETHERNET, etherType: 0x88a8 },
        { type: 'vlan', vlanId: 100, priority: 3 },
        { type: 'vlan', vlanId: 7, dropEligible: true },
        IPV4,
        UDP,
        DATA,
      ],
      '02:00:00:00:00:01 > 02:00:00:00:00:02',
      '802.1Q-QinQ (0x88a8)',
      'vlan 100, p 3',
      'vlan 7, p 0, DEI',
      '[udp sum ok]',
    );
  });

  it('ARP', () => {
    const request: LayerInit = {
      type: 'arp',
      operation: 'request',
      senderMac: '02:00:00:00:00:01',
      senderIpv4: '10.1.0.1',
      targetIpv4: '10.1.0.2',
    };
    expectWords(
      [ETHERNET, request],
      'Ethernet (len 6), IPv4 (len 4), Request who-has 10.1.0.2 tell 10.1.0.1',
    );
    const reply: LayerInit = { ...request, operation: 'reply', targetMac: '02:00:00:00:00:02' };
    expectWords([ETHERNET, reply], 'Reply 10.1.0.1 is-at 02:00:00:00:00:01');
  });

  it('IPv4 with its fields and an option', () => {
    expectWords(
      [
        ETHERNET,
        {
          ...IPV4,
          ttl: 17,
          dscp: 46,
          ecn: 1,
          identification: 4242,
          dontFragment: true,
          options: [{ type: 'router-alert', value: 0 }],
        },
        UDP,
        DATA,
      ],
      'tos 0xb9,ECT(1), ttl 17, id 4242, offset 0, flags [DF], proto UDP (17), length 39, options (RA)',
      '10.1.0.1.43685 > 10.1.0.2.9999: [udp sum ok] UDP, length 7',
    );
    expectWords(
      [ETHERNET, { ...IPV4, protocol: 17, moreFragments: true, fragmentOffset: 1480 }, DATA],
      'offset 1480, flags [+], proto UDP',
    );
  });

  it('IPv4 with a source route, whose last address the TCP checksum covers', () => {
    for (const kind of [131, 137]) {
      const route = { type: 'other', kind, data: Uint8Array.of(4, 10, 9, 9, 9) } as const;
      expectWords(
        [ETHERNET, { ...IPV4, options: [{ type: 'no-operation' }, route] }, { ...TCP, flags: ['syn'] }],
        'SRR 10.9.9.9',
        '(correct)',
      );
    }
  });

  it('TCP over IPv4 and IPv6 with every option', () => {
    const segment: LayerInit = {
      ...TCP,
      sequence: 4_000_000_000,
      acknowledgement: 7,
      flags: ['syn', 'ack', 'ece', 'cwr'],
      window: 4096,
      options: [
        { type: 'maximum-segment-size', size: 1460 },
        { type: 'sack-permitted' },
        { type: 'timestamps', value: 4_294_967_295, echo: 1 },
        { type: 'no-operation' },
        { type: 'window-scale', shift: 10 },
        { type: 'sack', blocks: [{ left: 100, right: 200 }] },
      ],
    };
    for (const ip of [IPV4, IPV6]) {
      expectWords(
        [ETHERNET, ip, segment],
        'Flags [S.EW], cksum',
        '(correct), seq 4000000000, ack 7, win 4096',
        'options [mss 1460,sackOK,TS val 4294967295 ecr 1,nop,wscale 10,sack 1 {100:200},eol], length 0',
      );
      expectWords(
        [ETHERNET, ip, { ...TCP, flags: ['psh', 'ack'] }, DATA],
        'Flags [P.], cksum',
        '(correct)',
        'length 7',
      );
    }
  });

  it('UDP, also with a checksum that comes out as zero, and without one', () => {
    for (const ip of [IPV4, IPV6]) {
      expectWords([ETHERNET, ip, UDP, DATA], '[udp sum ok] UDP, length 7');
      const bare = buildFrame([ETHERNET, ip, UDP, { type: 'payload', data: new Uint8Array(2) }]);
      const filler = bare.slice(-4, -2);
      const zero = buildFrame([ETHERNET, ip, UDP, { type: 'payload', data: filler }]);
      expect(Buffer.from(zero.subarray(-4, -2)).toString('hex')).to.equal('ffff');
      expect(describeFrames([zero])[0]).to.include('[udp sum ok]');
    }
    expectWords([ETHERNET, IPV4, { ...UDP, checksum: 0 }, DATA], '[no cksum] UDP, length 7');
  });

  it('ICMPv4', () => {
    const echo: LayerInit = { type: 'icmpv4', body: { type: 'echo-request', identifier: 77, sequence: 3 } };
    expectWords([ETHERNET, IPV4, echo, DATA], 'ICMP echo request, id 77, seq 3, length 15');
    const quoted: LayerInit = {
      type: 'payload',
      data: buildFrame([{ ...IPV4, dontFragment: true }, UDP, DATA]),
    };
    expectWords(
      [
        ETHERNET,
        IPV4,
        { type: 'icmpv4', code: 4, body: { type: 'destination-unreachable', nextHopMtu: 1400 } },
        quoted,
      ],
      'ICMP 10.1.0.2 unreachable - need to frag (mtu 1400)',
    );
    expectWords(
      [ETHERNET, IPV4, { type: 'icmpv4', body: { type: 'time-exceeded' } }, quoted],
      'time exceeded in-transit',
    );
    expectWords(
      [ETHERNET, IPV4, { type: 'icmpv4', code: 1, body: { type: 'redirect', gateway: '10.1.0.9' } }, quoted],
      'redirect 10.1.0.2 to host 10.1.0.9',
    );
  });

  it('IPv6 with a chain of extension headers', () => {
    expectWords(
      [
        ETHERNET,
        { ...IPV6, flowLabel: 0xabcde, dscp: 10 },
        { type: 'hop-by-hop-options', options: [{ type: 'router-alert', value: 2 }] },
        { type: 'destination-options', options: [] },
        { type: 'fragment', fragmentOffset: 0, moreFragments: false, identification: 0x1234 },
        { ...TCP, flags: ['syn'] },
      ],
      'class 0x28, flowlabel 0xabcde, hlim 255, next-header Options (0)',
      'HBH (rtalert: 0x0002) (padn) DSTOPT (padn) frag (0x00001234:0|20)',
      'Flags [S], seq 0',
    );
    const data = new Uint8Array(20);
    data.set(Buffer.from('20010db80000000000000000000000ff', 'hex'), 4);
    for (const routingType of [0, 4]) {
      expectWords(
        [ETHERNET, IPV6, { type: 'routing', routingType, segmentsLeft: 1, data }, { ...TCP, flags: ['syn'] }],
        `len=2, type=${routingType}`,
        'segleft=1',
        '[0]2001:db8::ff)',
        '(correct)',
      );
    }
    expectWords(
      [
        ETHERNET,
        IPV6,
        {
          type: 'authentication',
          securityParametersIndex: 0x77,
          sequence: 9,
          integrityCheckValue: new Uint8Array(12).fill(1),
        },
        UDP,
        DATA,
      ],
      'spi=0x00000077',
      'seq=0x9',
      '[udp sum ok]',
    );
  });

  it('ICMPv6', () => {
    const echo: LayerInit = { type: 'icmpv6', body: { type: 'echo-reply', identifier: 77, sequence: 3 } };
    expectWords([ETHERNET, IPV6, echo, DATA], '[icmp6 sum ok] ICMP6, echo reply, id 77, seq 3');
    const quoted: LayerInit = { type: 'payload', data: buildFrame([IPV6, UDP, DATA]) };
    expectWords(
      [ETHERNET, IPV6, { type: 'icmpv6', body: { type: 'packet-too-big', mtu: 1280 } }, quoted],
      '[icmp6 sum ok] ICMP6, packet too big, mtu 1280',
    );
    expectWords(
      [ETHERNET, IPV6, { type: 'icmpv6', code: 4, body: { type: 'destination-unreachable' } }, quoted],
      '[icmp6 sum ok] ICMP6, destination unreachable, unreachable port',
    );
  });

  it('neighbour solicitations and advertisements', () => {
    expectWords(
      neighbour({
        type: 'neighbour-solicitation',
        target: '2001:db8::2',
        options: [{ type: 'source-link-layer-address', address: '02:00:00:00:00:01' }],
      }),
      '[icmp6 sum ok] ICMP6, neighbor solicitation, length 32, who has 2001:db8::2',
      'source link-address option (1), length 8 (1): 02:00:00:00:00:01',
    );
    expectWords(
      neighbour({
        type: 'neighbour-advertisement',
        target: '2001:db8::1',
        router: true,
        solicited: true,
        override: true,
        options: [{ type: 'target-link-layer-address', address: '02:00:00:00:00:01' }],
      }),
      '[icmp6 sum ok] ICMP6, neighbor advertisement, length 32, tgt is 2001:db8::1, Flags [router, solicited, override]',
      'destination link-address option (2), length 8 (1): 02:00:00:00:00:01',
    );
  });

  it('router solicitations, router advertisements and redirects', () => {
    expectWords(
      neighbour({ type: 'router-solicitation', options: [] }),
      '[icmp6 sum ok] ICMP6, router solicitation, length 8',
    );
    expectWords(
      neighbour({
        type: 'router-advertisement',
        currentHopLimit: 64,
        managed: true,
        otherConfiguration: true,
        routerLifetime: 1800,
        reachableTime: 30_000,
        retransmitTimer: 1000,
        options: [
          { type: 'mtu', mtu: 1400 },
          {
            type: 'prefix-information',
            prefix: '2001:db8:5::',
            prefixLength: 64,
            onLink: true,
            autonomous: true,
            validLifetime: 86_400,
            preferredLifetime: 14_400,
          },
        ],
      }),
      'hop limit 64, Flags [managed, other stateful], pref medium, router lifetime 1800s, reachable time 30000ms, retrans timer 1000ms',
      'mtu option (5), length 8 (1): 1400',
      'prefix info option (3), length 32 (4): 2001:db8:5::/64, Flags [onlink, auto], valid time 86400s, pref. time 14400s',
    );
    expectWords(
      neighbour({ type: 'redirect', target: 'fe80::2', destination: '2001:db8::9', options: [] }),
      '[icmp6 sum ok] ICMP6, redirect, length 40, 2001:db8::9 to fe80::2',
    );
  });

  it('LLDP', () => {
    expectWords(
      [
        { ...ETHERNET, destination: LLDP_NEAREST_BRIDGE_MAC },
        {
          type: 'lldp',
          tlvs: [
            { type: 'chassis-id', subtype: 4, id: '02:00:00:00:00:01' },
            { type: 'port-id', subtype: 5, id: 'eth7' },
            { type: 'time-to-live', seconds: 120 },
            { type: 'system-name', text: 'switch-1' },
            { type: 'system-capabilities', capabilities: 0x14, enabled: 0x04 },
            {
              type: 'management-address',
              family: 1,
              address: Uint8Array.of(10, 1, 0, 1),
              numbering: 2,
              interfaceNumber: 9,
              objectId: new Uint8Array(0),
            },
            { type: 'organisation-specific', oui: 0x0080c2, subtype: 1, data: Uint8Array.of(0, 5) },
          ],
        },
      ],
      'Subtype MAC address (4): 02:00:00:00:00:01',
      'Subtype Interface Name (5): eth7',
      'TTL 120s',
      'System Name TLV (5), length 8: switch-1',
      'System Capabilities [Bridge, Router] (0x0014)',
      'Management Address length 5, AFI IPv4 (1): 10.1.0.1',
      'port vlan id (PVID): 5',
      'End TLV (0), length 0',
    );
  });

  it('complains of a frame with one bit wrong, so that its silence means something', () => {
    for (const layers of [
      [ETHERNET, IPV4, TCP, DATA],
      [ETHERNET, IPV4, UDP, DATA],
      [ETHERNET, IPV6, TCP, DATA],
      neighbour({ type: 'router-solicitation', options: [] }),
    ] satisfies LayerInit[][]) {
      const bytes = buildFrame(layers);
      bytes[bytes.length - 1]! ^= 1;
      expect(describeFrames([bytes])[0]).to.match(FAULT);
    }
  });

  // Of a routing header, tcpdump always takes the last address for the checksum, also with no segments left.
  // The same frames each time: to some random ports tcpdump takes random bytes for packets of their own, with checksums.
  it('finds no wrong checksum in 3000 random frames', () => {
    const judged = frame.filter(layers => !layers.some(layer => layer.type === 'routing'));
    const frames = fc.sample(judged, { numRuns: 3000, seed: 1 }).map(layers => buildFrame(layers));
    const texts = describeFrames(frames);
    expect(texts).to.have.length(frames.length);
    const wrong = texts.filter(text =>
      /incorrect|bad (udp )?cksum|wrong icmp cksum|bad icmp6 cksum|sum bad/i.test(text),
    );
    expect(wrong).to.deep.equal([]);
    expect(texts.filter(text => /correct|sum ok/.test(text)).length).to.be.greaterThan(500);
  });
});

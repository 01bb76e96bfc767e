import { expect } from 'chai';
import {
  buildFrame,
  type Layer,
  type LayerInit,
  parseFrame,
  parsePacket,
} from '../../../controller/packet/index.js';
import {
  ADDRESS_PROBE,
  ARP_REQUEST,
  ECHO_REQUEST,
  FRAGMENT6,
  hex,
  LISTENER_REPORT,
  NEIGHBOUR_ADVERTISEMENT,
  PORT_UNREACHABLE,
  ROUTER_ALERT,
  TCP_SYN,
  TCP6_SYN,
  toHex,
  UDP6_HOP_BY_HOP,
} from './vectors.js';

const layersFrom = (frame: Uint8Array, count: number): Layer[] => parseFrame(frame).slice(count);

describe('plain layers', () => {
  it('of ARP', () => {
    expect(layersFrom(ARP_REQUEST, 1)).to.deep.equal([
      {
        type: 'arp',
        operation: 'request',
        senderMac: '02:00:00:00:00:01',
        senderIpv4: '10.1.0.1',
        targetMac: '00:00:00:00:00:00',
        targetIpv4: '10.1.0.2',
      },
    ]);
  });

  it('of IPv4 and TCP with the options of a SYN', () => {
    expect(layersFrom(TCP_SYN, 1)).to.deep.equal([
      {
        type: 'ipv4',
        source: '10.1.0.1',
        destination: '10.1.0.2',
        protocol: 6,
        ttl: 64,
        dscp: 0,
        ecn: 0,
        identification: 0x88df,
        dontFragment: true,
        moreFragments: false,
        fragmentOffset: 0,
        options: [],
      },
      {
        type: 'tcp',
        sourcePort: 41836,
        destinationPort: 8080,
        sequence: 0xef2077a7,
        acknowledgement: 0,
        flags: ['syn'],
        window: 64240,
        urgentPointer: 0,
        options: [
          { type: 'maximum-segment-size', size: 1460 },
          { type: 'sack-permitted' },
          { type: 'timestamps', value: 0x3dc74f56, echo: 0 },
          { type: 'no-operation' },
          { type: 'window-scale', shift: 10 },
        ],
      },
    ]);
  });

  it('of IPv4 options and ICMPv4', () => {
    expect(layersFrom(ROUTER_ALERT, 1)[0]).to.deep.include({ options: [{ type: 'router-alert', value: 0 }] });
    expect(layersFrom(ECHO_REQUEST, 2)[0]).to.deep.equal({
      type: 'icmpv4',
      code: 0,
      body: { type: 'echo-request', identifier: 31401, sequence: 1 },
    });
    const [ip, icmp, quoted] = layersFrom(PORT_UNREACHABLE, 1);
    expect(ip).to.include({ dscp: 48, ecn: 0 });
    expect(icmp).to.deep.equal({
      type: 'icmpv4',
      code: 3,
      body: { type: 'destination-unreachable', nextHopMtu: 0 },
    });
    expect(quoted).to.have.property('data').with.length(33);
  });

  it('of IPv6 and its extension headers', () => {
    expect(layersFrom(TCP6_SYN, 1)[0]).to.deep.equal({
      type: 'ipv6',
      source: '2001:db8::1',
      destination: '2001:db8::2',
      nextHeader: 6,
      hopLimit: 64,
      dscp: 0,
      ecn: 0,
      flowLabel: 0xa34dc,
    });
    expect(layersFrom(UDP6_HOP_BY_HOP, 2)[0]).to.deep.equal({
      type: 'hop-by-hop-options',
      nextHeader: 17,
      options: [
        { type: 'router-alert', value: 0 },
        { type: 'pad-n', length: 2 },
      ],
    });
    expect(layersFrom(FRAGMENT6, 2)[0]).to.deep.equal({
      type: 'fragment',
      nextHeader: 17,
      fragmentOffset: 1448,
      moreFragments: false,
      identification: 0x8d7883df,
    });
  });

  it('of neighbour discovery and other ICMPv6', () => {
    expect(layersFrom(NEIGHBOUR_ADVERTISEMENT, 2)).to.deep.equal([
      {
        type: 'icmpv6',
        code: 0,
        body: {
          type: 'neighbour-advertisement',
          target: '2001:db8::2',
          router: false,
          solicited: true,
          override: true,
          options: [{ type: 'target-link-layer-address', address: '02:00:00:00:00:02' }],
        },
      },
    ]);
    expect(layersFrom(ADDRESS_PROBE, 2)[0]).to.deep.include({
      body: {
        type: 'neighbour-solicitation',
        target: 'fe80::ff:fe00:2',
        options: [{ type: 'other', optionType: 14, data: hex('28570e6945bb') }],
      },
    });
    expect(layersFrom(LISTENER_REPORT, 3)[0]).to.deep.equal({
      type: 'icmpv6',
      code: 0,
      body: { type: 'other', icmpType: 143 },
    });
  });

  /** Bytes written by hand from the RFCs; checksums are those that the builder fills in. */
  it('of router advertisements and redirects (RFC 4861 sections 4.2 and 4.5)', () => {
    const ip = { type: 'ipv6', source: 'fe80::1', destination: 'ff02::1', hopLimit: 255 } as const;
    const advertisement: LayerInit = {
      type: 'icmpv6',
      body: {
        type: 'router-advertisement',
        currentHopLimit: 64,
        managed: true,
        otherConfiguration: false,
        otherFlags: 0x08,
        routerLifetime: 1800,
        reachableTime: 30_000,
        retransmitTimer: 1000,
        options: [
          { type: 'source-link-layer-address', address: '02:00:00:00:00:01' },
          { type: 'mtu', mtu: 1400 },
          {
            type: 'prefix-information',
            prefix: '2001:db8::',
            prefixLength: 64,
            onLink: true,
            autonomous: true,
            validLifetime: 86_400,
            preferredLifetime: 14_400,
          },
        ],
      },
    };
    const built = buildFrame([ip, advertisement]);
    expect(toHex(built.subarray(44))).to.equal(
      toHex(
        hex(`
          40 88 07 08                # hop limit 64, managed and high preference, 1800 s
          00 00 75 30  00 00 03 e8   # reachable 30 s, retransmit 1 s
          01 01 02 00 00 00 00 01
          05 01 00 00 00 00 05 78
          03 04 40 c0                # prefix information, /64, on-link and autonomous
          00 01 51 80  00 00 38 40  00 00 00 00
          20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 00`),
      ),
    );
    expect(parsePacket(built, { verifyChecksums: true })[1]).to.deep.equal({ ...advertisement, code: 0 });

    const redirect: LayerInit = {
      type: 'icmpv6',
      body: {
        type: 'redirect',
        target: 'fe80::2',
        destination: '2001:db8::9',
        options: [
          { type: 'target-link-layer-address', address: '02:00:00:00:00:09' },
          { type: 'redirected-header', data: new Uint8Array(8).fill(0x66) },
        ],
      },
    };
    const redirected = buildFrame([ip, redirect]);
    expect(toHex(redirected.subarray(44))).to.equal(
      toHex(
        hex(`
          00 00 00 00
          fe 80 00 00 00 00 00 00 00 00 00 00 00 00 00 02
          20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 09
          02 01 02 00 00 00 00 09
          04 02 00 00 00 00 00 00 66 66 66 66 66 66 66 66`),
      ),
    );
    expect(parsePacket(redirected)[1]).to.deep.equal({ ...redirect, code: 0 });
  });

  it('of an IPv4 source route: until it is used up, its last address counts for checksums (RFC 791)', () => {
    const udp = { type: 'udp', sourcePort: 1, destinationPort: 2 } as const;
    const ip = { type: 'ipv4', source: '10.1.0.1', destination: '10.1.0.2' } as const;
    const checksum = (init: LayerInit) => toHex(buildFrame([init, udp]).subarray(-2));
    const route = (pointer: number) => [
      { type: 'no-operation' as const },
      { type: 'other' as const, kind: 131, data: Uint8Array.of(pointer, 10, 9, 9, 9) },
    ];
    expect(checksum({ ...ip, options: route(4) })).to.equal(checksum({ ...ip, destination: '10.9.9.9' }));
    expect(checksum({ ...ip, options: route(8) })).to.equal(checksum(ip));
  });

  it('of SACK, unknown and broken TCP options, and an end of options with something behind', () => {
    const options = hex(`
      05 0a 00 00 00 01 00 00 00 02   # SACK, one block
      fd 04 12 34                     # experiment
      02 03 05                        # maximum segment size of a wrong length
      00 01 02 03 04 05 06            # end, then bytes nobody reads
    `);
    const built = buildFrame([
      { type: 'ipv4', source: 1, destination: 2 },
      {
        type: 'tcp',
        sourcePort: 1,
        destinationPort: 2,
        options: [
          { type: 'sack', blocks: [{ left: 1, right: 2 }] },
          { type: 'other', kind: 253, data: hex('1234') },
          { type: 'other', kind: 2, data: hex('05') },
          { type: 'end-of-options', rest: hex('010203040506') },
        ],
      },
    ]);
    expect(toHex(built.subarray(40))).to.equal(toHex(options));
    expect(buildFrame(parsePacket(built))).to.deep.equal(built);
  });

  it('of an end of options that stands where the others already fill a multiple of 4', () => {
    const packet = buildFrame([
      { type: 'ipv4', source: 1, destination: 2 },
      {
        type: 'tcp',
        sourcePort: 1,
        destinationPort: 2,
        options: [
          { type: 'maximum-segment-size', size: 1460 },
          { type: 'end-of-options', rest: new Uint8Array(3) },
        ],
      },
    ]);
    expect(packet).to.have.length(48);
    expect(buildFrame(parsePacket(packet))).to.deep.equal(packet);
  });

  it('of routing and authentication headers: the last address counts for checksums (RFC 8200 section 8.1)', () => {
    const last = hex('20010db8 00000000 00000000 000000ff');
    const udp = { type: 'udp', sourcePort: 1, destinationPort: 2 } as const;
    const ip = { type: 'ipv6', source: '2001:db8::1', destination: '2001:db8::2' } as const;
    const data = new Uint8Array(20);
    data.set(last, 4);
    const direct = buildFrame([{ ...ip, destination: last }, udp]);
    for (const routingType of [0, 2, 4]) {
      const routed = buildFrame([ip, { type: 'routing', routingType, segmentsLeft: 1, data }, udp]);
      expect(toHex(routed.subarray(-8)), `type ${routingType}`).to.equal(toHex(direct.subarray(-8)));
      const arrived = buildFrame([ip, { type: 'routing', routingType, segmentsLeft: 0, data }, udp]);
      expect(toHex(arrived.subarray(-8))).to.equal(toHex(buildFrame([ip, udp]).subarray(-8)));
    }
    const authenticated: LayerInit[] = [
      { type: 'ipv4', source: 1, destination: 2 },
      {
        type: 'authentication',
        securityParametersIndex: 7,
        sequence: 8,
        integrityCheckValue: new Uint8Array(12),
      },
      udp,
    ];
    expect(parsePacket(buildFrame(authenticated)).map(layer => layer.type)).to.deep.equal([
      'ipv4',
      'authentication',
      'udp',
    ]);
    expect(parsePacket(buildFrame(authenticated))[1]).to.deep.include({ nextHeader: 17 });
  });
});

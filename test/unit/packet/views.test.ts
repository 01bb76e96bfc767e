import { expect } from 'chai';
import {
  ArpView,
  buildFrame,
  EthernetView,
  Icmpv4View,
  Icmpv6View,
  Ipv4View,
  Ipv6View,
  isSolicitedNodeAddress,
  NeighbourDiscoveryView,
  NeighbourOptionType,
  parseFrame,
  solicitedNodeAddress,
  TcpFlag,
  TcpOptionKind,
  TcpView,
  UdpView,
} from '../../../controller/packet/index.js';
import { packetCode } from './packet-code.js';
import {
  ADDRESS_PROBE,
  ARP_REPLY,
  ARP_REQUEST,
  ECHO_REQUEST,
  ECHO_REQUEST6,
  FRAGMENT6,
  hex,
  NEIGHBOUR_ADVERTISEMENT,
  NEIGHBOUR_SOLICITATION,
  PORT_UNREACHABLE,
  ROUTER_SOLICITATION,
  TCP_DATA,
  TCP_SYN,
  TCP_SYN_ACK,
  TCP6_SYN,
  toHex,
  UDP,
  UDP6_HOP_BY_HOP,
} from './vectors.js';

const NETWORK = 14;

function tcpOf(frame: Uint8Array): { ip: Ipv4View; tcp: TcpView } {
  const ip = new Ipv4View(frame, NETWORK);
  return { ip, tcp: new TcpView(frame, ip.payloadOffset, ip.end) };
}

function neighbourOf(frame: Uint8Array): { ip: Ipv6View; nd: NeighbourDiscoveryView } {
  const ip = new Ipv6View(frame, NETWORK);
  return { ip, nd: new NeighbourDiscoveryView(frame, ip.payloadOffset, ip.end) };
}

describe('views', () => {
  it('turn an ARP request into its reply in place', () => {
    const frame = ARP_REQUEST.slice();
    const ethernet = new EthernetView(frame);
    const arp = new ArpView(frame, ethernet.payloadOffset);
    expect([arp.operation, arp.senderMac, arp.senderIpv4, arp.targetMac, arp.targetIpv4]).to.deep.equal([
      1, 0x0200_0000_0001, 0x0a01_0001, 0, 0x0a01_0002,
    ]);
    ethernet.destination = ethernet.source;
    ethernet.source = 0x0200_0000_0002;
    arp.operation = 2;
    arp.targetMac = arp.senderMac;
    arp.targetIpv4 = arp.senderIpv4;
    arp.senderMac = 0x0200_0000_0002;
    arp.senderIpv4 = 0x0a01_0002;
    expect(toHex(frame)).to.equal(toHex(ARP_REPLY));
    frame[NETWORK + 1] = 6;
    expect(packetCode(() => new ArpView(frame, NETWORK))).to.equal('bad-value');
  });

  it('give what a SYN cookie needs: addresses, ports, sequence and options', () => {
    const { ip, tcp } = tcpOf(TCP_SYN);
    expect([ip.source, ip.destination, ip.protocol, ip.ttl, ip.isFragment]).to.deep.equal([
      0x0a01_0001,
      0x0a01_0002,
      6,
      64,
      false,
    ]);
    expect([tcp.sourcePort, tcp.destinationPort, tcp.sequence]).to.deep.equal([41836, 8080, 0xef2077a7]);
    expect(tcp.flags).to.equal(TcpFlag.SYN);
    expect([tcp.maximumSegmentSize, tcp.windowScale, tcp.sackPermitted]).to.deep.equal([1460, 10, true]);
    expect([tcp.hasTimestamps, tcp.timestampValue, tcp.timestampEcho]).to.deep.equal([true, 0x3dc74f56, 0]);
    expect(tcp.optionOffset(TcpOptionKind.SACK)).to.equal(-1);
    expect(tcp.payloadLength).to.equal(0);
    const data = tcpOf(TCP_DATA).tcp;
    expect(Buffer.from(data.bytes.subarray(data.payloadOffset, data.end)).toString()).to.equal('ping');
    expect([data.maximumSegmentSize, data.windowScale, data.sackPermitted]).to.deep.equal([-1, -1, false]);
  });

  it('rewrite a whole SYN-ACK, and the checksums stay those of the kernel', () => {
    const frame = TCP_SYN_ACK.slice();
    const { ip, tcp } = tcpOf(frame);
    ip.setSource(0xc000_0201, tcp);
    ip.setDestination(0, tcp);
    ip.ttl = 1;
    tcp.sourcePort = 443;
    tcp.destinationPort = 0xffff;
    tcp.sequence = 0;
    tcp.acknowledgement = 0xffff_ffff;
    tcp.flags = TcpFlag.RST;
    tcp.window = 0;
    tcp.timestampValue = 5;
    tcp.timestampEcho = 0xffff_0000;
    expect(ip.hasRightChecksum()).to.equal(true);
    expect(tcp.hasRightChecksum(ip.addressSum)).to.equal(true);
    expect(parseFrame(frame, { verifyChecksums: true })[2]).to.deep.include({
      sourcePort: 443,
      sequence: 0,
      flags: ['rst'],
    });
    ip.setSource(0x0a01_0002, tcp);
    ip.setDestination(0x0a01_0001, tcp);
    ip.ttl = 64;
    tcp.sourcePort = 8080;
    tcp.destinationPort = 41836;
    tcp.sequence = 0x7a5040fa;
    tcp.acknowledgement = 0xef2077a8;
    tcp.flags = TcpFlag.SYN | TcpFlag.ACK;
    tcp.window = 65160;
    tcp.timestampValue = 0x1216724e;
    tcp.timestampEcho = 0x3dc74f56;
    expect(toHex(frame)).to.equal(toHex(TCP_SYN_ACK));
  });

  it('move SACK blocks and timestamps at odd offsets with the checksum', () => {
    const packet = buildFrame([
      { type: 'ipv4', source: 1, destination: 2 },
      {
        type: 'tcp',
        sourcePort: 1,
        destinationPort: 2,
        options: [
          { type: 'no-operation' },
          { type: 'sack', blocks: [{ left: 1, right: 0xffff_fff0 }] },
          { type: 'timestamps', value: 7, echo: 8 },
        ],
      },
      { type: 'payload', data: hex('0102 03') },
    ]);
    const ip = new Ipv4View(packet);
    const tcp = new TcpView(packet, ip.payloadOffset, ip.end);
    tcp.shiftSack(0x20);
    tcp.timestampValue = 0x01020304;
    expect(tcp.computeChecksum(ip.addressSum)).to.equal(tcp.checksum);
    expect(toHex(packet.subarray(40, 64))).to.equal(
      '01050a0000002100000010080a010203040000000800000000'.slice(0, 48),
    );
  });

  it('leave a UDP checksum of zero at zero, and never compute one', () => {
    const frame = UDP.slice();
    const ip = new Ipv4View(frame, NETWORK);
    const udp = new UdpView(frame, ip.payloadOffset, ip.end);
    expect([udp.sourcePort, udp.destinationPort, udp.payloadLength]).to.deep.equal([43685, 9999, 5]);
    udp.checksum = 0;
    ip.setSource(0x0a090909, udp);
    udp.sourcePort = 1;
    expect(udp.checksum).to.equal(0);
    expect(udp.hasRightChecksum(ip.addressSum)).to.equal(true);
    udp.checksum = udp.computeChecksum(ip.addressSum);
    udp.destinationPort = (udp.destinationPort + udp.checksum) % 0xffff; // the sum becomes 0xffff
    expect(udp.checksum).to.equal(0xffff);
    expect(udp.computeChecksum(ip.addressSum)).to.equal(0xffff);
    expect(udp.hasRightChecksum(ip.addressSum)).to.equal(true);
  });

  it('walk IPv6 extension headers and rewrite addresses', () => {
    const plain = new Ipv6View(TCP6_SYN, NETWORK);
    expect([plain.protocol, plain.nextHeader, plain.payloadOffset, plain.hopLimit]).to.deep.equal([
      6, 6, 54, 64,
    ]);
    expect([plain.flowLabel, plain.sourceText, plain.destinationText]).to.deep.equal([
      0xa34dc,
      '2001:db8::1',
      '2001:db8::2',
    ]);
    const frame = UDP6_HOP_BY_HOP.slice();
    const ip = new Ipv6View(frame, NETWORK);
    expect([ip.protocol, ip.nextHeader, ip.payloadOffset, ip.isFragment]).to.deep.equal([17, 0, 62, false]);
    const udp = new UdpView(frame, ip.payloadOffset, ip.end);
    ip.setDestination(ip.source.slice(), udp);
    ip.setSource(hex('fd00 0000 0000 0000 ffff ffff ffff ffff'), udp);
    ip.hopLimit = 1;
    expect(udp.checksum).to.equal(udp.computeChecksum(ip.addressSum));
    expect(packetCode(() => ip.setSource(new Uint8Array(4)))).to.equal('bad-value');
  });

  it('stop at the fragment header of a fragment', () => {
    const ip = new Ipv6View(FRAGMENT6, NETWORK);
    expect([ip.isFragment, ip.fragmentOffset, ip.moreFragments, ip.protocol]).to.deep.equal([
      true,
      1448,
      false,
      17,
    ]);
    expect(ip.payloadOffset).to.equal(62);
  });

  it('read packets that a switch or an ICMP error cut, if asked to', () => {
    const icmp = new Icmpv4View(PORT_UNREACHABLE, 34);
    expect([icmp.type, icmp.code]).to.deep.equal([3, 3]);
    const quoteEnd = icmp.payloadOffset + 28;
    expect(packetCode(() => new Ipv4View(PORT_UNREACHABLE, icmp.payloadOffset, quoteEnd))).to.equal(
      'truncated',
    );
    const ip = new Ipv4View(PORT_UNREACHABLE, icmp.payloadOffset, quoteEnd, true);
    expect([ip.isCut, ip.end]).to.deep.equal([true, quoteEnd]);
    expect(new UdpView(PORT_UNREACHABLE, ip.payloadOffset, ip.end, true).sourcePort).to.equal(43685);
    const ip6 = new Ipv6View(TCP6_SYN, NETWORK, NETWORK + 60, true);
    expect([ip6.isCut, ip6.payloadOffset]).to.deep.equal([true, 54]);
  });

  it('read and change echo identifiers', () => {
    const frame = ECHO_REQUEST.slice();
    const icmp = new Icmpv4View(frame, 34);
    expect([icmp.type, icmp.identifier, icmp.sequence]).to.deep.equal([8, 31401, 1]);
    icmp.identifier = 7;
    expect(icmp.checksum).to.equal(icmp.computeChecksum());
    const frame6 = ECHO_REQUEST6.slice();
    const ip6 = new Ipv6View(frame6, NETWORK);
    const icmp6 = new Icmpv6View(frame6, ip6.payloadOffset, ip6.end);
    expect([icmp6.type, icmp6.identifier, icmp6.sequence, icmp6.mtu]).to.deep.equal([128, 31402, 1, -1]);
    icmp6.identifier = 0;
    ip6.setSource(new Uint8Array(16), icmp6);
    expect(icmp6.hasRightChecksum(ip6.addressSum)).to.equal(true);
  });

  it('give target, flags and link-layer addresses of neighbour discovery', () => {
    const solicitation = neighbourOf(NEIGHBOUR_SOLICITATION).nd;
    expect(toHex(solicitation.target)).to.equal('20010db8000000000000000000000002');
    expect([solicitation.sourceMac, solicitation.targetMac]).to.deep.equal([0x0200_0000_0001, -1]);
    const advertisement = neighbourOf(NEIGHBOUR_ADVERTISEMENT).nd;
    expect(advertisement.targetMac).to.equal(0x0200_0000_0002);
    expect([advertisement.isRouter, advertisement.isSolicited, advertisement.isOverride]).to.deep.equal([
      false,
      true,
      true,
    ]);
    const probe = neighbourOf(ADDRESS_PROBE).nd;
    expect(probe.sourceMac).to.equal(-1);
    expect(probe.optionOffset(14)).to.equal(probe.payloadOffset);
    expect(probe.optionOffset(NeighbourOptionType.MTU)).to.equal(-1);
    expect(packetCode(() => new NeighbourDiscoveryView(ECHO_REQUEST6, 54))).to.equal('bad-value');
  });

  it('tell neighbour discovery that a node may act on from what it must ignore (RFC 4861)', () => {
    const valid = (frame: Uint8Array, change: (copy: Uint8Array) => void = () => {}, mend = true) => {
      const copy = frame.slice();
      change(copy);
      const { ip, nd } = neighbourOf(copy);
      if (mend) nd.checksum = nd.computeChecksum(ip.addressSum);
      return nd.isValidIn(ip);
    };
    for (const frame of [
      NEIGHBOUR_SOLICITATION,
      NEIGHBOUR_ADVERTISEMENT,
      ADDRESS_PROBE,
      ROUTER_SOLICITATION,
    ]) {
      expect(valid(frame, undefined, false)).to.equal(true);
      expect(valid(frame, copy => copy.fill(254, 21, 22))).to.equal(false); // came over a router
      expect(valid(frame, copy => copy.fill(1, 55, 56))).to.equal(false); // code
      expect(valid(frame, copy => copy.fill(9, 6, 7))).to.equal(true); // not covered
      expect(valid(frame, copy => copy.fill(9, 58, 59), false)).to.equal(false); // checksum
    }
    expect(valid(NEIGHBOUR_SOLICITATION, copy => copy.fill(0xff, 62, 63))).to.equal(false); // multicast target
    expect(valid(NEIGHBOUR_SOLICITATION, copy => copy.fill(0, 22, 38))).to.equal(false); // nobody's MAC
    expect(valid(ADDRESS_PROBE, copy => copy.fill(0, 38, 54))).to.equal(false); // not to the group
    expect(valid(NEIGHBOUR_ADVERTISEMENT, copy => copy.fill(0xff, 38, 39))).to.equal(false); // solicited, to a group
    expect(valid(ROUTER_SOLICITATION, copy => copy.fill(0, 22, 38))).to.equal(false);
  });

  it('compute the group in which an address is solicited', () => {
    const group = solicitedNodeAddress(hex('20010db8 00000000 00000000 00abcdef'));
    expect(toHex(group)).to.equal('ff0200000000000000000001ffabcdef');
    expect(isSolicitedNodeAddress(group)).to.equal(true);
    expect(isSolicitedNodeAddress(hex('20010db8 00000000 00000000 00abcdef'))).to.equal(false);
  });

  it('refuse headers whose version or lengths cannot be', () => {
    const changed = (frame: Uint8Array, offset: number, value: number) => {
      const copy = frame.slice();
      copy[offset] = value;
      return copy;
    };
    const ipv4 = (frame: Uint8Array) => packetCode(() => new Ipv4View(frame, NETWORK));
    expect(ipv4(changed(UDP, 14, 0x65))).to.equal('bad-version');
    expect(ipv4(changed(UDP, 14, 0x44))).to.equal('bad-length');
    expect(ipv4(changed(UDP, 14, 0x4f))).to.equal('truncated');
    expect(ipv4(changed(UDP, 17, 19))).to.equal('bad-length');
    expect(ipv4(changed(UDP, 16, 1))).to.equal('truncated');
    expect(packetCode(() => new TcpView(changed(TCP_SYN, 46, 0x40), 34))).to.equal('bad-length');
    expect(packetCode(() => new TcpView(changed(TCP_SYN, 46, 0xf0), 34))).to.equal('truncated');
    expect(packetCode(() => new UdpView(changed(UDP, 39, 7), 34))).to.equal('bad-length');
    expect(packetCode(() => new UdpView(changed(UDP, 39, 14), 34))).to.equal('truncated');
    expect(packetCode(() => new Ipv6View(changed(TCP6_SYN, 14, 0x45), NETWORK))).to.equal('bad-version');
    expect(packetCode(() => new Ipv6View(changed(TCP6_SYN, 19, 41), NETWORK))).to.equal('truncated');
    expect(packetCode(() => neighbourOf(changed(NEIGHBOUR_SOLICITATION, 79, 0)))).to.equal('bad-option');
    expect(packetCode(() => neighbourOf(changed(NEIGHBOUR_SOLICITATION, 79, 2)))).to.equal('bad-option');
    expect(packetCode(() => parseFrame(changed(TCP_SYN, 55, 1)))).to.equal('bad-option');
  });
});

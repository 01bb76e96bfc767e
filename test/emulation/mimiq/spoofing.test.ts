import { expect } from 'chai';
import { formatAddress } from '../../../apps/mimiq/address-prefix.js';
import type { Lease } from '../../../apps/mimiq/model.js';
import { parseMac } from '../../../controller/address/index.js';
import { buildFrame, findLayer, type LayerInit, parseFrame } from '../../../controller/packet/index.js';
import { type Capture, until } from '../../../mininet/driver/index.js';
import { DirectAllocator } from '../../simulator/direct-allocator.js';
import { framesOf } from './captured-frames.js';
import { FrameSender } from './frame-sender.js';
import { GATEWAY_MAC, MimiqNetwork, SERVER4, SERVER6 } from './mimiq-network.js';

const PORT = 9;
const REQUEST_PORT = 4870;
const OTHER_MAC = '02:66:66:66:66:66';

/** The attacker c2 is beside its victim c1, at the same switch; c3 is at another. */
describe('a client that lies', () => {
  let all: MimiqNetwork;
  let allocator: DirectAllocator;
  let attacker: FrameSender;
  let victim: Record<4 | 6, Lease>;
  let own: Record<4 | 6, Lease>;
  let captures: Capture[];

  before(async () => {
    allocator = new DirectAllocator();
    all = await MimiqNetwork.start(allocator);
    await allocator.rotate(all.accessIds);
    attacker = await FrameSender.start(all.host('c2'));
    const leasesOf = async (name: string) => ({
      4: (await allocator.lease(all.attachmentOf(name), 4))[0]!,
      6: (await allocator.lease(all.attachmentOf(name), 6))[0]!,
    });
    victim = await leasesOf('c1');
    own = await leasesOf('c2');
    for (const family of [4, 6] as const) {
      const from = await all.use('c1', victim[family]);
      await until('c1 reaches the server', () => all.pings('c1', from, family === 4 ? SERVER4 : SERVER6));
    }
    await all.use('c2', own[6]);
  });
  after(async () => all?.[Symbol.asyncDispose]());

  beforeEach(async () => {
    captures = await Promise.all([
      all.host('c1').capture({ filter: 'inbound' }),
      all.host('c3').capture({ filter: 'inbound' }),
      all.host('server').capture({ filter: `udp port ${PORT}` }),
    ]);
  });
  afterEach(async () => {
    for (const capture of captures) await capture.discard();
  });

  const text = (lease: Lease) => formatAddress(lease.address);
  const datagram = (source: string, options: { mac?: string; to?: string } = {}): Uint8Array => {
    const { mac = all.host('c2').mac, to = source.includes(':') ? SERVER6 : SERVER4 } = options;
    const network: LayerInit = source.includes(':')
      ? { type: 'ipv6', source, destination: to }
      : { type: 'ipv4', source, destination: to };
    return buildFrame([
      { type: 'ethernet', source: mac, destination: GATEWAY_MAC },
      network,
      { type: 'udp', sourcePort: PORT, destinationPort: PORT },
      { type: 'payload', data: new Uint8Array(20) },
    ]);
  };
  /** Sends lies and then the truth: only the truth arrives, and nobody else receives anything. */
  const expectRefused = async (lies: readonly Uint8Array[]) => {
    for (const lie of lies) await attacker.send(lie);
    await attacker.send(datagram(text(own[6])));
    // Whatever is behind the datagrams on the same way has overtaken none of them.
    await until('c2 reaches the server', () => all.pings('c2', text(own[6]), SERVER6), { timeout: 60_000 });
    const [atVictim, elsewhere, atServer] = await Promise.all(captures.map(capture => framesOf(capture)));
    const sources = atServer!.map(frame => findLayer(parseFrame(frame), 'ipv6')?.source);
    expect(sources).to.deep.equal([text(own[6])]);
    const foreign = [...atVictim!, ...elsewhere!].filter(frame =>
      [all.host('c2').mac, OTHER_MAC].includes(findLayer(parseFrame(frame), 'ethernet')!.source),
    );
    expect(foreign).to.deep.equal([]);
  };

  it('about its address is not heard: unleased, leased to a neighbour, of another network', async () => {
    const forged = [
      '10.64.200.200',
      text(victim[4]),
      '198.51.100.77',
      '2001:db8:64::77',
      text(victim[6]),
      'fe80::77',
    ];
    await expectRefused(forged.map(source => datagram(source)));
  });

  it('about its MAC address is not heard, with its own address or its neighbour’s', async () => {
    await expectRefused([
      datagram(text(own[4]), { mac: OTHER_MAC }),
      datagram(text(own[6]), { mac: OTHER_MAC }),
      datagram(text(victim[4]), { mac: all.host('c1').mac }),
      datagram(text(victim[6]), { mac: all.host('c1').mac }),
    ]);
  });

  it('about a VLAN is not heard: its tag would travel along', async () => {
    const tagged = (frame: Uint8Array) =>
      Buffer.concat([frame.subarray(0, 12), Buffer.from('81000005', 'hex'), frame.subarray(12)]);
    const toVictim = { to: text(victim[6]) };
    await using capture = await all.host('c1').capture({ filter: `udp port ${PORT} or vlan` });
    await attacker.send(tagged(datagram(text(own[6]), toVictim)));
    await attacker.send(datagram(text(own[6]), toVictim));
    await until('c2 reaches c1', () => all.pings('c2', text(own[6]), text(victim[6])), { timeout: 60_000 });
    const received = (await framesOf(capture)).map(frame => parseFrame(frame));
    const fromAttacker = received.filter(
      layers => findLayer(layers, 'udp') && findLayer(layers, 'ipv6')?.source === text(own[6]),
    );
    expect(fromAttacker.map(layers => findLayer(layers, 'vlan')?.vlanId)).to.deep.equal([undefined]);
  });

  it('about neighbours poisons nobody: ARP and neighbour advertisements end at its port', async () => {
    const { mac } = all.host('c2');
    const arp = (operation: number, destination: string, target: string) =>
      buildFrame([
        { type: 'ethernet', source: mac, destination },
        {
          type: 'arp',
          operation,
          senderMac: mac,
          senderIpv4: text(victim[4]),
          targetMac: destination,
          targetIpv4: target,
        },
      ]);
    const advertisement = (destinationMac: string, destination: string, target: string) =>
      buildFrame([
        { type: 'ethernet', source: mac, destination: destinationMac },
        { type: 'ipv6', source: target, destination, hopLimit: 255 },
        {
          type: 'icmpv6',
          body: {
            type: 'neighbour-advertisement',
            target,
            router: true,
            solicited: false,
            override: true,
            options: [{ type: 'target-link-layer-address', address: mac }],
          },
        },
      ]);
    const victimMac = all.host('c1').mac;
    await expectRefused([
      arp(2, 'ff:ff:ff:ff:ff:ff', text(victim[4])),
      arp(2, victimMac, '10.64.0.1'),
      arp(1, 'ff:ff:ff:ff:ff:ff', text(victim[4])),
      advertisement('33:33:00:00:00:01', 'ff02::1', text(victim[6])),
      advertisement('33:33:00:00:00:01', 'ff02::1', 'fe80::1'),
      advertisement(victimMac, text(victim[6]), 'fe80::1'),
    ]);
    const neighbours = (await all.host('c1').run(['ip', 'neigh', 'show'])).stdout;
    expect(neighbours).to.include(GATEWAY_MAC).and.not.include(mac);
  });

  it('does not receive what is for a live address that it has taken for its own', async () => {
    await all.use('c2', victim[4]);
    await all.use('c2', victim[6]);
    for (const lease of [victim[4], victim[6]]) await attacker.send(datagram(text(lease)));
    await using atAttacker = await all.host('c2').capture({ filter: 'icmp or icmp6[0] == 129' });
    for (const [lease, to] of [
      [victim[4], SERVER4],
      [victim[6], SERVER6],
    ] as const)
      await until('c1 reaches the server', () => all.pings('c1', text(lease), to, 3), { timeout: 60_000 });
    expect(await framesOf(atAttacker)).to.deep.equal([]);
    await all.drop('c2', victim[4]);
    await all.drop('c2', victim[6]);
  });

  it('about who asks is known by its port: a request with its neighbour’s MAC address is its own', async () => {
    const ask = (mac: string) =>
      attacker.send(
        buildFrame([
          { type: 'ethernet', source: mac, destination: GATEWAY_MAC },
          { type: 'ipv6', source: 'fe80::66', destination: 'fe80::1' },
          { type: 'udp', sourcePort: 5000, destinationPort: REQUEST_PORT },
          { type: 'payload', data: Buffer.from('more') },
        ]),
      );
    await using answers = await all.host('c1').capture({ filter: `udp port ${REQUEST_PORT}` });
    await using own = await all.host('c2').capture({ filter: `inbound and udp port ${REQUEST_PORT}` });
    await ask(all.host('c1').mac);
    await until('the request', () => allocator.asked.length > 0);
    const { switchId, port } = all.attachmentOf('c2');
    expect(allocator.asked.map(({ from }) => from)).to.deep.equal([
      { switchId, port, mac: parseMac(all.host('c1').mac) },
    ]);
    await ask(all.host('c2').mac);
    await until('the second request', () => allocator.asked.length > 1);
    expect(await framesOf(answers)).to.deep.equal([]);
    expect(await framesOf(own)).to.have.length.within(1, 2);
  });
});

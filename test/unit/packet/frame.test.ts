import { expect } from 'chai';
import {
  buildFrame,
  findLayer,
  type LayerInit,
  parseFrame,
  parsePacket,
} from '../../../controller/packet/index.js';
import { packetCode } from './packet-code.js';
import { hex, KERNEL_FRAMES, PORT_UNREACHABLE, TCP_SYN, toHex, UDP } from './vectors.js';

const ETHERNET = { type: 'ethernet', destination: '02:00:00:00:00:02', source: '02:00:00:00:00:01' } as const;
const IPV4 = { type: 'ipv4', source: '10.1.0.1', destination: '10.1.0.2' } as const;
const IPV6 = { type: 'ipv6', source: '2001:db8::1', destination: '2001:db8::2' } as const;
const DATAGRAM = { type: 'udp', sourcePort: 43685, destinationPort: 9999 } as const;
const HELLO = { type: 'payload', data: Buffer.from('hello') } as const;

describe('frames', () => {
  for (const [name, frame] of Object.entries(KERNEL_FRAMES)) {
    it(`build to the same bytes after parsing: ${name}`, () => {
      const layers = parseFrame(frame);
      expect(buildFrame(layers)).to.deep.equal(frame);
      for (const layer of layers) expect(layer).not.to.have.property('checksum');
    });
  }

  it('need only what distinguishes them', () => {
    const layers: LayerInit[] = [
      ETHERNET,
      { ...IPV4, identification: 0x14d1, dontFragment: true },
      DATAGRAM,
      HELLO,
    ];
    expect(toHex(buildFrame(layers))).to.equal(toHex(UDP));
  });

  it('take addresses as numbers and bytes as well as text', () => {
    const numbers: LayerInit[] = [
      { type: 'ethernet', destination: 0x0200_0000_0002, source: 0x0200_0000_0001 },
      {
        type: 'ipv4',
        source: 0x0a01_0001,
        destination: 0x0a01_0002,
        identification: 0x14d1,
        dontFragment: true,
      },
      DATAGRAM,
      HELLO,
    ];
    expect(buildFrame(numbers)).to.deep.equal(UDP);
    const bytes = hex('20010db8000000000000000000000001');
    expect(buildFrame([{ ...IPV6, source: bytes }])).to.deep.equal(buildFrame([IPV6]));
  });

  it('get their checksums and lengths again when a parsed layer is changed', () => {
    const layers = parseFrame(UDP);
    findLayer(layers, 'ipv4')!.source = '10.9.9.9';
    findLayer(layers, 'payload')!.data = Buffer.from('longer than before');
    const changed = parseFrame(buildFrame(layers), { verifyChecksums: true });
    expect(changed).to.deep.equal(layers);
  });

  it('keep a wrong checksum, a UDP surplus area and padding', () => {
    const built = buildFrame([
      ETHERNET,
      IPV4,
      { ...DATAGRAM, checksum: 0x1234, surplus: hex('0102 03') },
      HELLO,
      { type: 'trailer', data: hex('0000') },
    ]);
    expect(toHex(built.subarray(16, 18))).to.equal('0024');
    expect(toHex(built.subarray(38))).to.equal('000d123468656c6c6f0102030000');
    const layers = parseFrame(built);
    expect(layers.slice(2)).to.deep.equal([
      { ...DATAGRAM, checksum: 0x1234, surplus: hex('010203') },
      { ...HELLO, data: hex('68656c6c6f') },
      { type: 'trailer', data: hex('0000') },
    ]);
    expect(buildFrame(layers)).to.deep.equal(built);
  });

  it('carry tunnels: the checksum of each header covers its own addresses', () => {
    const inner: LayerInit[] = [{ ...IPV6, hopLimit: 7 }, DATAGRAM, HELLO];
    const built = buildFrame([ETHERNET, { ...IPV4, source: '192.0.2.1' }, ...inner]);
    const layers = parseFrame(built, { verifyChecksums: true });
    expect(layers.map(layer => layer.type)).to.deep.equal(['ethernet', 'ipv4', 'ipv6', 'udp', 'payload']);
    expect(findLayer(layers, 'ipv4')?.protocol).to.equal(41);
    expect(built.subarray(34)).to.deep.equal(buildFrame(inner));
    expect(parsePacket(built.subarray(34))).to.deep.equal(layers.slice(2));
  });

  it('leave a tunnelled packet that does not fill its tunnel as payload', () => {
    const inner = Buffer.concat([buildFrame([IPV4, DATAGRAM, HELLO]), hex('00')]);
    const layers = parseFrame(
      buildFrame([ETHERNET, { ...IPV4, protocol: 4 }, { type: 'payload', data: inner }]),
    );
    expect(layers.map(layer => layer.type)).to.deep.equal(['ethernet', 'ipv4', 'payload']);
  });

  it('leave fragments of transport packets as payload', () => {
    const whole = buildFrame([IPV4, DATAGRAM, HELLO]).subarray(20);
    const first: LayerInit[] = [
      ETHERNET,
      { ...IPV4, protocol: 17, moreFragments: true },
      { type: 'payload', data: whole.subarray(0, 8) },
    ];
    const layers = parseFrame(buildFrame(first), { verifyChecksums: true });
    expect(layers.map(layer => layer.type)).to.deep.equal(['ethernet', 'ipv4', 'payload']);
    expect(packetCode(() => buildFrame([{ ...IPV4, moreFragments: true }, DATAGRAM]))).to.equal(
      'bad-layer-order',
    );
  });

  it('are refused where layers, fields and lengths make no sense', () => {
    const big = { type: 'payload', data: new Uint8Array(65_530) } as const;
    const cases: [string, LayerInit[]][] = [
      ['missing-field', [ETHERNET, HELLO]],
      ['missing-field', [IPV4, HELLO]],
      ['missing-field', [IPV6, HELLO]],
      ['bad-value', [{ ...IPV4, protocol: 6 }, DATAGRAM]],
      ['bad-value', [{ ...IPV4, ttl: 256 }, DATAGRAM]],
      ['bad-value', [{ ...IPV4, source: '10.0.0' }, DATAGRAM]],
      ['bad-value', [{ ...IPV6, source: new Uint8Array(4) }, DATAGRAM]],
      ['bad-value', [IPV4, { ...DATAGRAM, sourcePort: -1 }]],
      ['bad-value', [IPV4, { ...DATAGRAM, sourcePort: Number.NaN }]],
      ['bad-value', [{ ...IPV4, fragmentOffset: 4, protocol: 17 }]],
      ['bad-value', [{ type: 'nonsense' } as unknown as LayerInit]],
      [
        'bad-value',
        [IPV6, { type: 'destination-options', options: [] }, { type: 'hop-by-hop-options', options: [] }],
      ],
      ['bad-length', [{ ...IPV4, protocol: 253 }, big]],
      ['bad-length', [{ ...IPV4, protocol: 253, options: new Array(41).fill({ type: 'no-operation' }) }]],
      ['bad-layer-order', [DATAGRAM, HELLO]],
      ['bad-layer-order', [ETHERNET, { type: 'trailer', data: hex('00') }, IPV4]],
    ];
    for (const [code, layers] of cases) {
      expect(
        packetCode(() => buildFrame(layers)),
        layers.map(layer => layer.type).join(),
      ).to.equal(code);
    }
  });

  it('are refused without naming the addresses in them', () => {
    const cut = TCP_SYN.subarray(0, 60);
    try {
      parseFrame(cut);
      expect.fail('was accepted');
    } catch (error) {
      expect(String(error))
        .to.include('ipv4')
        .and.not.match(/10\.1\.0|02:00/);
      expect(error).to.include({ code: 'truncated', protocol: 'ipv4', offset: 14 });
    }
  });

  it('show the packet that an ICMP error quotes', () => {
    const quoted = findLayer(parseFrame(PORT_UNREACHABLE), 'payload')!.data;
    expect(parsePacket(quoted, { verifyChecksums: true }).map(layer => layer.type)).to.deep.equal([
      'ipv4',
      'udp',
      'payload',
    ]);
  });

  it('hold a bounded number of headers', () => {
    const tunnels: LayerInit[] = new Array(40).fill(IPV4);
    expect(packetCode(() => parsePacket(buildFrame([...tunnels, DATAGRAM])))).to.equal('too-many-headers');
    const extensions: LayerInit[] = new Array(9).fill({ type: 'destination-options', options: [] });
    expect(packetCode(() => parsePacket(buildFrame([IPV6, ...extensions.slice(1)])))).to.equal('accepted');
    expect(packetCode(() => buildFrame([IPV6, ...extensions]))).to.equal('too-many-headers');
  });
});

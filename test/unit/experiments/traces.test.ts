import { expect } from 'chai';
import { PNG } from 'pngjs';
import { syntheticSites } from '../../../mininet/experiments/mimiq/synthetic-sites.js';
import { flowsOf, split, traceLines } from '../../../mininet/experiments/mimiq/traces.js';
import { tcpSegments } from '../../../mininet/experiments/popsicl/tcp-segments.js';
import { pageFile } from '../../../mininet/traffic/page-content.js';
import type { Seen } from '../../../mininet/traffic/quic-observer.js';

const seen = (at: number, client: string, fromClient: boolean, length: number): Seen => ({
  ...{ at, client, fromClient, length },
  clientPort: 1000,
  payload: Buffer.alloc(0),
  connectionId: '',
});

describe('what an observer classifies', () => {
  const packets = [
    seen(5, '2001:db8::1', true, 9),
    seen(1_000_000, '2001:db8::1', true, 1200),
    seen(1_500_000, '2001:db8::1', false, 1300),
    seen(2_000_000, '2001:db8::2', true, 80),
    seen(2_250_000, '2001:db8::2', false, 1000),
    seen(9_000_000, '2001:db8::2', false, 7),
  ];

  it('is a flow for each address, from its own first packet on, and nothing before or after the load', () => {
    const flows = flowsOf(packets, 900_000, 3_000_000);
    expect(flows.map(flow => flow.packets)).to.deep.equal([
      [
        { at: 0, size: 1200 },
        { at: 0.5, size: -1300 },
      ],
      [
        { at: 0, size: 80 },
        { at: 0.25, size: -1000 },
      ],
    ]);
    expect(traceLines('site0', '3', flows).split('\n')[1]).to.equal('site0,3,0,0.500000,-1300');
  });

  it('is cut after so many packets where migration would cut it, without losing one', () => {
    const flow = { packets: Array.from({ length: 7 }, (_, index) => ({ at: index, size: index + 1 })) };
    const pieces = split([flow], 3);
    expect(pieces.map(piece => piece.packets.length)).to.deep.equal([3, 3, 1]);
    expect(pieces.map(piece => piece.packets[0]!.at)).to.deep.equal([0, 0, 0]);
    expect(pieces.flatMap(piece => piece.packets.map(({ size }) => size))).to.deep.equal([
      1, 2, 3, 4, 5, 6, 7,
    ]);
  });

  it('are segments with payload, by direction, in a capture of TCP', () => {
    const segment = (source: number, destination: number, payload: number, seconds: number) => {
      const frame = Buffer.alloc(54);
      frame.writeUInt16BE(0x0800, 12);
      frame[14] = 0x45;
      frame.writeUInt16BE(40 + payload, 16);
      frame.writeUInt16BE(source, 34);
      frame.writeUInt16BE(destination, 36);
      frame[46] = 5 << 4;
      const record = Buffer.alloc(16);
      record.writeUInt32LE(seconds, 0);
      record.writeUInt32LE(frame.length, 8);
      return Buffer.concat([record, frame]);
    };
    const file = Buffer.concat([
      Buffer.alloc(24),
      segment(5000, 443, 0, 1),
      segment(5000, 443, 517, 2),
      segment(443, 5000, 1448, 4),
    ]);
    expect(tcpSegments(file)).to.deep.equal([
      { at: 0, size: 517 },
      { at: 2, size: -1448 },
    ]);
    expect(tcpSegments(file.subarray(0, 60))).to.deep.equal([]);
  });
});

describe('synthetic sites', () => {
  it('follow from their seed, and differ from one another', () => {
    const sites = syntheticSites(20, 7);
    expect(syntheticSites(20, 7)).to.deep.equal(sites);
    expect(syntheticSites(20, 8)).not.to.deep.equal(sites);
    const totals = sites.map(({ files }) => [...files.values()].reduce((sum, bytes) => sum + bytes, 0));
    expect(new Set(totals).size).to.equal(20);
    for (const { files, waves } of sites)
      expect(waves.flat().map(path => path.slice(1))).to.have.members([...files.keys()]);
  });

  it('are served with exactly the bytes that they have, as files that browsers read', () => {
    const pages = { one: { bytes: 3000, objects: { 'a.css': 700, 'b.js': 800, 'c.png': 900 } } };
    expect(pageFile(pages, '/one/')!.body).to.have.length(3000);
    for (const [file, bytes] of Object.entries(pages.one.objects))
      expect(pageFile(pages, `/one/${file}`)!.body, file).to.have.length(bytes);
    expect(pageFile(pages, '/one/')!.body.toString()).to.include('<img src="/one/c.png">');
    expect(PNG.sync.read(pageFile(pages, '/one/c.png')!.body.subarray(0, 67)).width).to.equal(1);
    for (const path of ['/', '/two/', '/one/d.png', '/one/a.css/b'])
      expect(pageFile(pages, path)).to.equal(undefined);
  });
});

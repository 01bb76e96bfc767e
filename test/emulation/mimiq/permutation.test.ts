import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import pino from 'pino';
import { builtInApps } from '../../../apps/index.js';
import { parseAddress, parsePrefix, prefixContains } from '../../../apps/mimiq/address-prefix.js';
import { Controller, parseConfig } from '../../../controller/host/index.js';
import { findLayer, parseFrame } from '../../../controller/packet/index.js';
import { type EmulatedNetwork, emulate, until } from '../../../mininet/driver/index.js';
import type { RunReport, RunRequest } from '../../../mininet/traffic/hopping-program.js';
import { readObserved } from '../../../mininet/traffic/quic-observer.js';
import { QUIC_PORT, QuicServer, quicServerProgram } from '../../../mininet/traffic/quic-server.js';
import { Stream, startEcho } from '../../../mininet/traffic/stream.js';
import { framesOf } from './captured-frames.js';

const PAIRS = [
  { inside: '10.70.0.0/26', outside: '203.0.112.0/24', client: '10.70.0.5', server: '192.0.2.10' },
  { inside: 'fd70::/122', outside: '2001:db8:70::/64', client: 'fd70::5', server: '2001:db8:5::10' },
] as const;
/** Seconds that an address is used. */
const PERIOD = 1;
/** How often a QUIC connection is tried again into whose handshake a change of address fell. */
const TRIES = 6;
/** Datagrams that a stream has at least. */
const SOME = 100;
const ROUTER_MAC = '02:00:00:00:70:01';
const SERVER_MAC = '02:00:00:00:70:02';

const HOPPING_PROGRAM = fileURLToPath(
  new URL('../../../mininet/traffic/hopping-program.js', import.meta.url),
);
/** A QUIC packet of a connection that is being made (RFC 9000 section 17.2.2). */
const isInitial = (payload: Buffer) => payload.length > 0 && (payload[0]! & 0xf0) === 0xc0;

/** Clients behind an ordinary router, the edge as its way out, and a server. */
const TOPOLOGY = {
  description: 'a network whose edge permutes addresses',
  hosts: {
    client: {
      addresses: ['10.70.0.5/26', 'fd70::5/122'],
      routes: [
        { to: 'default', via: '10.70.0.1' },
        { to: 'default', via: 'fd70::1' },
      ],
    },
    router: {
      forwarding: true,
      ipv6: true,
      routes: [
        { to: 'default', via: '10.0.0.1' },
        { to: 'default', via: 'fd00::1' },
      ],
    },
    server: {
      addresses: ['192.0.2.10/24', '2001:db8:5::10/64'],
      mac: SERVER_MAC,
      routes: [
        { to: 'default', via: '192.0.2.1' },
        { to: 'default', via: '2001:db8:5::1' },
      ],
    },
  },
  switches: { edge: { kind: 'private' as const, datapathId: 'e1' } },
  links: [
    {
      between: ['client', { node: 'router', addresses: ['10.70.0.1/26', 'fd70::1/122'] }] as [string, object],
    },
    {
      between: [
        { node: 'router', addresses: ['10.0.0.2/24', 'fd00::2/64'], mac: ROUTER_MAC },
        { node: 'edge', port: 1 },
      ] as [object, object],
    },
    { between: ['server', { node: 'edge', port: 2 }] as [string, object], delay: '5ms' },
  ],
};

describe('MIMIQ without an allocator', () => {
  let folder: string;
  let network: EmulatedNetwork;
  let controller: Controller;
  const log: Record<string, unknown>[] = [];

  const startController = async () => {
    const side = { mac: '02:c1:0a:e1:00:01' };
    const permutation = {
      keyFile: join(folder, 'key'),
      period: PERIOD,
      prefixes: PAIRS.map(({ inside, outside }) => ({ inside, outside })),
      edges: [
        {
          datapathId: 'e1',
          inside: { ...side, port: 1, addresses: ['10.0.0.1', 'fd00::1'], nextHop: ['10.0.0.2', 'fd00::2'] },
          // One side is told the MAC address of its router, the other finds it.
          outside: { ...side, port: 2, addresses: ['192.0.2.1', '2001:db8:5::1'], nextHop: SERVER_MAC },
        },
      ],
    };
    const text = JSON.stringify({
      listen: [`punix:${join(folder, 'openflow.sock')}`],
      discovery: { enabled: false },
      apps: [{ mimiq: { permutation } }],
    });
    const logger = pino({ level: 'debug' }, { write: line => log.push(JSON.parse(line)) });
    const config = await parseConfig(text, { builtIn: builtInApps });
    controller = await Controller.start({ config, builtIn: builtInApps, logger });
    if (network !== undefined) await until('the edge', () => controller.connected.size === 1);
  };

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cloakflow-test-'));
    await startController();
    network = await emulate(TOPOLOGY as never, { controller: `unix:${join(folder, 'openflow.sock')}` });
    await until('the edge', () => controller.connected.size === 1);
  });
  after(async () => {
    await network?.stop();
    await controller?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  for (const { inside, outside, client, server } of PAIRS) {
    it(`changes addresses of ${inside} in mid-stream, loses no packet by it, and goes on through a restart`, async () => {
      const ping = ['ping', '-n', '-c1', '-W1', server];
      await until('the server', async () => (await network.host('client').run(ping)).exitCode === 0);
      const echo = await startEcho(network.host('server'));
      await using capture = await network.host('server').capture({ filter: 'inbound and udp port 7777' });
      const stream = await Stream.start(network.host('client'), server, 10);
      const began = performance.now();
      await stream.hop(client);
      await sleep(2500 * PERIOD);
      await controller.stop();
      await sleep(300);
      await startController();
      await sleep(1500 * PERIOD);
      await stream.more(SOME);
      const { sent, missing } = await stream.stop();
      const periods = (performance.now() - began) / (1000 * PERIOD);
      await echo.stop();
      expect(missing).to.deep.equal([]);
      expect(sent).to.be.at.least(SOME);
      const sources = (await framesOf(capture)).map(frame => {
        const layers = parseFrame(frame);
        return (findLayer(layers, 'ipv4') ?? findLayer(layers, 'ipv6'))!.source;
      });
      const seen = new Set(sources);
      expect(seen.size, 'addresses that the server saw').to.be.within(3, periods + 2);
      for (const source of seen) {
        expect(prefixContains(parsePrefix(outside)!, parseAddress(source)!)).to.equal(true);
      }
    });
  }

  for (const { inside, client, server } of PAIRS) {
    it(`carries one QUIC connection of ${inside} through its addresses: the server takes it for migration`, async function () {
      if (quicServerProgram() === undefined) this.skip();
      const files = { small: randomBytes(2000) };
      const quic = new QuicServer(network.host('server'), join(folder, `quic-${client}`), files, [server]);
      await quic.start(server);
      const request: RunRequest = {
        ...{ remote: server, authority: quic.authority, addresses: [client] },
        ...{ strategy: 'never', path: 'small', requests: 300 },
      };
      const argv = [process.execPath, HOPPING_PROGRAM, JSON.stringify(request)];
      const run = async () => {
        const filter = `udp port ${QUIC_PORT}`;
        await using capture = await network.host('server').capture({ filter });
        const { stdout } = await network.host('client').run(argv, { check: true, timeout: 120_000 });
        const report = JSON.parse(stdout.trim().split('\n').at(-1)!) as RunReport;
        const seen = readObserved(await (await capture.stop()).bytes());
        const initials = seen.filter(({ fromClient, payload }) => fromClient && isInitial(payload));
        return { report, seen, begunAt: new Set(initials.map(one => one.client)) };
      };
      let { report, seen, begunAt } = await run();
      // A server takes nothing for migration before its handshake is done (RFC 9000 section 9): the change of address that falls into
      // one, as in one of some 40, costs the connection.
      for (let again = 0; again < TRIES && begunAt.size > 1; again++)
        ({ report, seen, begunAt } = await run());
      await quic.stop();
      const checksum = createHash('sha256').update(files.small).digest('hex');
      expect(report.failed).to.deep.equal({});
      expect(report.bodies).to.deep.equal({ [`200 ${checksum}`]: 300 });
      expect(report.hops, 'of the client itself').to.equal(0);
      const sources = new Set(seen.filter(({ fromClient }) => fromClient).map(one => one.client));
      expect(sources.size, 'addresses that the server saw').to.be.at.least(3);
      expect(sources).not.to.include(client);
      expect(begunAt.size, 'connections').to.equal(1);
    });
  }

  it('lets nobody outside speak as one of the clients, or reach one at its inside address', async () => {
    await using capture = await network.host('client').capture({ filter: 'inbound and icmp' });
    await network.host('server').run(['ip', 'addr', 'add', '10.70.0.9/32', 'dev', 'lo']);
    const forged = ['ping', '-n', '-c2', '-i0.1', '-W1', '-I', '10.70.0.9', '10.70.0.5'];
    expect((await network.host('server').run(forged)).exitCode).not.to.equal(0);
    const direct = ['ping', '-n', '-c2', '-i0.1', '-W1', '10.70.0.5'];
    expect((await network.host('server').run(direct)).exitCode).not.to.equal(0);
    expect((await capture.stop()).frames).to.equal(0);
    expect(log.filter(({ id }) => id === 'flow-refused' || id === 'app-failed')).to.deep.equal([]);
  });
});

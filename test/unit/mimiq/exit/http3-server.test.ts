import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { expect } from 'chai';
import type { ClientError } from '../../../../apps/mimiq/client/index.js';
import type { ServerConnection } from '../../../../apps/mimiq/exit/server-connection.js';
import { ManualClock } from '../../../simulator/manual-clock.js';
import { Loopback } from './loopback.js';
import { LossyRelay } from './lossy-relay.js';

describe('a hopping client and other servers', () => {
  let loopback: Loopback;
  beforeEach(() => {
    loopback = new Loopback();
  });
  afterEach(() => loopback.close());

  const body = randomBytes(2700);
  const whole = async (answer: { body: AsyncIterable<Uint8Array> }) => {
    const chunks = [];
    for await (const chunk of answer.body) chunks.push(chunk);
    return Buffer.concat(chunks).equals(body);
  };
  const fetchAll = async (port: number, client: ReturnType<Loopback['client']>, count: number) => {
    for (let index = 0; index < count; index++) {
      expect(await whole(await client.request(`https://127.0.0.1:${port}/`))).to.equal(true);
    }
    return client.hops();
  };

  it('quiche: hops as often as the client likes in one connection', async () => {
    const server = await loopback.http3(body);
    const hops = await fetchAll(server.port, loopback.client('every:4'), 60);
    expect(hops.made).to.be.at.least(5);
    expect(server.open).to.equal(1);
  });

  it('quiche: makes nearly all hops of every second packet when traffic moves before an address is proven', async () => {
    const server = await loopback.http3(body);
    const client = loopback.client('every:2', { validate: 'with-traffic' });
    const { made, baselinePackets } = await fetchAll(server.port, client, 40);
    expect(made / (baselinePackets / 2)).to.be.at.least(0.6);
    expect(server.open).to.equal(1);
  });

  it('that forbids migration: goes on from one address, and says so', async () => {
    const refused = new Set<string>();
    const server = await loopback.http3(body, { disableMigration: true });
    const client = loopback.client('every:4', { refused: error => refused.add(error.code) });
    expect((await fetchAll(server.port, client, 20)).made).to.equal(0);
    expect([...refused]).to.deep.equal(['migration-disabled']);
  });

  it('without spare connection IDs: makes no hop that would link two addresses, and says so', async () => {
    const refused = new Set<string>();
    const server = await loopback.http3(body, { spareIds: 0 });
    const client = loopback.client('every:4', { refused: error => refused.add(error.code) });
    expect((await fetchAll(server.port, client, 20)).made).to.equal(0);
    expect([...refused]).to.deep.equal(['no-spare-connection-id']);
  });

  it('that breaks an answer off: fails it, and never takes it for whole', async () => {
    const server = await loopback.http3(body, {
      request: request => {
        request.respond(200, [['content-length', '2700']]);
        void request.write(body.subarray(0, 1000)).then(() => request.abort());
      },
    });
    const client = loopback.client();
    const failure = await client
      .request(`https://127.0.0.1:${server.port}/`)
      .then(whole)
      .catch((error: ClientError) => error.code);
    expect(failure).to.equal('stream-reset');
  });

  it('that closes the connection: fails what waits for an answer at once, not when the last packets have drained', async () => {
    let asked = () => {};
    const reached = new Promise<void>(resolve => {
      asked = resolve;
    });
    const server = await loopback.http3(body, { request: () => asked() });
    // No timer ever ends.
    const client = loopback.client('never', { clock: new ManualClock() });
    const failure = client
      .request(`https://127.0.0.1:${server.port}/`, { body: body.subarray(0, 1) })
      .catch((error: ClientError) => error.code);
    await reached;
    await server.close();
    expect(await failure).to.equal('connection-closed');
  });

  it('that closes the connection with a datagram that is lost: hears it with the next one', async () => {
    const server = await loopback.http3(body);
    const relay = loopback.closing(await LossyRelay.open(server.port, () => false));
    const connection = await loopback.client('every:4').connect(`https://127.0.0.1:${relay.port}/`);
    const head = { method: 'GET', scheme: 'https', authority: 'server', path: '/', headers: [] };
    expect(await whole(await connection.request(head))).to.equal(true);
    let lost = 0;
    relay.drops = toClient => toClient && lost++ === 0;
    const { connections } = server as unknown as { connections: Set<ServerConnection> };
    for (const each of connections) each.close(0x102);
    const failure = await connection.request(head).then(whole, (error: ClientError) => error.message);
    expect(failure).to.include('the server closed the connection with code 0x102');
    expect([lost > 0, server.open]).to.deep.equal([true, 0]);
  });

  it('that does not answer, or only with versions that nobody speaks: typed errors', async () => {
    const socket = createSocket('udp4');
    let versions = false;
    socket.on('message', (datagram, { address, port }) => {
      if (!versions || datagram.length < 50) return;
      // Version Negotiation (RFC 9000 section 17.2.1): connection IDs the other way round.
      const [to, from] = [datagram.subarray(6, 6 + datagram[5]!), datagram.subarray(7 + datagram[5]!)];
      const id = from.subarray(0, datagram[6 + datagram[5]!]);
      const parts = [[0xc0, 0, 0, 0, 0, id.length], id, [to.length], to, [0x1a, 0x2a, 0x3a, 0x4a]];
      socket.send(Buffer.concat(parts.map(part => Uint8Array.from(part))), port, address);
    });
    await new Promise<void>(resolve => socket.bind(0, '127.0.0.1', resolve));
    loopback.closing(socket);
    const url = `https://127.0.0.1:${socket.address().port}/`;
    const attempt = (connectTimeout: number) =>
      loopback
        .client('never', { connectTimeout })
        .request(url)
        .catch((error: ClientError) => error.code);
    expect(await attempt(200)).to.equal('connect-timeout');
    versions = true;
    expect(await attempt(60_000)).to.equal('connect-failed');
  });
});

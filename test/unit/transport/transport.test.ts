import { mkdtemp, rename, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, connect as openSocket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Session, SessionOptions } from '../../../controller/session/index.js';
import {
  type Connection,
  type ConnectionHandler,
  type Connector,
  connect,
  type Listener,
  listen,
  type TcpEndpoint,
  TransportError,
  TransportLoop,
} from '../../../controller/transport/index.js';
import { until } from '../../../mininet/driver/until.js';
import { encodeAll, FakeSwitch, packetIn } from '../session/fake-switch.js';
import { rejection } from '../session/simulation.js';
import { SwitchServer, SwitchSocket } from './switch-socket.js';

/** The controller's side: what the connections' handlers were told. */
class Witness {
  readonly connections: Connection[] = [];
  readonly ready: Session[] = [];
  readonly closed: string[] = [];
  packets = 0;
  onPacket: (session: Session) => void = () => {};

  readonly handlerFor = (connection: Connection): ConnectionHandler => {
    this.connections.push(connection);
    return {
      ready: session => this.ready.push(session),
      packetIn: session => {
        this.packets++;
        this.onPacket(session);
      },
      message: () => {},
      closed: (_session, reason) => this.closed.push(reason.code),
    };
  };
}

describe('transport', () => {
  let directory: string;
  let witness: Witness;
  const cleanups: (() => unknown)[] = [];

  beforeEach(async () => {
    witness = new Witness();
    directory = await mkdtemp(join(tmpdir(), 'cloakflow-transport-'));
    cleanups.push(() => rm(directory, { recursive: true, force: true }));
  });
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  });

  async function listening(
    endpoint: string,
    session: Partial<SessionOptions> = {},
    extra: { maxConnections?: number; loop?: TransportLoop } = {},
  ): Promise<Listener> {
    const listener = await listen(endpoint, witness.handlerFor, { session, ...extra });
    cleanups.push(() => listener.close());
    return listener;
  }

  function connecting(endpoint: string, options = {}): Connector {
    const connector = connect(endpoint, witness.handlerFor, {
      shortestPause: 5,
      longestPause: 20,
      ...options,
    });
    cleanups.push(() => connector.stop());
    return connector;
  }

  function switchTo(target: { port: number } | { path: string }, fake?: FakeSwitch): SwitchSocket {
    const created = SwitchSocket.connect(target, fake);
    cleanups.push(() => created.socket.destroy());
    return created;
  }

  async function serving(target: Parameters<typeof SwitchServer.listen>[0], fake?: () => FakeSwitch) {
    const server = await SwitchServer.listen(target, fake);
    cleanups.push(() => server.close());
    return server;
  }

  const portOf = (listener: Listener) => (listener.endpoint as TcpEndpoint).port;
  const sessionsReady = (count: number) => until('ready sessions', () => witness.ready.length >= count);

  describe('listen', () => {
    it('serves many switches over TCP on a port that the system chose', async () => {
      const listener = await listening('ptcp:0');
      expect(portOf(listener)).to.be.greaterThan(0);
      for (let id = 1n; id <= 20n; id++) switchTo({ port: portOf(listener) }, new FakeSwitch(id));
      await sessionsReady(20);
      const ids = witness.ready.map(({ datapathId }) => datapathId!).sort((a, b) => Number(a - b));
      expect(ids).to.deep.equal(Array.from({ length: 20 }, (_, index) => BigInt(index + 1)));
      await Promise.all(witness.ready.map(session => session.barrier()));
      expect(witness.connections[0]!.remote).to.match(/^tcp:127\.0\.0\.1:\d+$/);
    });

    it('serves a switch over a unix-domain socket that only its owner may use', async () => {
      const path = join(directory, 'controller.sock');
      await listening(`punix:${path}`);
      expect((await stat(path)).mode & 0o077).to.equal(0);
      switchTo({ path });
      await sessionsReady(1);
      await witness.ready[0]!.barrier();
      expect(witness.connections[0]!.remote).to.equal('unix:');
    });

    it('removes its socket file and cuts its connections when it closes', async () => {
      const path = join(directory, 'controller.sock');
      const listener = await listening(`punix:${path}`);
      const connected = switchTo({ path });
      await sessionsReady(1);
      const barrier = rejection(witness.ready[0]!.request({ type: 'get-config-request' }));
      await listener.close();
      expect((await barrier).code).to.equal('closed');
      expect(await stat(path).catch(() => undefined)).to.equal(undefined);
      await until('the switch to notice', () => connected.closed);
    });

    it('replaces a socket file that a dead process left behind', async () => {
      const path = join(directory, 'stale.sock');
      // A server whose file is renamed leaves it behind when it closes.
      const dead = createServer().listen(join(directory, 'dead.sock'));
      await until('the socket', () => dead.listening);
      await rename(join(directory, 'dead.sock'), path);
      await new Promise(resolve => dead.close(resolve));
      expect((await stat(path)).isSocket()).to.equal(true);
      await listening(`punix:${path}`);
      switchTo({ path });
      await sessionsReady(1);
    });

    it('leaves a socket alone that somebody listens on, and any other file', async () => {
      const path = join(directory, 'taken.sock');
      await listening(`punix:${path}`);
      expect(await rejection(listening(`punix:${path}`))).to.include({ code: 'address-in-use' });
      switchTo({ path });
      await sessionsReady(1);

      const file = join(directory, 'notes.txt');
      await writeFile(file, 'keep me');
      expect(await rejection(listening(`punix:${file}`))).to.include({ code: 'address-in-use' });
      expect((await stat(file)).size).to.equal(7);
    });

    it('names a port in use, a foreign address and a missing folder', async () => {
      const listener = await listening('ptcp:0');
      const taken = await rejection(listening(`ptcp:${portOf(listener)}`));
      expect(taken).to.be.instanceOf(TransportError).and.include({ code: 'address-in-use' });
      expect((taken as TransportError).mend).to.be.a('string');
      expect(await rejection(listening('ptcp:0:192.0.2.77'))).to.include({ code: 'address-unavailable' });
      const nowhere = `punix:${join(directory, 'no', 'such', 'folder')}`;
      expect(await rejection(listening(nowhere))).to.include({ code: 'no-such-file' });
      expect(await rejection(listening('tcp:127.0.0.1'))).to.include({ code: 'bad-endpoint' });
    });

    it('closes a connection that talks nonsense and goes on serving the others', async () => {
      const listener = await listening('ptcp:0');
      switchTo({ port: portOf(listener) });
      await sessionsReady(1);
      const stranger = openSocket(portOf(listener), '127.0.0.1');
      cleanups.push(() => stranger.destroy());
      stranger.on('error', () => {});
      stranger.write('GET / HTTP/1.1\r\n\r\n');
      await until(
        'the close',
        () => stranger.destroyed || stranger.readableEnded || witness.closed.length > 0,
      );
      expect(witness.closed).to.deep.equal(['hello-expected']);
      await witness.ready[0]!.barrier();
    });

    it('lets a refused switch read the ERROR before it closes', async () => {
      const listener = await listening('ptcp:0');
      const received: Buffer[] = [];
      const old = openSocket(portOf(listener), '127.0.0.1');
      cleanups.push(() => old.destroy());
      old.on('data', chunk => received.push(chunk));
      old.write(Uint8Array.of(1, 0, 0, 8, 0, 0, 0, 1));
      await until('the end', () => old.readableEnded);
      const bytes = Buffer.concat(received);
      expect(bytes[bytes.readUInt16BE(2) + 1]).to.equal(1);
      expect(witness.closed).to.deep.equal(['version-incompatible']);
    });

    it('closes a connection that says nothing', async () => {
      const listener = await listening('ptcp:0', { handshakeTimeout: 150 });
      const silent = openSocket(portOf(listener), '127.0.0.1');
      cleanups.push(() => silent.destroy());
      silent.resume();
      await until('the close', () => silent.destroyed);
      expect(witness.closed).to.deep.equal(['handshake-timeout']);
    });

    it('drops connections above its bound', async () => {
      const listener = await listening('ptcp:0', {}, { maxConnections: 2 });
      const sockets = [1, 2, 3, 4].map(() => switchTo({ port: portOf(listener) }));
      await until('two drops', () => sockets.filter(({ closed }) => closed).length === 2);
      await sessionsReady(2);
      sockets.find(({ closed }) => !closed)!.socket.destroy();
      await until('one place', () => witness.closed.length === 1);
      switchTo({ port: portOf(listener) });
      await sessionsReady(3);
    });

    it('rejects what waits when the connection is cut, and says which side closed', async () => {
      const listener = await listening('ptcp:0');
      const [polite, rude] = [
        switchTo({ port: portOf(listener) }, new FakeSwitch(1n)),
        switchTo({ port: portOf(listener) }, new FakeSwitch(2n)),
      ];
      await sessionsReady(2);
      const calls = witness.ready.map(session => rejection(session.request({ type: 'get-config-request' })));
      polite.socket.end();
      rude.socket.resetAndDestroy();
      const codes = (await Promise.all(calls)).map(({ code }) => code).sort();
      expect(codes).to.deep.equal(['connection-lost', 'peer-closed']);
      await until('both sockets', () => [...listener.connections].length === 0);
    });
  });

  describe('connect', () => {
    it('reaches a switch that listens on TCP or on a unix-domain socket', async () => {
      const server = await serving({ port: 0, host: '127.0.0.1' });
      const path = join(directory, 'bridge.mgmt');
      await serving({ path });
      connecting(`tcp:127.0.0.1:${server.port}`);
      connecting(`unix:${path}`);
      await sessionsReady(2);
      await Promise.all(witness.ready.map(session => session.barrier()));
    });

    it('connects again when the switch is not there yet, goes, and comes back', async () => {
      const path = join(directory, 'bridge.mgmt');
      const failures: string[] = [];
      connecting(`unix:${path}`, { onFailure: (error: TransportError) => failures.push(error.code) });
      await until('a failure', () => failures.length > 0);
      expect(failures[0]).to.equal('no-such-file');
      const first = await serving({ path });
      await sessionsReady(1);
      await first.close();
      await until('the end', () => witness.closed.length === 1);
      await serving({ path });
      await sessionsReady(2);
    });

    it('stops by signal, while it waits as well as while it is connected', async () => {
      const stop = new AbortController();
      const server = await serving({ port: 0, host: '127.0.0.1' });
      const connected = connecting(`tcp:127.0.0.1:${server.port}`, { signal: stop.signal });
      const waiting = connecting(`unix:${join(directory, 'nobody')}`, {
        signal: stop.signal,
        shortestPause: 60_000,
        longestPause: 60_000,
      });
      await sessionsReady(1);
      stop.abort();
      await Promise.all([connected.stop(), waiting.stop()]);
      expect(witness.closed).to.deep.equal(['closed']);
      expect(connected.connection).to.equal(undefined);
    });

    it('names a refused connection', async () => {
      const server = await serving({ port: 0, host: '127.0.0.1' });
      const { port } = server;
      await server.close();
      const error = await new Promise<TransportError>(resolve => {
        connecting(`tcp:127.0.0.1:${port}`, { onFailure: resolve });
      });
      expect(error).to.be.instanceOf(TransportError).and.include({ code: 'connection-refused' });
      expect(() => connecting('ptcp:1')).to.throw(TransportError);
    });
  });

  describe('output', () => {
    it('answers a burst of packet-ins with few writes', async () => {
      const server = await serving({ port: 0, host: '127.0.0.1' });
      let writes = 0;
      witness.onPacket = session => {
        session.send({
          type: 'packet-out',
          actions: [{ type: 'output', port: 2 }],
          data: new Uint8Array(60),
        });
      };
      connecting(`tcp:127.0.0.1:${server.port}`);
      await sessionsReady(1);
      const [peer] = server.switches as [SwitchSocket];
      peer.socket.on('data', () => writes++);
      peer.socket.write(encodeAll(new Array(500).fill(packetIn(new Uint8Array(60)))));
      await until(
        'all answers',
        () => peer.fake.received.filter(({ type }) => type === 'packet-out').length === 500,
      );
      expect(writes).to.be.lessThan(100);
    });

    it('keeps what a slow switch has not read bounded, and ends its session at the limit', async () => {
      const listener = await listening('ptcp:0', { outputHighWater: 100_000, outputLimit: 1_000_000 });
      const slow = switchTo({ port: portOf(listener) });
      await sessionsReady(1);
      const [session] = witness.ready as [Session];
      slow.socket.pause();
      const packetOut = { type: 'packet-out', actions: [], data: new Uint8Array(10_000) } as const;
      const flood = async () => {
        for (;;) {
          for (let index = 0; index < 20; index++) session.send(packetOut);
          await new Promise(setImmediate);
        }
      };
      expect((await rejection(flood())).code).to.equal('output-overflow');
      expect(witness.closed).to.deep.equal(['output-overflow']);
    });

    it('gets a large batch through to a switch that reads at its own pace', async () => {
      const listener = await listening('ptcp:0', { outputHighWater: 50_000, outputLimit: 200_000 });
      const slow = switchTo({ port: portOf(listener) });
      await sessionsReady(1);
      const packetOut = { type: 'packet-out', actions: [], data: new Uint8Array(10_000) } as const;
      slow.socket.pause();
      const batch = witness.ready[0]!.sendAll(new Array(2000).fill(packetOut));
      setImmediate(() => slow.socket.resume());
      expect(await batch).to.deep.equal([]);
      expect(slow.fake.received.filter(({ type }) => type === 'packet-out')).to.have.length(2000);
    });
  });

  describe('TransportLoop', () => {
    it('stops its timer with the last connection', async () => {
      const loop = new TransportLoop();
      const listener = await listening('ptcp:0', {}, { loop });
      const connected = switchTo({ port: portOf(listener) });
      await sessionsReady(1);
      expect(loop.members).to.equal(1);
      connected.socket.destroy();
      await until('the end', () => loop.members === 0);
    });
  });
});

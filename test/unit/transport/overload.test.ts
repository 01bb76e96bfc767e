import { connect as openSocket } from 'node:net';
import { expect } from 'chai';
import type { Session } from '../../../controller/session/index.js';
import {
  type ConnectionHandler,
  type ListenOptions,
  listen,
  type TcpEndpoint,
} from '../../../controller/transport/index.js';
import { until } from '../../../mininet/driver/until.js';
import { encodeAll, FakeSwitch, packetIn } from '../session/fake-switch.js';
import { SwitchSocket } from './switch-socket.js';

const QUANTUM = 128 * 1024;
const PACKET_OUT = { type: 'packet-out', actions: [], data: new Uint8Array(10_000) } as const;

describe('transport under load', () => {
  const cleanups: (() => unknown)[] = [];
  let ready: Session[];
  let closed: string[];
  let packets: number;
  let onPacket: (session: Session) => void;
  beforeEach(() => {
    ready = [];
    closed = [];
    packets = 0;
    onPacket = () => {};
  });
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  });

  const handlerFor = (): ConnectionHandler => ({
    ready: session => ready.push(session),
    packetIn: session => {
      packets++;
      onPacket(session);
    },
    message() {},
    closed: (_session, reason) => closed.push(reason.code),
  });

  async function listening(options: ListenOptions = {}): Promise<number> {
    const listener = await listen('ptcp:0', handlerFor, options);
    cleanups.push(() => listener.close());
    return (listener.endpoint as TcpEndpoint).port;
  }

  function switchTo(port: number, fake?: FakeSwitch): SwitchSocket {
    const created = SwitchSocket.connect({ port }, fake);
    cleanups.push(() => created.socket.destroy());
    return created;
  }

  it('gives a switch that floods no more than a quantum in a turn, and loses nothing of it', async () => {
    const port = await listening();
    const flooder = switchTo(port);
    await until('the switch', () => ready.length === 1);
    const flood = encodeAll(new Array(60_000).fill(packetIn(new Uint8Array(60))));
    const length = flood.length / 60_000;
    let most = 0;
    let since = 0;
    let counting = true;
    onPacket = () => {
      most = Math.max(most, ++since);
    };
    const turn = () => {
      since = 0;
      if (counting) setImmediate(turn);
    };
    turn();
    flooder.socket.write(flood);
    await until('all packets', () => packets === 60_000);
    counting = false;
    // The last read of a quantum may be a whole buffer.
    expect(most * length).to.be.at.most(2 * QUANTUM);
  });

  it('reads slowly what comes from a switch that does not read, and still hears its replies', async () => {
    const port = await listening({ session: { outputHighWater: 50_000, outputLimit: 50_000_000 } });
    const slow = switchTo(port);
    await until('the switch', () => ready.length === 1);
    const [session] = ready as [Session];
    const reply = session.request({ type: 'echo-request', data: new Uint8Array() });
    const request = new Promise<Uint8Array>(resolve => slow.socket.once('data', resolve));
    slow.fake.rules.push(({ type }) => (type === 'echo-request' ? [] : undefined));
    const xid = Buffer.from(await request).readUInt32BE(4);
    slow.socket.pause();
    while (!session.congested) {
      session.send(PACKET_OUT);
      await new Promise(setImmediate);
    }
    const flood = new Array(20_000).fill(packetIn(new Uint8Array(60)));
    slow.socket.write(encodeAll(flood));
    slow.socket.write(encodeAll([{ type: 'echo-reply', xid, data: new Uint8Array() }]));
    await until('some packets', () => packets > 0);
    expect(packets).to.be.lessThan(20_000);
    slow.socket.resume();
    await reply;
    expect(packets).to.equal(20_000);
    expect(closed).to.deep.equal([]);
  });

  it('closes every one of many switches that stop reading, while the others are served', async () => {
    const port = await listening({ session: { outputHighWater: 20_000, outputLimit: 200_000 } });
    const good = switchTo(port, new FakeSwitch(1000n));
    await until('the good switch', () => ready.length === 1);
    const slow = Array.from({ length: 20 }, (_, index) => switchTo(port, new FakeSwitch(BigInt(index + 1))));
    await until('all switches', () => ready.length === 21);
    for (const { socket } of slow) socket.pause();
    const sessions = ready.slice(1);
    while (sessions.some(({ state }) => state === 'ready')) {
      for (const session of sessions) if (session.state === 'ready') session.send(PACKET_OUT);
      await new Promise(setImmediate);
    }
    expect(new Set(closed)).to.deep.equal(new Set(['output-overflow']));
    await ready[0]!.barrier();
    expect(good.closed).to.equal(false);
  });

  it('closes a thousand connections that say nothing, by their time limit', async () => {
    // The good one has its time, and the same loop.
    const good = switchTo(await listening());
    await until('the good switch', () => ready.length === 1);
    const port = await listening({ session: { handshakeTimeout: 300 } });
    const silent = Array.from({ length: 1000 }, () => openSocket(port, '127.0.0.1').resume());
    cleanups.push(() => {
      for (const socket of silent) socket.destroy();
    });
    await until('a thousand ends', () => closed.length === 1000, { timeout: 60_000 });
    expect(new Set(closed)).to.deep.equal(new Set(['handshake-timeout']));
    await ready[0]!.barrier();
    expect(good.closed).to.equal(false);
  });

  it('says which limit turned a connection away', async () => {
    const refused: string[] = [];
    const port = await listening({
      maxConnections: 3,
      maxUnfinished: 2,
      onRefused: ({ code }) => refused.push(code),
    });
    const silent = [1, 2, 3].map(() => openSocket(port, '127.0.0.1').resume());
    cleanups.push(() => {
      for (const socket of silent) socket.destroy();
    });
    await until('a refusal', () => refused.length === 1);
    expect(refused).to.deep.equal(['too-many-unfinished']);
    silent[0]!.destroy();
    silent[1]!.destroy();
    silent[2]!.destroy();
    await until('two ends', () => closed.length === 2);
    for (let id = 1n; id <= 3n; id++) {
      switchTo(port, new FakeSwitch(id));
      await until('a switch', () => ready.length === Number(id));
    }
    switchTo(port, new FakeSwitch(4n));
    await until('a refusal', () => refused.length === 2);
    expect(refused[1]).to.equal('too-many-connections');
  });
});

import { expect } from 'chai';
import type { Message } from '../../../controller/openflow/index.js';
import { Session, WriterPool } from '../../../controller/session/index.js';
import { encodeAll, featuresReply, HELLO } from './fake-switch.js';
import { rejection, Simulation } from './simulation.js';

const PACKET_OUT = {
  type: 'packet-out',
  actions: [{ type: 'output', port: 1 }],
  data: new Uint8Array(1000),
} as const satisfies Message;
const BOUNDS = { outputHighWater: 10_000, outputLimit: 30_000, stallTimeout: 5000 };

function fill(simulation: Simulation, count: number): void {
  for (let index = 0; index < count; index++) simulation.session.send(PACKET_OUT);
}

describe('Session output', () => {
  it('asks for a flush once when the first bytes come, and once more when many wait', () => {
    const calls: boolean[] = [];
    const ignore = () => {};
    const session = new Session(
      {
        ready: ignore,
        packetIn: ignore,
        message: ignore,
        closed: ignore,
        output: (_, urgent) => calls.push(urgent),
      },
      BOUNDS,
      0,
    );
    expect(calls).to.deep.equal([]);
    session.takeOutput();
    const hello = encodeAll([HELLO]);
    session.receive(hello, 0, hello.length, 0);
    expect(calls).to.deep.equal([false]);
    session.takeOutput();
    const features = encodeAll([{ ...featuresReply(), xid: 2 }]);
    session.receive(features, 0, features.length, 0);
    for (let index = 0; index < 12; index++) session.send(PACKET_OUT);
    expect(calls).to.deep.equal([false, false, true]);
  });

  it('holds no buffer while it has nothing to say', () => {
    const writers = new WriterPool();
    const simulation = Simulation.ready({ writers });
    expect(simulation.session.takeOutput()).to.equal(undefined);
    const writer = writers.take();
    writers.give(writer);
    simulation.session.send(PACKET_OUT);
    expect(simulation.session.takeOutput()).to.equal(writer);
  });

  it('does not take the silence of a switch for its death while no probe gets through to it', () => {
    const simulation = Simulation.ready({
      ...BOUNDS,
      stallTimeout: 60_000,
      probeAfter: 5000,
      probeTimeout: 5000,
    });
    fill(simulation, 10);
    simulation.pass(50_000);
    expect(simulation.closedWith).to.equal(undefined);
    simulation.said();
    simulation.passToDeadline();
    expect(simulation.said().map(({ type }) => type)).to.deep.equal(['echo-request']);
    simulation.passToDeadline();
    expect(simulation.closedWith).to.equal('liveness-timeout');
  });

  it('is congested above the high-water mark until its output is taken', async () => {
    const simulation = Simulation.ready(BOUNDS);
    fill(simulation, 9);
    expect(simulation.session.congested).to.equal(false);
    fill(simulation, 1);
    expect(simulation.session.congested).to.equal(true);
    const drained = simulation.session.drained();
    simulation.said();
    await drained;
    expect(simulation.session.congested).to.equal(false);
    expect(simulation.events).to.deep.equal([
      { event: 'congested', congested: true },
      { event: 'congested', congested: false },
    ]);
  });

  it('ends above its limit rather than grow, and rejects those who wait', async () => {
    const simulation = Simulation.ready(BOUNDS);
    fill(simulation, 10);
    const drained = simulation.session.drained();
    expect(() => fill(simulation, 30))
      .to.throw()
      .with.property('code', 'output-overflow');
    expect(simulation.closedWith).to.equal('output-overflow');
    expect((await rejection(drained)).code).to.equal('output-overflow');
  });

  it('ends when nobody takes its output for too long', async () => {
    const simulation = Simulation.ready(BOUNDS);
    fill(simulation, 10);
    const drained = simulation.session.drained();
    simulation.pass(4999);
    simulation.deliver({ type: 'echo-reply', data: '' });
    simulation.pass(1);
    expect(simulation.closedWith).to.equal('output-stalled');
    expect((await rejection(drained)).code).to.equal('output-stalled');
  });

  it('stops waiting for the drain by signal', async () => {
    const simulation = Simulation.ready(BOUNDS);
    fill(simulation, 10);
    const drained = simulation.session.drained({ signal: AbortSignal.abort() });
    expect((await rejection(drained)).code).to.equal('request-aborted');
  });

  it('sends a batch larger than the limit piece by piece', async () => {
    const simulation = Simulation.ready(BOUNDS);
    let done = false;
    const batch = simulation.session.sendAll(new Array(200).fill(PACKET_OUT)).then(failures => {
      done = true;
      return failures;
    });
    let sent = 0;
    for (let round = 0; round < 1000 && !done; round++) {
      for (const { type, xid } of simulation.said()) {
        if (type === 'packet-out') sent++;
        else simulation.deliver({ type: 'barrier-reply', xid: xid! });
      }
      await Promise.resolve();
    }
    expect(await batch).to.deep.equal([]);
    expect(sent).to.equal(200);
    expect(simulation.closedWith).to.equal(undefined);
  });
});

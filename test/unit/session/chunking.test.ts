import { expect } from 'chai';
import fc from 'fast-check';
import { encodeToBytes, type Message } from '../../../controller/openflow/index.js';
import { encodeAll, HELLO, packetIn } from './fake-switch.js';
import { Simulation } from './simulation.js';

const messages: fc.Arbitrary<Message> = fc.oneof(
  fc.uint8Array({ maxLength: 200 }).map(data => packetIn(data)),
  fc.record({
    type: fc.constant('echo-request' as const),
    data: fc.uint8Array({ maxLength: 40 }),
    xid: fc.nat(),
  }),
  fc.record({
    type: fc.constant('experimenter' as const),
    experimenter: fc.constant(0x00abcdef),
    expType: fc.nat(1000),
    data: fc.uint8Array({ maxLength: 600 }),
  }),
  fc.constant<Message>({
    type: 'port-status',
    reason: 'add',
    desc: { portNo: 3, hwAddr: '02:00:00:00:00:03', name: 's1-eth3' },
  }),
  fc.constant<Message>({ type: 'flow-mod', match: {} }),
);

/** Sends `bytes` cut at `cuts`, each chunk at the same place of one buffer, as a transport does. */
function deliverCut(simulation: Simulation, bytes: Uint8Array, cuts: readonly number[]): void {
  const shared = Buffer.alloc(bytes.length);
  const positions = [...new Set([0, ...cuts.map(cut => cut % (bytes.length + 1)), bytes.length])];
  positions.sort((a, b) => a - b);
  for (let index = 1; index < positions.length; index++) {
    const chunk = bytes.subarray(positions[index - 1]!, positions[index]!);
    shared.fill(0xee);
    shared.set(chunk);
    simulation.session.receive(shared, 0, chunk.length, simulation.now);
  }
}

/** What both ends saw of a session, in plain form. */
function outcome(simulation: Simulation): unknown {
  const events = simulation.events.map(event => {
    if ('reason' in event) return { ...event, reason: event.reason.code };
    return 'error' in event ? { ...event, error: event.error.code } : event;
  });
  return { events, said: simulation.said(), state: simulation.session.state };
}

describe('Session framing', () => {
  it('gives the same events and answers however the stream is cut', () => {
    fc.assert(
      fc.property(
        fc.array(messages, { maxLength: 8 }),
        fc.array(fc.nat(), { maxLength: 20 }),
        (list, cuts) => {
          const bytes = encodeAll(list);
          const [whole, cut] = [Simulation.ready(), Simulation.ready()];
          if (bytes.length > 0) whole.bytes(bytes);
          deliverCut(cut, bytes, cuts);
          expect(outcome(cut)).to.deep.equal(outcome(whole));
        },
      ),
    );
  });

  it('reads byte by byte, from the first HELLO on', () => {
    const simulation = new Simulation();
    simulation.bytes(encodeToBytes(HELLO), 1);
    expect(simulation.session.state).to.equal('identifying');
  });

  it('never throws on random bytes, in any state', () => {
    fc.assert(
      fc.property(fc.boolean(), fc.array(fc.uint8Array({ maxLength: 100 })), (ready, chunks) => {
        const simulation = ready ? Simulation.ready() : new Simulation();
        for (const chunk of chunks) simulation.session.receive(chunk, 0, chunk.length, simulation.now);
        simulation.pass(60_000);
        simulation.pass(60_000);
        expect(simulation.session.state).to.equal('closed');
      }),
    );
  });

  it('never throws on bytes that look like messages', () => {
    const lookalike = fc.record({
      version: fc.constantFrom(4, 4, 4, 1, 255),
      type: fc.nat(32),
      body: fc.uint8Array({ maxLength: 120 }),
      xid: fc.nat(5),
    });
    fc.assert(
      fc.property(fc.array(lookalike, { maxLength: 20 }), list => {
        const simulation = Simulation.ready();
        const waiting = [
          simulation.session.barrier(),
          simulation.session.request({ type: 'multipart-request', body: { type: 'flow' } }),
        ].map(call => call.catch(() => undefined));
        for (const { version, type, body, xid } of list) {
          const header = [version, type, 0, 8 + body.length, 0, 0, 0, xid];
          simulation.bytes(Uint8Array.from([...header, ...body]));
        }
        simulation.session.close();
        return Promise.all(waiting).then(() => undefined) !== undefined;
      }),
    );
  });
});

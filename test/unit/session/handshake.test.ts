import { expect } from 'chai';
import { encodeToBytes, type Message } from '../../../controller/openflow/index.js';
import { featuresReply, HELLO, packetIn } from './fake-switch.js';
import { Simulation } from './simulation.js';

/** HELLO bytes of any version, with elements as given. */
function rawHello(version: number, elements: number[] = []): Uint8Array {
  return Uint8Array.from([version, 0, 0, 8 + elements.length, 0, 0, 0, 9, ...elements]);
}

const BITMAP_1_0_AND_1_3 = [0, 1, 0, 8, 0, 0, 0, 0x12];
const BITMAP_1_0 = [0, 1, 0, 8, 0, 0, 0, 0x02];

describe('Session handshake', () => {
  it('greets with a version bitmap of 1.3 alone before the switch has said anything', () => {
    const simulation = new Simulation();
    const [hello] = simulation.said();
    expect(hello).to.include({ type: 'hello' });
    expect((hello as Extract<Message, { type: 'hello' }>).elements).to.deep.equal(HELLO.elements);
  });

  it('asks for features after HELLO and is ready once they are there', () => {
    const simulation = new Simulation();
    simulation.said();
    simulation.deliver(HELLO);
    expect(simulation.session.state).to.equal('identifying');
    const [request] = simulation.said();
    expect(request).to.include({ type: 'features-request' });
    simulation.deliver({ ...featuresReply(0xabcn), xid: request!.xid! });
    expect(simulation.session.state).to.equal('ready');
    expect(simulation.session.datapathId).to.equal(0xabcn);
    expect(simulation.events).to.deep.equal([{ event: 'ready' }]);
  });

  for (const [claim, bytes] of [
    ['an older switch without a bitmap', rawHello(1)],
    ['a switch whose bitmap lacks 1.3', rawHello(5, BITMAP_1_0)],
    ['a switch of version 1.2', rawHello(3)],
    ['a switch with an empty bitmap', rawHello(4, [0, 1, 0, 4, 0, 0, 0, 0])],
  ] as const) {
    it(`refuses ${claim} with hello-failed/incompatible`, () => {
      const simulation = new Simulation();
      simulation.said();
      simulation.bytes(bytes);
      expect(simulation.closedWith).to.equal('version-incompatible');
      expect(simulation.session.reason!.mend).to.contain('OpenFlow13');
      const [error] = simulation.said();
      expect(error).to.include({
        type: 'error',
        errorType: 'hello-failed',
        errorCode: 'incompatible',
        xid: 9,
      });
    });
  }

  for (const [claim, bytes] of [
    ['a newer header version without a bitmap', rawHello(6)],
    ['an older header version with a bitmap that has 1.3', rawHello(1, BITMAP_1_0_AND_1_3)],
    ['a newer header version with a bitmap that has 1.3', rawHello(6, BITMAP_1_0_AND_1_3)],
    ['an unknown element before the bitmap', rawHello(4, [0, 9, 0, 5, 1, 0, 0, 0, ...BITMAP_1_0_AND_1_3])],
  ] as const) {
    it(`agrees on 1.3 with ${claim}`, () => {
      const simulation = new Simulation();
      simulation.bytes(bytes);
      expect(simulation.session.state).to.equal('identifying');
    });
  }

  for (const [claim, elements] of [
    ['an element shorter than its header', [0, 1, 0, 3]],
    ['an element longer than the message', [0, 1, 0, 200, 0, 0, 0, 0x10]],
    ['half an element header', [0, 1]],
  ] as const) {
    it(`ends on a HELLO with ${claim}`, () => {
      const simulation = new Simulation();
      simulation.bytes(rawHello(4, [...elements]));
      expect(simulation.closedWith).to.equal('malformed-hello');
    });
  }

  it('ends when the peer speaks another protocol, without waiting for the rest of it', () => {
    const simulation = new Simulation();
    simulation.said();
    simulation.bytes(new TextEncoder().encode('GET / HTTP/1.1\r\n'));
    expect(simulation.closedWith).to.equal('hello-expected');
    expect(simulation.said()).to.deep.equal([]);
  });

  it('ends when the first message is not HELLO', () => {
    const simulation = new Simulation();
    simulation.deliver({ type: 'echo-request', data: '' });
    expect(simulation.closedWith).to.equal('hello-expected');
  });

  it('ends when the switch refuses the HELLO', () => {
    const simulation = new Simulation();
    simulation.deliver({ type: 'error', errorType: 'hello-failed', errorCode: 'incompatible', data: '' });
    expect(simulation.closedWith).to.equal('hello-refused');
  });

  it('answers a second HELLO with bad-request/bad-type and ends', () => {
    for (const simulation of [Simulation.ready(), new Simulation()]) {
      if (simulation.session.state === 'greeting') simulation.deliver(HELLO);
      simulation.said();
      simulation.deliver({ ...HELLO, xid: 77 });
      expect(simulation.closedWith).to.equal('unexpected-hello');
      const [error] = simulation.said();
      expect(error).to.include({ type: 'error', errorType: 'bad-request', errorCode: 'bad-type', xid: 77 });
    }
  });

  it('refuses an auxiliary connection and says so', () => {
    const simulation = new Simulation();
    simulation.deliver(HELLO);
    const xid = simulation.said().at(-1)!.xid!;
    simulation.deliver({ ...featuresReply(1n, 3), xid });
    expect(simulation.closedWith).to.equal('auxiliary-connection');
    expect(simulation.events.some(({ event }) => event === 'ready')).to.equal(false);
    expect(simulation.said()[0]).to.include({ type: 'error', errorType: 'hello-failed', errorCode: 'eperm' });
  });

  it('ends when the switch refuses the FEATURES_REQUEST', () => {
    const simulation = new Simulation();
    simulation.deliver(HELLO);
    const xid = simulation.said().at(-1)!.xid!;
    simulation.deliver({ type: 'error', errorType: 'bad-request', errorCode: 'eperm', data: '', xid });
    expect(simulation.closedWith).to.equal('features-refused');
  });

  it('ends when the FEATURES_REPLY is malformed', () => {
    const simulation = new Simulation();
    simulation.deliver(HELLO);
    const xid = simulation.said().at(-1)!.xid!;
    const bytes = encodeToBytes(featuresReply(), xid).slice(0, 24);
    bytes[3] = 24;
    simulation.bytes(bytes);
    expect(simulation.closedWith).to.equal('malformed-features');
  });

  it('ignores a FEATURES_REPLY that answers nothing', () => {
    const simulation = new Simulation();
    simulation.deliver(HELLO, { ...featuresReply(), xid: 12_345 });
    expect(simulation.session.state).to.equal('identifying');
  });

  it('answers echoes and drops events before the switch is identified', () => {
    const simulation = new Simulation();
    simulation.said();
    simulation.deliver(HELLO, packetIn(new Uint8Array(20)), { type: 'echo-request', data: 'abcd', xid: 5 });
    expect(simulation.events).to.deep.equal([]);
    expect(simulation.said().map(({ type }) => type)).to.deep.equal(['features-request', 'echo-reply']);
    expect(simulation.session.statistics.unexpected).to.equal(1);
  });

  it('gives up on a switch that never says HELLO, or never identifies itself', () => {
    const silent = new Simulation({ handshakeTimeout: 500 });
    silent.pass(499);
    expect(silent.closedWith).to.equal(undefined);
    silent.pass(1);
    expect(silent.closedWith).to.equal('handshake-timeout');

    const half = new Simulation({ handshakeTimeout: 500 });
    half.pass(400);
    half.deliver(HELLO);
    half.pass(100);
    expect(half.closedWith).to.equal('handshake-timeout');
    expect(half.session.reason!.message).to.contain('FEATURES_REPLY');
  });

  it('sends nothing for its owner before it is ready', () => {
    const simulation = new Simulation();
    expect(() => simulation.session.send({ type: 'barrier-request' }))
      .to.throw()
      .with.property('code', 'not-ready');
  });
});

import { expect } from 'chai';
import { encodeToBytes, type Message } from '../../../controller/openflow/index.js';
import { packetIn } from './fake-switch.js';
import { Simulation } from './simulation.js';

const PORT_STATUS: Message = {
  type: 'port-status',
  reason: 'modify',
  desc: { portNo: 3, hwAddr: '02:00:00:00:00:03', name: 's1-eth3' },
};

describe('Session with bad input', () => {
  it('answers what only a controller may send with bad-request/bad-type and goes on', () => {
    const simulation = Simulation.ready();
    simulation.deliver({ type: 'flow-mod', match: {}, xid: 21 }, { type: 'features-request', xid: 22 });
    expect(simulation.said().map(({ xid }) => xid)).to.deep.equal([21, 22]);
    simulation.deliver(PORT_STATUS);
    expect(simulation.events.map(({ event }) => event)).to.deep.equal(['message']);
    expect(simulation.session.statistics.unexpected).to.equal(2);
  });

  it('answers a type that does not exist with bad-request/bad-type and the start of the message', () => {
    const simulation = Simulation.ready();
    const nonsense = Uint8Array.from({ length: 100 }, (_, index) => index);
    nonsense.set([4, 99, 0, 100, 0, 0, 0, 7]);
    simulation.bytes(nonsense);
    const [error] = simulation.said();
    expect(error).to.include({ type: 'error', errorType: 'bad-request', errorCode: 'bad-type', xid: 7 });
    expect((error as { data: Uint8Array }).data).to.deep.equal(nonsense.slice(0, 64));
  });

  it('bounds the rate of its answers to nonsense', () => {
    const simulation = Simulation.ready({ errorReplyRate: 10 });
    const flood = Array.from({ length: 1000 }, (): Message => ({ type: 'barrier-request' }));
    simulation.deliver(...flood);
    expect(simulation.said()).to.have.length(10);
    simulation.pass(500);
    simulation.deliver(...flood);
    expect(simulation.said()).to.have.length(5);
    expect(simulation.session.state).to.equal('ready');
  });

  it('never answers an ERROR with an ERROR', () => {
    const simulation = Simulation.ready();
    simulation.bytes(Uint8Array.of(4, 1, 0, 9, 0, 0, 0, 1, 0));
    simulation.bytes(Uint8Array.of(9, 1, 0, 12, 0, 0, 0, 1, 0, 0, 0, 0));
    expect(simulation.said()).to.deep.equal([]);
    expect(simulation.events.map(({ event }) => event)).to.deep.equal(['malformed', 'message']);
  });

  it('skips a message of another version with bad-request/bad-version', () => {
    const simulation = Simulation.ready();
    const bytes = encodeToBytes(packetIn(new Uint8Array(30)), 3);
    bytes[0] = 1;
    simulation.bytes(bytes);
    expect(simulation.said()[0]).to.include({ errorType: 'bad-request', errorCode: 'bad-version', xid: 3 });
    expect(simulation.events.map(({ event }) => event)).to.deep.equal(['malformed']);
    simulation.deliver(packetIn(new Uint8Array(30)));
    expect(simulation.events.at(-1)).to.have.property('event', 'packet-in');
  });

  it('skips a message shorter than its type demands with bad-request/bad-len, and reports it', () => {
    const simulation = Simulation.ready();
    const bytes = encodeToBytes(PORT_STATUS, 8).slice(0, 40);
    bytes[3] = 40;
    simulation.bytes(bytes);
    expect(simulation.said()[0]).to.include({ errorType: 'bad-request', errorCode: 'bad-len', xid: 8 });
    expect(simulation.events[0]).to.have.property('event', 'malformed');
    expect(simulation.session.state).to.equal('ready');
  });

  it('skips a malformed packet-in without handing it over', () => {
    const simulation = Simulation.ready();
    const bytes = encodeToBytes(packetIn(new Uint8Array(30)), 1);
    bytes.set([0, 200], 26); // length of the match
    simulation.bytes(bytes);
    expect(simulation.events.map(({ event }) => event)).to.deep.equal(['malformed']);
    simulation.deliver(packetIn(new Uint8Array(30)));
    expect(simulation.events.at(-1)).to.have.property('event', 'packet-in');
  });

  it('ends when a header’s length makes it lose the boundaries of messages', () => {
    for (const length of [0, 7]) {
      const simulation = Simulation.ready();
      simulation.bytes(Uint8Array.of(4, 2, 0, length, 0, 0, 0, 1));
      expect(simulation.closedWith).to.equal('framing-lost');
      expect(simulation.said()[0]).to.include({ errorType: 'bad-request', errorCode: 'bad-len' });
    }
  });

  it('ends on a message above the limit before its body has come', () => {
    const simulation = Simulation.ready({ maxMessageLength: 4096 });
    simulation.bytes(Uint8Array.of(4, 10, 0x10, 1, 0, 0, 0, 1));
    expect(simulation.closedWith).to.equal('message-too-long');
  });

  it('waits for the rest of a truncated message until the liveness limit', () => {
    const simulation = Simulation.ready();
    const bytes = encodeToBytes(PORT_STATUS, 0);
    simulation.bytes(bytes.slice(0, bytes.length - 1));
    expect(simulation.events).to.deep.equal([]);
    simulation.bytes(bytes.slice(-1));
    expect(simulation.events).to.have.length(1);
  });

  it('takes nothing more after its end', () => {
    const simulation = Simulation.ready();
    simulation.session.close();
    simulation.deliver(PORT_STATUS, packetIn(new Uint8Array(20)));
    simulation.pass(1_000_000);
    simulation.session.close();
    expect(simulation.events.map(({ event }) => event)).to.deep.equal(['closed']);
  });

  it('drops the rest of a chunk when the handler ends the session in the middle of it', () => {
    const simulation = Simulation.ready();
    simulation.onPacketIn = () => simulation.session.close();
    const packet = packetIn(new Uint8Array(20));
    simulation.deliver(packet, packet, packet);
    expect(simulation.events.map(({ event }) => event)).to.deep.equal(['packet-in', 'closed']);
  });

  it('ends, and throws nothing, when its handler throws', () => {
    const simulation = Simulation.ready();
    const bug = new Error('a bug');
    simulation.onPacketIn = () => {
      throw bug;
    };
    simulation.deliver(packetIn(new Uint8Array(20)));
    expect(simulation.closedWith).to.equal('handler-failed');
    expect(simulation.session.reason!.cause).to.equal(bug);
  });
});

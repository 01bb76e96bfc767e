import { expect } from 'chai';
import { packetIn } from './fake-switch.js';
import { Simulation } from './simulation.js';

const LIMITS = { probeAfter: 5000, probeTimeout: 10_000 };

describe('Session liveness', () => {
  it('answers an echo request at once with the same bytes and xid', () => {
    const simulation = Simulation.ready();
    simulation.deliver({ type: 'echo-request', data: Uint8Array.of(1, 2, 3), xid: 0xfedc_ba98 });
    expect(simulation.said()).to.deep.equal([
      { type: 'echo-reply', data: Uint8Array.of(1, 2, 3), xid: 0xfedc_ba98 },
    ]);
  });

  it('asks a silent switch once whether it is alive', () => {
    const simulation = Simulation.ready(LIMITS);
    simulation.pass(4999);
    expect(simulation.said()).to.deep.equal([]);
    simulation.pass(1);
    expect(simulation.said().map(({ type }) => type)).to.deep.equal(['echo-request']);
    simulation.pass(5000);
    expect(simulation.said()).to.deep.equal([]);
  });

  it('ends when the switch stays silent after that', () => {
    const simulation = Simulation.ready(LIMITS);
    simulation.pass(5000);
    simulation.pass(9999);
    expect(simulation.closedWith).to.equal(undefined);
    simulation.pass(1);
    expect(simulation.closedWith).to.equal('liveness-timeout');
  });

  it('lives on with an echo reply, or with any other message', () => {
    const simulation = Simulation.ready(LIMITS);
    for (let round = 0; round < 5; round++) {
      simulation.pass(5000);
      const [request] = simulation.said();
      simulation.pass(9000);
      if (round % 2 === 0) simulation.deliver({ type: 'echo-reply', data: '', xid: request!.xid! });
      else simulation.deliver(packetIn(new Uint8Array(20)));
    }
    expect(simulation.closedWith).to.equal(undefined);
    expect(simulation.session.statistics.lateReplies).to.equal(0);
  });

  it('does not take half a message for a sign of life', () => {
    const simulation = Simulation.ready(LIMITS);
    for (let second = 0; second < 15; second++) {
      simulation.pass(1000);
      simulation.bytes(second === 0 ? Uint8Array.of(4, 10, 255, 255, 0, 0, 0, 0) : new Uint8Array(1));
    }
    expect(simulation.closedWith).to.equal('liveness-timeout');
  });

  it('asks before it gives up, also when the controller itself stood still for long', () => {
    const simulation = Simulation.ready(LIMITS);
    simulation.pass(600_000);
    expect(simulation.closedWith).to.equal(undefined);
    expect(simulation.said().map(({ type }) => type)).to.deep.equal(['echo-request']);
  });

  it('names the time of the next tick that will do something', () => {
    const simulation = Simulation.ready(LIMITS);
    simulation.passToDeadline();
    expect(simulation.said()).to.have.length(1);
    simulation.passToDeadline();
    expect(simulation.closedWith).to.equal('liveness-timeout');
    expect(simulation.session.deadline).to.equal(Number.POSITIVE_INFINITY);
  });
});

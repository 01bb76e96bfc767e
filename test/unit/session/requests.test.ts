import { expect } from 'chai';
import { encodeToBytes, type Message, OpenflowError } from '../../../controller/openflow/index.js';
import { OpenflowReplyError, requestRole, SessionError } from '../../../controller/session/index.js';
import { rejection, Simulation } from './simulation.js';

const FLOW_MOD = { type: 'flow-mod', priority: 7, match: { inPort: 1 } } as const satisfies Message;

function errorFor(xid: number, errorType = 'flow-mod-failed', errorCode = 'table-full'): Message {
  return { type: 'error', errorType, errorCode, data: '', xid } as Message;
}

describe('Session requests', () => {
  it('resolves each with the reply of its xid, in whatever order they come', async () => {
    const simulation = Simulation.ready();
    const config = simulation.session.request({ type: 'get-config-request' });
    const role = requestRole(simulation.session, 'master', 3n);
    const [first, second] = simulation.said();
    simulation.deliver(
      { type: 'role-reply', role: 'master', generationId: 3n, xid: second!.xid! },
      { type: 'get-config-reply', flags: [], missSendLen: 128, xid: first!.xid! },
    );
    expect((await config).missSendLen).to.equal(128);
    expect(await role).to.deep.equal({ role: 'master', generationId: 3n });
  });

  it('keeps barriers in the order of what was sent around them', async () => {
    const simulation = Simulation.ready();
    const done: string[] = [];
    simulation.session.send(FLOW_MOD);
    const first = simulation.session.barrier().then(() => done.push('first'));
    simulation.session.send(FLOW_MOD);
    const second = simulation.session.barrier().then(() => done.push('second'));
    const said = simulation.said();
    expect(said.map(({ type }) => type)).to.deep.equal([
      'flow-mod',
      'barrier-request',
      'flow-mod',
      'barrier-request',
    ]);
    simulation.deliver(
      { type: 'barrier-reply', xid: said[1]!.xid! },
      { type: 'barrier-reply', xid: said[3]!.xid! },
    );
    await Promise.all([first, second]);
    expect(done).to.deep.equal(['first', 'second']);
  });

  it('rejects with the ERROR that carries its xid', async () => {
    const simulation = Simulation.ready();
    const role = requestRole(simulation.session, 'slave', 1n);
    simulation.deliver(errorFor(simulation.said()[0]!.xid!, 'role-request-failed', 'stale'));
    const error = await rejection(role);
    expect(error).to.be.instanceOf(OpenflowReplyError);
    expect(error).to.include({
      code: 'openflow-refused',
      request: 'role-request',
      errorType: 'role-request-failed',
      errorCode: 'stale',
    });
  });

  it('rejects when a reply of another type comes under its xid', async () => {
    const simulation = Simulation.ready();
    const config = simulation.session.request({ type: 'get-config-request' });
    simulation.deliver({ type: 'barrier-reply', xid: simulation.said()[0]!.xid! });
    expect((await rejection(config)).code).to.equal('unexpected-reply');
  });

  it('is not disturbed by an event that happens to carry its xid', async () => {
    const simulation = Simulation.ready();
    const barrier = simulation.session.barrier();
    const xid = simulation.said()[0]!.xid!;
    simulation.deliver({ type: 'experimenter', experimenter: 0x12345678, expType: 1, data: '', xid });
    expect(simulation.events.map(({ event }) => event)).to.deep.equal(['message']);
    simulation.deliver({ type: 'barrier-reply', xid });
    await barrier;
  });

  it('resolves an experimenter request with the experimenter message of its xid', async () => {
    const simulation = Simulation.ready();
    const asked = { type: 'experimenter', experimenter: 0x12345678, expType: 1, data: '' } as const;
    const reply = simulation.session.request(asked);
    const xid = simulation.said()[0]!.xid!;
    simulation.deliver({ ...asked, expType: 2, data: 'beef', xid });
    expect(await reply).to.include({ type: 'experimenter', expType: 2, xid });
  });

  it('rejects when its reply is malformed', async () => {
    const simulation = Simulation.ready();
    const config = simulation.session.request({ type: 'get-config-request' });
    const xid = simulation.said()[0]!.xid!;
    const bytes = encodeToBytes({ type: 'get-config-reply', flags: [], missSendLen: 1 }, xid).slice(0, 10);
    bytes[3] = 10;
    simulation.bytes(bytes);
    expect((await rejection(config)).code).to.equal('malformed-reply');
    expect(simulation.session.state).to.equal('ready');
  });

  it('gives up at its time limit, which begins with the next time signal, and ignores the late reply', async () => {
    const simulation = Simulation.ready({ requestTimeout: 300 });
    const [slow, fast] = [simulation.session.barrier(), simulation.session.barrier({ timeout: 100 })];
    expect(simulation.session.deadline).to.equal(0);
    simulation.pass(0);
    expect(simulation.session.deadline).to.equal(simulation.now + 100);
    simulation.pass(100);
    expect((await rejection(fast)).code).to.equal('request-timeout');
    simulation.pass(200);
    expect((await rejection(slow)).code).to.equal('request-timeout');
    for (const { xid } of simulation.said()) simulation.deliver({ type: 'barrier-reply', xid: xid! });
    expect(simulation.events).to.deep.equal([]);
    expect(simulation.session.statistics.lateReplies).to.equal(2);
  });

  it('rejects by its signal, before and after it was sent', async () => {
    const simulation = Simulation.ready();
    const controller = new AbortController();
    const barrier = simulation.session.barrier({ signal: controller.signal });
    const xid = simulation.said()[0]!.xid!;
    controller.abort(new Error('no longer needed'));
    const error = await rejection(barrier);
    expect(error).to.be.instanceOf(SessionError).and.include({ code: 'request-aborted' });
    expect((error.cause as Error).message).to.equal('no longer needed');
    simulation.deliver({ type: 'barrier-reply', xid });

    const late = simulation.session.barrier({ signal: controller.signal });
    expect((await rejection(late)).code).to.equal('request-aborted');
    expect(simulation.said()).to.deep.equal([]);
  });

  it('rejects with an OpenflowError, and sends nothing, when the message cannot be encoded', async () => {
    const simulation = Simulation.ready();
    const request = simulation.session.request({ type: 'role-request', role: 'emperor' as 'master' });
    expect(await rejection(request)).to.be.instanceOf(OpenflowError);
    expect(() => simulation.session.send({ ...FLOW_MOD, priority: -1 })).to.throw(OpenflowError);
    expect(simulation.said()).to.deep.equal([]);
  });

  it('rejects a message to which there is no reply', async () => {
    const simulation = Simulation.ready();
    const request = simulation.session.request(FLOW_MOD as unknown as { type: 'barrier-request' });
    expect((await rejection(request)).code).to.equal('no-reply-defined');
  });

  it('bounds how many may wait', async () => {
    const simulation = Simulation.ready({ maxPendingRequests: 2 });
    const waiting = [simulation.session.barrier(), simulation.session.barrier()];
    expect((await rejection(simulation.session.barrier())).code).to.equal('too-many-requests');
    simulation.session.close();
    await Promise.all(waiting.map(rejection));
  });

  it('rejects all that wait when the session ends, with the reason of its end', async () => {
    const simulation = Simulation.ready();
    const calls = Array.from({ length: 100 }, () => simulation.session.barrier());
    const reason = new SessionError('connection-lost', 'The cable was cut.');
    simulation.session.close(reason);
    for (const call of calls) expect(await rejection(call)).to.equal(reason);
    expect(await rejection(simulation.session.barrier())).to.equal(reason);
    expect(await rejection(simulation.session.sendAll([FLOW_MOD]))).to.equal(reason);
    expect(() => simulation.session.send(FLOW_MOD)).to.throw(SessionError);
    expect(simulation.events).to.deep.equal([{ event: 'closed', reason }]);
  });

  it('hands the ERROR for a plain send to the handler, with the xid that send returned', () => {
    const simulation = Simulation.ready();
    const xid = simulation.session.send(FLOW_MOD);
    simulation.deliver(errorFor(xid));
    const [event] = simulation.events;
    expect(event).to.have.property('event', 'message');
    expect(event).to.have.nested.property('message.xid', xid);
  });

  it('tells of a checked message whether the switch took it', async () => {
    const simulation = Simulation.ready();
    const [good, bad] = [simulation.session.sendChecked(FLOW_MOD), simulation.session.sendChecked(FLOW_MOD)];
    const said = simulation.said();
    expect(said).to.have.length(4);
    simulation.deliver(
      errorFor(said.filter(({ type }) => type === 'flow-mod')[1]!.xid!),
      ...said
        .filter(({ type }) => type === 'barrier-request')
        .map(({ xid }): Message => ({ type: 'barrier-reply', xid: xid! })),
    );
    await good;
    expect(await rejection(bad)).to.include({ request: 'flow-mod', errorCode: 'table-full' });
    expect(simulation.events).to.deep.equal([]);
  });

  it('sends the good messages of a batch and names the failed ones by position', async () => {
    const simulation = Simulation.ready();
    const batch = simulation.session.sendAll([
      FLOW_MOD,
      { ...FLOW_MOD, priority: 70_000 },
      FLOW_MOD,
      FLOW_MOD,
    ]);
    const said = simulation.said();
    expect(said.map(({ type }) => type)).to.deep.equal([
      'flow-mod',
      'flow-mod',
      'flow-mod',
      'barrier-request',
    ]);
    simulation.deliver(errorFor(said[2]!.xid!), { type: 'barrier-reply', xid: said[3]!.xid! });
    const failures = await batch;
    expect(failures.map(({ index }) => index)).to.deep.equal([1, 3]);
    expect(failures[0]!.error).to.be.instanceOf(OpenflowError);
    expect(failures[1]!.error).to.be.instanceOf(OpenflowReplyError);
  });

  it('counts refusals until the finish of a batch, whatever that is', async () => {
    const simulation = Simulation.ready();
    const commit = { type: 'experimenter', experimenter: 0x4f4e4600, expType: 9999, data: '' } as const;
    const batch = simulation.session.sendAll([FLOW_MOD, FLOW_MOD], {
      finish: () => simulation.session.request(commit),
    });
    const said = simulation.said();
    expect(said.map(({ type }) => type)).to.deep.equal(['flow-mod', 'flow-mod', 'experimenter']);
    simulation.deliver(errorFor(said[1]!.xid!), { ...commit, xid: said[2]!.xid! });
    expect((await batch).map(({ index }) => index)).to.deep.equal([1]);
  });
});

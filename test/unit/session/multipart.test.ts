import { expect } from 'chai';
import type { Message } from '../../../controller/openflow/index.js';
import type { DecodedOf } from '../../../controller/session/index.js';
import { rejection, Simulation } from './simulation.js';

const REQUEST = { type: 'multipart-request', body: { type: 'flow' } } as const;

function tablePart(xid: number, tableIds: readonly number[], more: boolean): Message {
  const tables = tableIds.map(tableId => ({ tableId, activeCount: 0, lookupCount: 0n, matchedCount: 0n }));
  return { type: 'multipart-reply', flags: more ? ['more'] : [], body: { type: 'table', tables }, xid };
}

function ask(simulation: Simulation, options = {}): { xid: number; reply: Promise<number[]> } {
  const reply = simulation.session
    .request({ type: 'multipart-request', body: { type: 'table' } }, options)
    .then(({ body }) => body.tables.map(({ tableId }) => tableId));
  return { xid: simulation.said()[0]!.xid!, reply };
}

describe('Session multipart replies', () => {
  it('joins the parts in order, also when other messages come between them', async () => {
    const simulation = Simulation.ready();
    const { xid, reply } = ask(simulation);
    simulation.deliver(tablePart(xid, [1, 2], true), { type: 'echo-request', data: '' });
    simulation.deliver(tablePart(xid, [], true), tablePart(xid, [3], false));
    expect(await reply).to.deep.equal([1, 2, 3]);
  });

  it('resolves with a single part as it stands', async () => {
    const simulation = Simulation.ready();
    const description = simulation.session.request({ type: 'multipart-request', body: { type: 'desc' } });
    const xid = simulation.said()[0]!.xid!;
    const body = {
      type: 'desc',
      mfrDesc: 'a',
      hwDesc: 'b',
      swDesc: 'c',
      serialNum: 'd',
      dpDesc: 'e',
    } as const;
    simulation.deliver({ type: 'multipart-reply', body, flags: [], xid });
    expect((await description).body).to.deep.equal(body);
  });

  it('keeps the parts of two calls apart', async () => {
    const simulation = Simulation.ready();
    const [one, two] = [ask(simulation), ask(simulation)];
    simulation.deliver(
      tablePart(one.xid, [1], true),
      tablePart(two.xid, [10], true),
      tablePart(one.xid, [2], false),
      tablePart(two.xid, [20], false),
    );
    expect(await one.reply).to.deep.equal([1, 2]);
    expect(await two.reply).to.deep.equal([10, 20]);
  });

  it('rejects a reply above the limit in bytes and ignores the rest of it', async () => {
    const simulation = Simulation.ready();
    const { xid, reply } = ask(simulation, { maxReplyBytes: 100 });
    for (let part = 0; part < 10; part++) simulation.deliver(tablePart(xid, [part, part], true));
    expect((await rejection(reply)).code).to.equal('reply-too-large');
    expect(simulation.session.statistics.lateReplies).to.be.greaterThan(0);
    expect(simulation.session.state).to.equal('ready');
  });

  it('rejects a reply of endlessly many empty parts', async () => {
    const simulation = Simulation.ready({ maxReplyParts: 50 });
    const { xid, reply } = ask(simulation);
    for (let part = 0; part < 60; part++) simulation.deliver(tablePart(xid, [], true));
    expect((await rejection(reply)).code).to.equal('reply-too-large');
  });

  it('rejects parts of different types', async () => {
    const simulation = Simulation.ready();
    const { xid, reply } = ask(simulation);
    simulation.deliver(tablePart(xid, [1], true), {
      type: 'multipart-reply',
      flags: [],
      body: { type: 'port-desc', ports: [] },
      xid,
    });
    expect((await rejection(reply)).code).to.equal('unexpected-reply');
  });

  it('hands over part by part on demand', async () => {
    const simulation = Simulation.ready();
    const parts: DecodedOf<'multipart-reply'>[] = [];
    const { xid, reply } = ask(simulation, {
      onPart: (part: DecodedOf<'multipart-reply'>) => parts.push(part),
    });
    simulation.deliver(tablePart(xid, [1], true), tablePart(xid, [2], false));
    expect(await reply).to.deep.equal([2]);
    expect(parts).to.have.length(2);
  });

  it('rejects half a reply when the connection goes', async () => {
    const simulation = Simulation.ready();
    const { xid, reply } = ask(simulation);
    simulation.deliver(tablePart(xid, [1], true));
    simulation.session.close();
    expect((await rejection(reply)).code).to.equal('closed');
  });

  it('ends a half reply at the time limit', async () => {
    const simulation = Simulation.ready({ requestTimeout: 1000 });
    const reply = simulation.session.request(REQUEST);
    simulation.pass(0);
    const xid = simulation.said()[0]!.xid!;
    simulation.deliver({ type: 'multipart-reply', flags: ['more'], body: { type: 'flow', flows: [] }, xid });
    simulation.pass(0);
    simulation.pass(1000);
    expect((await rejection(reply)).code).to.equal('request-timeout');
  });

  it('waits for each part as long as for the first', async () => {
    const simulation = Simulation.ready({ requestTimeout: 1000 });
    const { xid, reply } = ask(simulation);
    for (const port of [1, 2, 3]) {
      simulation.pass(900);
      simulation.deliver(tablePart(xid, [port], true));
      simulation.pass(0);
    }
    simulation.pass(900);
    simulation.deliver(tablePart(xid, [4], false));
    expect(await reply).to.deep.equal([1, 2, 3, 4]);
  });

  it('hands over updates of flow monitors, which carry xid 0 and answer no call', () => {
    const simulation = Simulation.ready();
    simulation.deliver(tablePart(0, [1], false));
    expect(simulation.events.map(({ event }) => event)).to.deep.equal(['message']);
  });
});

import { duplexPair } from 'node:stream';
import { expect } from 'chai';
import type { OvsdbError } from '../../../controller/ovsdb/errors.js';
import { JsonRpcConnection, type JsonRpcOptions } from '../../../controller/ovsdb/json-rpc.js';
import { JsonSplitter } from '../../../controller/ovsdb/json-splitter.js';
import { eventually, rejection } from './fake-server.js';

/** A connection and its other end, at which the test sits. */
function pair(options: JsonRpcOptions = {}) {
  const [near, far] = duplexPair();
  const heard: Record<string, unknown>[] = [];
  const notifications: [string, readonly unknown[]][] = [];
  const endings: OvsdbError[] = [];
  const splitter = new JsonSplitter();
  far.on('data', chunk => heard.push(...([...splitter.push(chunk)] as Record<string, unknown>[])));
  const connection = new JsonRpcConnection(
    near,
    {
      notification: (method, params) => notifications.push([method, params]),
      closed: error => endings.push(error),
    },
    { probeInterval: 0, ...options },
  );
  const say = (message: unknown) =>
    far.write(typeof message === 'string' ? message : JSON.stringify(message));
  const call = (method: string, options: object = {}) =>
    connection.call(method, [], result => result, options);
  return { connection, far, heard, notifications, endings, say, call };
}

describe('a JSON-RPC connection', () => {
  it('gives each call its own answer, in whatever order they come', async () => {
    const { call, say, heard } = pair();
    const calls = ['a', 'b', 'c'].map(method => call(method));
    await eventually(() => heard.length === 3, 'three requests');
    for (const request of [...heard].reverse()) {
      say({ id: request.id, result: `for ${request.method}`, error: null });
    }
    expect(await Promise.all(calls)).to.deep.equal(['for a', 'for b', 'for c']);
  });

  it('answers an echo with what it was sent, and an unknown request with an error', async () => {
    const { say, heard } = pair();
    say({ method: 'echo', params: ['€', [1]], id: 'x' });
    say({ method: 'make-coffee', params: [], id: 7 });
    await eventually(() => heard.length === 2, 'two answers');
    expect(heard[0]).to.deep.equal({ result: ['€', [1]], error: null, id: 'x' });
    expect(heard[1]).to.include({ result: null, id: 7 });
  });

  it('hands over notifications', async () => {
    const { say, notifications } = pair();
    say({ method: 'update', params: ['m', {}], id: null });
    await eventually(() => notifications.length === 1, 'a notification');
    expect(notifications).to.deep.equal([['update', ['m', {}]]]);
  });

  it('rejects a refused call with what the peer said', async () => {
    const { call, say } = pair();
    const first = rejection(call('a'));
    const second = rejection(call('b'));
    say({ id: 1, result: null, error: { error: 'unknown database', details: 'no database X' } });
    say({ id: 2, result: null, error: 'plain text' });
    expect(await first).to.include({ code: 'rpc-error', reason: 'unknown database' });
    expect((await first).message).to.contain('no database X');
    expect(await second).to.include({ code: 'rpc-error', reason: 'plain text' });
  });

  it('gives a call up at its time limit and at its signal, cancels it, and ignores the late answer', async () => {
    const { call, say, heard, endings } = pair();
    expect(await rejection(call('slow', { timeout: 1, cancel: 'cancel' }))).to.include({ code: 'timed-out' });
    const controller = new AbortController();
    const aborted = rejection(call('slow', { signal: controller.signal, cancel: 'cancel' }));
    controller.abort();
    expect(await aborted).to.include({ code: 'aborted' });
    expect(await rejection(call('never', { signal: controller.signal }))).to.include({ code: 'aborted' });
    say({ id: 1, result: 'late', error: null });
    const after = call('after');
    say({ id: 3, result: 'here', error: null });
    expect(await after).to.equal('here');
    const cancelled = heard.filter(message => message.method === 'cancel').map(message => message.params);
    expect(cancelled).to.deep.equal([[1], [2]]);
    expect(endings).to.deep.equal([]);
  });

  it('rejects everything that waits when the connection goes, and every call after it', async () => {
    const { call, far, endings } = pair();
    const waiting = [call('a'), call('b')].map(rejection);
    far.end();
    for (const error of await Promise.all(waiting)) expect(error).to.include({ code: 'connection-lost' });
    expect(await rejection(call('c'))).to.include({ code: 'connection-lost' });
    expect(endings).to.have.length(1);
  });

  it('ends a connection whose peer talks nonsense', async () => {
    const nonsense: unknown[] = [
      'HTTP/1.0 400 Bad Request',
      '{"method":7,"params":[],"id":null}',
      { method: 'update', params: {}, id: null },
      {},
      { id: 99, result: 1, error: null },
      { id: '1', result: 1, error: null },
      { id: 0, result: 1, error: null },
      { id: 1.5, error: 'x' },
    ];
    for (const message of nonsense) {
      const { call, say, endings } = pair();
      const waiting = rejection(call('a'));
      say(message);
      expect(await waiting, JSON.stringify(message)).to.include({ code: 'malformed' });
      expect(endings.map(error => error.code)).to.deep.equal(['malformed']);
    }
  });

  it('ends a connection whose peer sends a message without end', async () => {
    const { call, say, connection } = pair({ limits: { maxBytes: 1000, maxDepth: 8 } });
    const waiting = rejection(call('a'));
    say('{"result":"');
    while (connection.closed === undefined) {
      say('x'.repeat(100));
      await new Promise(resolve => setImmediate(resolve));
    }
    expect(await waiting).to.include({ code: 'too-large' });
  });

  it('lets only so many calls wait', async () => {
    const { call, connection } = pair({ maxPending: 2 });
    const waiting = [call('a'), call('b')].map(rejection);
    expect(await rejection(call('c'))).to.include({ code: 'too-busy' });
    connection.close();
    for (const error of await Promise.all(waiting)) expect(error).to.include({ code: 'closed' });
  });

  it('gives up a peer that does not read', async () => {
    const { far, connection } = pair({ maxOutput: 10_000 });
    far.pause();
    for (let count = 0; count < 100_000 && connection.closed === undefined; count++) {
      connection.notify('noise', ['x'.repeat(1000)]);
    }
    expect(connection.closed).to.include({ code: 'too-busy' });
  });

  it('asks a silent peer for an echo, and gives it up when it stays silent', async () => {
    const { heard, endings } = pair({ probeInterval: 5 });
    await eventually(() => endings.length > 0, 'the end of the connection');
    expect(heard.map(message => message.method)).to.deep.equal(['echo']);
    expect(endings[0]).to.include({ code: 'silent' });
  });

  it('keeps a peer that answers echoes', async () => {
    const { heard, endings, say, far } = pair({ probeInterval: 5 });
    far.on('data', () => say({ id: heard.at(-1)!.id, result: [], error: null }));
    await eventually(() => heard.length >= 5, 'five echoes');
    expect(endings).to.deep.equal([]);
  });

  it('rejects a call whose answer its receiver refuses, and goes on', async () => {
    const { connection, say, call } = pair();
    const refused = rejection(
      connection.call('a', [], () => {
        throw new Error('not what was asked');
      }),
    );
    say({ id: 1, result: 0, error: null });
    expect((await refused).message).to.equal('not what was asked');
    const next = call('b');
    say({ id: 2, result: 5, error: null });
    expect(await next).to.equal(5);
  });
});

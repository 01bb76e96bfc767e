import { chmodSync } from 'node:fs';
import { expect } from 'chai';
import fc from 'fast-check';
import { type ClientState, OvsdbClient, type OvsdbClientOptions } from '../../../controller/ovsdb/client.js';
import { mapOf, optional, scalar, setOf } from '../../../controller/ovsdb/column.js';
import { Database } from '../../../controller/ovsdb/database.js';
import { OvsdbError } from '../../../controller/ovsdb/errors.js';
import { eventually, FakeServer, type Respond, rejection, TEST_SCHEMA } from './fake-server.js';

const DEFINITION = {
  name: 'Test',
  tables: {
    Thing: {
      name: scalar('string'),
      size: optional('integer'),
      tags: setOf('string'),
      notes: mapOf('string', 'string'),
    },
  },
} as const;

const QUICK: OvsdbClientOptions = { backoff: { min: 2, max: 10 }, probeInterval: 0 };
const id = (digit: number) => `00000000-0000-4000-8000-00000000000${digit}`;

describe('an OVSDB client', () => {
  let server: FakeServer;
  const clients: OvsdbClient[] = [];
  const open = async (options: OvsdbClientOptions = {}) => {
    const client = await OvsdbClient.open(server.endpoint, { ...QUICK, ...options });
    clients.push(client);
    return client;
  };
  const start = async (respond: Respond) => {
    server = await FakeServer.start(respond);
  };
  afterEach(async () => {
    for (const client of clients.splice(0)) client.close();
    await server.stop();
  });

  it('says at once that nobody listens, with what to do about it', async () => {
    await start(() => []);
    await server.vanish();
    const error = await rejection(OvsdbClient.open(server.endpoint, QUICK));
    expect(error).to.include({ code: 'connect-failed' });
    expect((error as OvsdbError).mend).to.contain('start Open vSwitch');
  });

  it('says who may connect where this user may not', async () => {
    await start(() => []);
    chmodSync(server.endpoint.replace('unix:', ''), 0);
    const isRoot = process.getuid!() === 0;
    if (isRoot) process.seteuid!(65_534);
    try {
      const error = await rejection(OvsdbClient.open(server.endpoint, QUICK));
      expect((error as OvsdbError).mend).to.contain('sudo');
    } finally {
      if (isRoot) process.seteuid!(0);
    }
  });

  it('gives a first connection up at its signal', async () => {
    await start(() => []);
    await server.vanish();
    const signal = AbortSignal.abort();
    expect(await rejection(OvsdbClient.open(server.endpoint, { ...QUICK, signal }))).to.include({
      code: 'aborted',
    });
  });

  it('rejects what waited when the server vanishes, and comes back when the server does', async () => {
    await start(({ method }) => (method === 'list_dbs' ? ['Test'] : undefined));
    const states: ClientState[] = [];
    const client = await open({ onState: state => states.push(state) });
    const waiting = rejection(client.transact('Test', [{ op: 'comment', comment: 'x' }]));
    await eventually(() => server.requests.length === 1, 'the transaction');
    await server.vanish();
    expect(await waiting).to.include({ code: 'connection-lost' });
    const later = client.listDatabases();
    await server.listen();
    expect(await later).to.deep.equal(['Test']);
    expect(states.slice(0, 3)).to.deep.equal(['connecting', 'connected', 'waiting']);
    expect(states.at(-1)).to.equal('connected');
  });

  it('lets a call wait for a connection only within its time limit and until its signal', async () => {
    await start(() => []);
    const client = await open();
    await server.vanish();
    await eventually(() => client.state !== 'connected', 'the loss');
    const error = await rejection(client.listDatabases({ timeout: 5 }));
    expect(error).to.include({ code: 'timed-out' });
    const controller = new AbortController();
    const aborted = rejection(client.listDatabases({ signal: controller.signal }));
    controller.abort();
    expect(await aborted).to.include({ code: 'aborted' });
    const closed = rejection(client.listDatabases());
    client.close();
    expect(await closed).to.include({ code: 'closed' });
  });

  it('meets any nonsense with a typed error and a new connection', async () => {
    await start(({ method }) => (method === 'list_dbs' ? ['Test'] : undefined));
    let losses = 0;
    const client = await open({ onState: state => state === 'waiting' && losses++ });
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(fc.uint8Array({ minLength: 1, maxLength: 50 }), fc.jsonValue()),
        async nonsense => {
          const before = losses;
          const waiting = client.call('wait', [], () => {}, { timeout: 20 }).catch((error: unknown) => error);
          server.say(nonsense instanceof Uint8Array ? nonsense : JSON.stringify(nonsense));
          expect(await waiting).to.be.instanceOf(OvsdbError);
          // An unfinished message swallows the answers after it; ending the connection clears it.
          for (const socket of server.sockets) socket.destroy();
          await eventually(() => losses > before, 'the loss');
          expect(await client.listDatabases()).to.deep.equal(['Test']);
        },
      ),
      { numRuns: 30 },
    );
  });

  it('checks the answers of the server', async () => {
    const answers: Record<string, unknown> = { list_dbs: 'no list', get_schema: {}, transact: 'no list' };
    await start(({ method }) => answers[method]);
    const client = await open();
    const database = new Database(client, DEFINITION);
    expect(await rejection(client.listDatabases())).to.include({ code: 'malformed' });
    expect(await rejection(database.schema())).to.include({ code: 'malformed' });
    answers.get_schema = TEST_SCHEMA;
    expect(await rejection(database.select('Thing'))).to.include({ code: 'malformed' });
    for (const transact of [
      [],
      [null],
      [{}],
      [{ rows: {} }],
      [{ rows: [7] }],
      [{ rows: [{ name: 7 }] }],
      [1],
      [{}, {}],
    ]) {
      answers.transact = transact;
      expect(await rejection(database.select('Thing')), JSON.stringify(transact)).to.include({
        code: 'malformed',
      });
    }
    const other = { ...TEST_SCHEMA, tables: { Thing: { columns: { name: { type: 'integer' } } } } };
    answers.get_schema = other;
    expect(await rejection(new Database(client, DEFINITION).schema())).to.include({
      code: 'schema-mismatch',
    });
  });

  it('tells which operation of a transaction failed and why', async () => {
    let transact: unknown[] = [];
    await start(({ method }) => (method === 'get_schema' ? TEST_SCHEMA : transact));
    const database = new Database(await open(), DEFINITION);
    const run = () =>
      rejection(
        database.transact([
          { op: 'insert', table: 'Thing', row: { name: 'a' } },
          { op: 'wait', table: 'Thing', where: [], columns: ['name'], until: '==', rows: [], timeout: 0 },
        ]),
      );
    transact = [{ uuid: ['uuid', id(1)] }, { error: 'timed out', details: 'waited' }];
    expect(await run()).to.include({ code: 'wait-failed', operation: 1 });
    transact = [{ error: 'constraint violation', details: 'too long' }, null];
    expect(await run()).to.include({
      code: 'transaction-failed',
      operation: 0,
      reason: 'constraint violation',
    });
    transact = [{ uuid: ['uuid', id(1)] }, {}, { error: 'referential integrity violation' }];
    const atCommit = await run();
    expect(atCommit).to.include({ code: 'transaction-failed', reason: 'referential integrity violation' });
    expect((atCommit as OvsdbError).operation).to.equal(undefined);
  });

  it('refuses a bad value before anything is sent', async () => {
    await start(({ method }) => (method === 'get_schema' ? TEST_SCHEMA : undefined));
    const database = new Database(await open(), DEFINITION);
    const row = { name: 7 as unknown as string };
    expect(await rejection(database.transact([{ op: 'insert', table: 'Thing', row }]))).to.include({
      code: 'bad-value',
    });
    const stranger = { colour: 'red' } as object;
    expect(await rejection(database.transact([{ op: 'insert', table: 'Thing', row: stranger }]))).to.include({
      code: 'schema-mismatch',
    });
    expect(server.requests.map(({ method }) => method)).to.deep.equal(['get_schema']);
  });

  it('reads columns that an older server lacks as their default, and does not write them', async () => {
    const older = structuredClone(TEST_SCHEMA);
    Reflect.deleteProperty(older.tables.Thing.columns, 'notes');
    await start(({ method }) =>
      method === 'get_schema'
        ? older
        : [{ rows: [{ _uuid: ['uuid', id(1)], name: 'a', size: 2, tags: ['set', []] }] }],
    );
    const database = new Database(await open(), DEFINITION);
    expect(await database.select('Thing')).to.deep.equal([
      { _uuid: id(1), name: 'a', size: 2, tags: [], notes: new Map() },
    ]);
    expect(server.requests.at(-1)!.params[1]).to.deep.include({ columns: ['_uuid', 'name', 'size', 'tags'] });
    const write = database.transact([{ op: 'insert', table: 'Thing', row: { notes: { a: 'b' } } }]);
    expect(await rejection(write)).to.include({ code: 'schema-mismatch' });
  });

  describe('with a monitor', () => {
    /** The server's rows of Thing, by the last digit of their UUID. */
    let rows: Record<number, { name: string; tags?: unknown }>;
    const snapshot = (conditional: boolean) => ({
      Thing: Object.fromEntries(
        Object.entries(rows).map(([digit, row]) => [
          id(Number(digit)),
          conditional
            ? { initial: row }
            : { new: { size: ['set', []], tags: ['set', []], notes: ['map', []], ...row } },
        ]),
      ),
    });
    const serve =
      (conditional = true): Respond =>
      ({ method }) => {
        if (method === 'get_schema') return TEST_SCHEMA;
        if (method === 'monitor') return snapshot(false);
        if (method === 'monitor_cond') return conditional ? snapshot(true) : new Error('unknown method');
        if (method === 'monitor_cancel') return {};
        return undefined;
      };
    beforeEach(() => {
      rows = { 1: { name: 'one' }, 2: { name: 'two' } };
    });

    const follow = async () => {
      const heard: string[] = [];
      const database = new Database(await open(), DEFINITION);
      const monitor = await database.monitor({ Thing: { columns: ['name', 'tags'] } }, changes => {
        heard.push(...changes.map(({ before, after }) => `${before?.name ?? '-'}>${after?.name ?? '-'}`));
      });
      return { monitor, heard };
    };
    const monitorId = () =>
      server.requests.findLast(({ method }) => method.startsWith('monitor'))!.params[1] as string;

    it('hears the content first and then every change', async () => {
      await start(serve());
      const { monitor, heard } = await follow();
      expect(heard).to.deep.equal(['->one', '->two']);
      const updates = { Thing: { [id(1)]: { modify: { name: 'uno' } }, [id(2)]: { delete: null } } };
      server.say({ method: 'update2', params: [monitorId(), updates], id: null });
      await monitor.waitFor(() => (monitor.rows('Thing').size === 1 ? true : undefined), 'the deletion');
      expect(heard.slice(2)).to.deep.equal(['one>uno', 'two>-']);
      expect([...monitor.rows('Thing').values()]).to.deep.equal([{ _uuid: id(1), name: 'uno', tags: [] }]);
    });

    it('hears after a reconnection only what really changed meanwhile', async () => {
      await start(serve());
      const { monitor, heard } = await follow();
      await server.vanish();
      await eventually(() => !monitor.synchronised, 'the loss');
      expect(monitor.rows('Thing').size).to.equal(2);
      rows = { 2: { name: 'two', tags: ['set', []] }, 3: { name: 'three' } };
      await server.listen();
      await eventually(() => monitor.synchronised, 'the new snapshot');
      expect(heard.slice(2).sort()).to.deep.equal(['->three', 'one>-']);
    });

    it('does without conditions at a server that has none', async () => {
      await start(serve(false));
      const { heard } = await follow();
      expect(heard).to.deep.equal(['->one', '->two']);
    });

    it('starts afresh when an update makes no sense', async () => {
      await start(serve());
      const { monitor, heard } = await follow();
      const socket = [...server.sockets][0]!;
      server.say({
        method: 'update2',
        params: [monitorId(), { Thing: { [id(7)]: { modify: { name: 'x' } } } }],
        id: null,
      });
      await eventually(() => socket.destroyed, 'the end of the connection');
      await eventually(() => monitor.synchronised, 'the new snapshot');
      expect(heard).to.deep.equal(['->one', '->two']);
    });

    it('starts afresh when the server cancels it', async () => {
      await start(serve());
      const { monitor } = await follow();
      const socket = [...server.sockets][0]!;
      server.say({ method: 'monitor_canceled', params: [monitorId()], id: null });
      await eventually(() => socket.destroyed, 'the end of the connection');
      await eventually(() => monitor.synchronised, 'the new snapshot');
    });

    it('tells the listener before those who wait, who may look at what the listener keeps', async () => {
      await start(serve());
      const { monitor, heard } = await follow();
      const waiting = monitor.waitFor(() => (heard.length === 3 ? true : undefined), 'the third change');
      const updates = { Thing: { [id(2)]: { delete: null } } };
      server.say({ method: 'update2', params: [monitorId(), updates], id: null });
      expect(await waiting).to.equal(true);
    });

    it('refuses more rows than it may hold', async () => {
      await start(serve());
      const database = new Database(await open(), DEFINITION);
      expect(await rejection(database.monitor({ Thing: {} }, undefined, { maxRows: 1 }))).to.include({
        code: 'too-large',
      });
    });

    it('rejects who waits for a change when the time is over, the signal fires or the client is closed', async () => {
      await start(serve());
      const { monitor } = await follow();
      const never = (options: object) =>
        rejection(monitor.waitFor(() => undefined, 'the impossible', options));
      expect(await never({ timeout: 1 })).to.include({ code: 'timed-out' });
      expect(await never({ signal: AbortSignal.abort() })).to.include({ code: 'aborted' });
      const waiting = never({});
      clients[0]!.close();
      expect(await waiting).to.include({ code: 'closed' });
      expect(await never({})).to.include({ code: 'closed' });
    });

    it('is heard no more once it is cancelled', async () => {
      await start(serve());
      const { monitor, heard } = await follow();
      const name = monitorId();
      await monitor.cancel();
      expect(server.requests.at(-1)).to.include({ method: 'monitor_cancel' });
      server.say({ method: 'update2', params: [name, { Thing: { [id(1)]: { delete: null } } }], id: null });
      expect(await rejection(clients[0]!.listDatabases({ timeout: 20 }))).to.include({ code: 'timed-out' });
      expect(heard).to.deep.equal(['->one', '->two']);
      expect(clients[0]!.state).to.equal('connected');
    });
  });
});

import { expect } from 'chai';
import {
  Database,
  named,
  OPEN_VSWITCH,
  type OpenVswitchDatabase,
  OvsdbClient,
} from '../../../controller/ovsdb/index.js';
import { until } from '../../../mininet/driver/index.js';
import { rejection } from '../../unit/ovsdb/fake-server.js';
import { OvsdbProcess } from './ovsdb-process.js';

describe('the OVSDB client and a real ovsdb-server', () => {
  let server: OvsdbProcess;
  let client: OvsdbClient;
  let database: OpenVswitchDatabase;
  before(async () => {
    server = await OvsdbProcess.start();
  });
  beforeEach(async () => {
    client = await OvsdbClient.open(server.endpoint, { backoff: { min: 5, max: 50 } });
    database = new Database(client, OPEN_VSWITCH);
  });
  afterEach(() => client.close());
  after(() => server.stop());

  const addBridge = (name: string, options: object = {}) =>
    database.transact(
      [
        { op: 'insert', table: 'Interface', row: { name, type: 'internal' }, name: 'i' },
        { op: 'insert', table: 'Port', row: { name, interfaces: [named('i')] }, name: 'p' },
        {
          op: 'insert',
          table: 'Bridge',
          row: {
            name,
            ports: [named('p')],
            external_ids: { made: 'here' },
            other_config: new Map([['k', 'ü"\\']]),
          },
          name: 'b',
        },
        { op: 'mutate', table: 'Open_vSwitch', where: [], mutations: [['bridges', 'insert', [named('b')]]] },
        { op: 'comment', comment: 'a test' },
      ],
      options,
    );

  it('lists databases, reads the schema and has its echo returned', async () => {
    expect(await client.listDatabases()).to.include('Open_vSwitch');
    const schema = await database.schema();
    expect(schema.tables.get('Controller')!.get('is_connected')!.ephemeral).to.equal(true);
    expect(schema.tables.get('Bridge')!.get('protocols')!.values).to.include('OpenFlow13');
    expect(await client.echo(['hello', 7])).to.deep.equal(['hello', 7]);
    expect(await rejection(client.schema('Nothing'))).to.include({
      code: 'rpc-error',
      reason: 'unknown database',
    });
  });

  it('carries out a transaction of which ovs-vsctl sees every value', async () => {
    const [, , bridge] = await addBridge('tx0');
    expect((await server.vsctl(['get', 'Bridge', 'tx0', '_uuid'])).trim()).to.equal(bridge.uuid);
    expect((await server.vsctl(['get', 'Bridge', 'tx0', 'external_ids:made'])).trim()).to.equal('here');
    const [row] = await database.select('Bridge', [['name', '==', 'tx0']]);
    expect(row!.other_config).to.deep.equal(new Map([['k', 'ü"\\']]));
    const [updated, mutated, selected, deleted] = await database.transact([
      { op: 'update', table: 'Bridge', where: [['_uuid', '==', bridge.uuid]], row: { fail_mode: 'secure' } },
      {
        op: 'mutate',
        table: 'Bridge',
        where: [['name', '==', 'tx0']],
        mutations: [
          ['external_ids', 'delete', ['made']],
          ['protocols', 'insert', ['OpenFlow13']],
        ],
      },
      {
        op: 'select',
        table: 'Bridge',
        where: [['protocols', 'includes', ['OpenFlow13']]],
        columns: ['name', 'fail_mode', 'external_ids'],
      },
      { op: 'delete', table: 'Bridge', where: [['name', '==', 'none of this name']] },
    ]);
    expect(updated.count).to.equal(1);
    expect(mutated.count).to.equal(1);
    expect(selected.rows).to.deep.equal([
      { _uuid: bridge.uuid, name: 'tx0', fail_mode: 'secure', external_ids: new Map() },
    ]);
    expect(deleted.count).to.equal(0);
  });

  it('changes nothing when one operation fails, and says which', async () => {
    const failing = database.transact([
      { op: 'update', table: 'Bridge', where: [], row: { fail_mode: 'standalone' } },
      { op: 'abort' },
    ]);
    expect(await rejection(failing)).to.include({
      code: 'transaction-failed',
      operation: 1,
      reason: 'aborted',
    });
    const bridges = await database.select('Bridge', [['fail_mode', '==', 'standalone']]);
    expect(bridges).to.deep.equal([]);
    const violation = await rejection(
      database.transact([
        { op: 'update', table: 'Open_vSwitch', where: [], row: { bridges: [crypto.randomUUID()] } },
      ]),
    );
    expect(violation).to.include({ code: 'transaction-failed', reason: 'referential integrity violation' });
  });

  it('takes a wait as a precondition', async () => {
    const transaction = database.transact([
      {
        op: 'wait',
        table: 'Bridge',
        where: [['name', '==', 'waited']],
        columns: ['name'],
        until: '==',
        rows: [{ name: 'waited' }],
        timeout: 0,
      },
    ]);
    expect(await rejection(transaction)).to.include({ code: 'wait-failed', operation: 0 });
  });

  it('cancels at the server what was given up', async () => {
    const controller = new AbortController();
    const held = database.transact(
      [
        {
          op: 'wait',
          table: 'Bridge',
          where: [['name', '==', 'later']],
          columns: ['name'],
          until: '==',
          rows: [{ name: 'later' }],
        },
        {
          op: 'mutate',
          table: 'Open_vSwitch',
          where: [],
          mutations: [['external_ids', 'insert', { fired: 'yes' }]],
        },
      ],
      { signal: controller.signal },
    );
    const outcome = rejection(held);
    await client.echo();
    controller.abort();
    expect(await outcome).to.include({ code: 'aborted' });
    await addBridge('later');
    const [root] = await database.select('Open_vSwitch', [], ['external_ids']);
    expect(root!.external_ids.has('fired')).to.equal(false);
  });

  it('follows the changes of others: inserts, modifications of sets and maps, deletions', async () => {
    const changes: (string | undefined)[][] = [];
    const monitor = await database.monitor(
      { Bridge: { columns: ['name', 'protocols', 'other_config', 'fail_mode'] } },
      batch => changes.push(...batch.map(({ before, after }) => [before?.name, after?.name])),
    );
    const known = monitor.rows('Bridge').size;
    const found = () => [...monitor.rows('Bridge').values()].find(row => row.name === 'mon0');
    await server.vsctl(['add-br', 'mon0', '--', 'set', 'bridge', 'mon0', 'protocols=OpenFlow10,OpenFlow13']);
    await monitor.waitFor(found, 'the bridge');
    await server.vsctl([
      ...['set', 'bridge', 'mon0', 'protocols=OpenFlow13,OpenFlow14', 'other_config={a="1",b="2"}'],
      ...['fail_mode=secure', '--', 'remove', 'bridge', 'mon0', 'other_config', 'b'],
    ]);
    const row = await monitor.waitFor(
      () => (found()!.other_config.size > 0 ? found() : undefined),
      'the change',
    );
    expect([...row.protocols].sort()).to.deep.equal(['OpenFlow13', 'OpenFlow14']);
    expect(row.other_config).to.deep.equal(new Map([['a', '1']]));
    expect(row.fail_mode).to.equal('secure');
    await server.vsctl([
      'set',
      'bridge',
      'mon0',
      'other_config:a=3',
      '--',
      'clear',
      'bridge',
      'mon0',
      'fail_mode',
    ]);
    await monitor.waitFor(() => found()?.other_config.get('a') === '3' || undefined, 'the new value');
    expect(found()!.fail_mode).to.equal(undefined);
    await server.vsctl(['del-br', 'mon0']);
    await monitor.waitFor(() => found() === undefined || undefined, 'the deletion');
    expect(changes.slice(known)).to.deep.equal([
      [undefined, 'mon0'],
      ['mon0', 'mon0'],
      ['mon0', 'mon0'],
      ['mon0', undefined],
    ]);
    await monitor.cancel();
  });

  it('follows only the rows that meet a condition', async () => {
    const names = new Set<string>();
    const monitor = await database.monitor(
      { Bridge: { columns: ['name'], where: [['name', '==', 'cond1']] } },
      batch => {
        for (const { after } of batch) if (after !== undefined) names.add(after.name);
      },
    );
    await addBridge('cond0');
    await addBridge('cond1');
    await monitor.waitFor(() => (names.size > 0 ? true : undefined), 'the bridge');
    expect([...names]).to.deep.equal(['cond1']);
    await monitor.cancel();
  });

  it('outlives a killed server: what waited is rejected, monitors hear only what changed, calls work again', async () => {
    const heard: string[] = [];
    const monitor = await database.monitor({ Bridge: { columns: ['name'] } }, batch =>
      heard.push(...batch.map(({ before, after }) => `${before?.name ?? '-'}>${after?.name ?? '-'}`)),
    );
    await addBridge('kill0');
    heard.length = 0;
    const never = database.transact([
      {
        op: 'wait',
        table: 'Bridge',
        where: [['name', '==', 'never']],
        columns: ['name'],
        until: '==',
        rows: [{ name: 'never' }],
      },
    ]);
    const waiting = rejection(never);
    await client.echo();
    await server.kill();
    expect(await waiting).to.include({ code: 'connection-lost' });
    await until('the loss', () => !monitor.synchronised);
    await server.run();
    // Another client changes the database before or after this one is back: both must come out the same.
    await server.vsctl(['add-br', 'kill1', '--', 'del-br', 'kill0']);
    await monitor.waitFor(() => heard.length >= 2 || undefined, 'the changes');
    expect(heard.sort()).to.deep.equal(['->kill1', 'kill0>-']);
    expect(await client.listDatabases()).to.include('Open_vSwitch');
    await monitor.cancel();
  });

  it('talks over TCP as well', async () => {
    const other = await OvsdbProcess.start(['--remote=ptcp:0:127.0.0.1']);
    try {
      using tcp = await OvsdbClient.open(`tcp:127.0.0.1:${await other.port()}`);
      expect(await tcp.listDatabases()).to.include('Open_vSwitch');
    } finally {
      await other.stop();
    }
  });
});

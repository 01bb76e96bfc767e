import { expect } from 'chai';
import {
  attachBridge,
  detachBridge,
  listControllers,
  type OpenVswitchDatabase,
  openOpenVswitch,
  SNAPSHOT_KEY,
} from '../../../controller/ovsdb/index.js';
import { rejection } from '../../unit/ovsdb/fake-server.js';
import { OvsdbProcess } from './ovsdb-process.js';

const TARGET = 'tcp:127.0.0.1:6653';
/** There is no ovs-vswitchd that could take a change up. */
const NO_WAIT = { wait: false };

describe('attach and detach', () => {
  let server: OvsdbProcess;
  let database: OpenVswitchDatabase;
  before(async () => {
    server = await OvsdbProcess.start();
  });
  beforeEach(async () => {
    database = await openOpenVswitch(server.endpoint);
  });
  afterEach(() => database.client.close());
  after(() => server.stop());

  let count = 0;
  /** A new bridge with these settings. */
  const bridge = async (...settings: string[]) => {
    const name = `att${count++}`;
    await server.vsctl(['add-br', name, ...settings.map(word => (word === 'BR' ? name : word))]);
    return name;
  };
  const get = async (name: string, column: string) =>
    (await server.vsctl(['get', 'bridge', name, column])).trim();
  /** Columns of the bridge and of its controllers, as ovs-vsctl lists them. */
  const dump = async (name: string) => {
    const controllers = (await get(name, 'controller')).replace(/[[\]]/g, '').split(', ').filter(Boolean);
    return [
      await server.vsctl(['list', 'bridge', name]),
      ...(await Promise.all(controllers.sort().map(uuid => server.vsctl(['list', 'controller', uuid])))),
    ].join('\n');
  };

  it('sets a bridge up and puts back exactly what was there, whatever that was', async () => {
    const starts: string[][] = [
      [],
      ['--', 'set', 'bridge', 'BR', 'protocols=OpenFlow10', 'fail_mode=standalone'],
      [
        '--',
        'set',
        'bridge',
        'BR',
        'protocols=OpenFlow13',
        'fail_mode=secure',
        'other_config:disable-in-band=false',
      ],
      ['--', 'set-controller', 'BR', 'tcp:192.0.2.7:6633', 'ssl:192.0.2.8:6653'],
      ['--', 'set-controller', 'BR', TARGET, '--', 'set', 'controller', 'BR', 'connection_mode=in-band'],
      [
        ...['--', 'set', 'bridge', 'BR', 'other_config:a="x,\\"y"', 'external_ids:note="{}"', '--'],
        ...['set-controller', 'BR', 'ptcp:6634', '--', 'set', 'controller', 'BR', 'max_backoff=4000'],
        ...[
          'inactivity_probe=9000',
          'other_config:dscp=10',
          'external_ids:who=somebody',
          'controller_rate_limit=500',
        ],
      ],
    ];
    for (const start of starts) {
      const name = await bridge(...start);
      const before = await dump(name);
      const report = await attachBridge(database, name, TARGET, NO_WAIT);
      expect(report.changed).to.include(`external_ids:${SNAPSHOT_KEY}`);
      expect(await get(name, 'protocols')).to.contain('OpenFlow13');
      expect(await get(name, 'fail_mode')).to.equal('secure');
      expect(await get(name, 'other_config:disable-in-band')).to.equal('"true"');
      const controllers = await listControllers(database, name);
      expect(controllers.map(row => [row.target, row.connection_mode])).to.deep.equal([
        [TARGET, 'out-of-band'],
      ]);
      const { restored } = await detachBridge(database, name, NO_WAIT);
      expect(restored).to.deep.equal(report.before);
      expect(await dump(name)).to.equal(before);
    }
  });

  it('keeps OpenFlow 1.0 for ovs-ofctl on a bridge that named no versions', async () => {
    const name = await bridge();
    await attachBridge(database, name, TARGET, NO_WAIT);
    expect(await get(name, 'protocols'))
      .to.contain('OpenFlow10')
      .and.contain('OpenFlow13');
  });

  it('twice changes nothing, and with another target keeps the first record', async () => {
    const name = await bridge('--', 'set-controller', 'BR', 'tcp:192.0.2.7:6633');
    const before = await dump(name);
    const first = await attachBridge(database, name, TARGET, NO_WAIT);
    const attached = await dump(name);
    const again = await attachBridge(database, name, TARGET, NO_WAIT);
    expect(again.changed).to.deep.equal([]);
    expect(await dump(name)).to.equal(attached);
    const moved = await attachBridge(database, name, 'tcp:127.0.0.1:7777', NO_WAIT);
    expect(moved.changed).to.deep.equal(['controller']);
    expect(moved.before).to.deep.equal(first.before);
    await detachBridge(database, name, NO_WAIT);
    expect(await dump(name)).to.equal(before);
  });

  it('is undone by another process after a restart of the server', async () => {
    const name = await bridge('--', 'set-controller', 'BR', 'tcp:192.0.2.7:6633');
    const before = await dump(name);
    await attachBridge(database, name, TARGET, NO_WAIT);
    database.client.close();
    await server.kill();
    await server.run();
    database = await openOpenVswitch(server.endpoint);
    await detachBridge(database, name, NO_WAIT);
    expect(await dump(name)).to.equal(before);
  });

  it('leaves the fail mode alone when asked to, and a bridge that is not attached always', async () => {
    const name = await bridge('--', 'set', 'bridge', 'BR', 'fail_mode=standalone');
    await attachBridge(database, name, TARGET, { ...NO_WAIT, failMode: 'keep' });
    expect(await get(name, 'fail_mode')).to.equal('standalone');
    await detachBridge(database, name, NO_WAIT);
    const before = await dump(name);
    expect(await detachBridge(database, name, NO_WAIT)).to.deep.equal({ bridge: name, restored: undefined });
    expect(await dump(name)).to.equal(before);
  });

  it('keeps the one true record when two attach at once, and when others change the bridge meanwhile', async () => {
    const name = await bridge('--', 'set-controller', 'BR', 'tcp:192.0.2.7:6633');
    const before = await dump(name);
    const others = await Promise.all([1, 2, 3].map(() => openOpenVswitch(server.endpoint)));
    try {
      const reports = await Promise.all(
        [database, ...others].map((each, index) =>
          attachBridge(each, name, `tcp:127.0.0.1:${7000 + index}`, NO_WAIT),
        ),
      );
      for (const report of reports) expect(report.before).to.deep.equal(reports[0]!.before);
      expect(reports[0]!.before.controllers.map(({ row }) => row.target)).to.deep.equal([
        'tcp:192.0.2.7:6633',
      ]);
      await Promise.all([database, ...others].map(each => detachBridge(each, name, NO_WAIT)));
      expect(await dump(name)).to.equal(before);
    } finally {
      for (const other of others) other.client.close();
    }
  });

  it('refuses a bridge that is not there, a target that is none and a record that cannot be read', async () => {
    const name = await bridge();
    const before = await dump(name);
    const error = await rejection(attachBridge(database, 'nowhere', TARGET, NO_WAIT));
    expect(error).to.include({ code: 'not-found' });
    expect((error as Error & { mend: string }).mend).to.contain(name);
    expect(await rejection(attachBridge(database, name, 'somewhere', NO_WAIT))).to.include({
      code: 'bad-endpoint',
    });
    expect(await dump(name)).to.equal(before);
    for (const record of ['{', '7', '{"version":2}']) {
      await server.vsctl(['set', 'bridge', name, `external_ids:${SNAPSHOT_KEY}=${JSON.stringify(record)}`]);
      expect(await rejection(detachBridge(database, name, NO_WAIT))).to.include({ code: 'bad-snapshot' });
    }
  });

  it('warns when the switch has no certificates for an ssl: controller', async () => {
    const name = await bridge();
    const { warnings } = await attachBridge(database, name, 'ssl:127.0.0.1:6653', NO_WAIT);
    expect(warnings.join()).to.contain('certificates');
  });
});

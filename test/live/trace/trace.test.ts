import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { type AdminServer, startAdminServer } from '../../../controller/api/admin-server.js';
import { cookieOf, ownerNumber } from '../../../controller/switch/cookie.js';
import { OvsSandbox } from '../../../mininet/driver/index.js';
import { exampleBackend } from '../../unit/api/example-backend.js';
import { captured } from '../../unit/cli/captured.js';

describe('cloakflow trace on a real bridge', () => {
  let sandbox: OvsSandbox;
  let folder: string;
  let admin: AdminServer;
  const run = (...args: string[]) => {
    const places = ['--ovsdb', sandbox.database, '--vswitchd', join(sandbox.directory, 'vswitchd.ctl')];
    return captured(['trace', ...args, ...places, '--admin', join(folder, 'admin.sock')]);
  };
  before(async () => {
    sandbox = await OvsSandbox.start();
    folder = await mkdtemp(join(tmpdir(), 'cloakflow-trace-'));
    admin = await startAdminServer(join(folder, 'admin.sock'), exampleBackend());
    await sandbox.addBridge('br0');
    for (const [port, number] of [
      ['one', 1],
      ['two', 2],
    ] as const) {
      await sandbox.vsctl([
        ...[
          'add-port',
          'br0',
          port,
          '--',
          'set',
          'interface',
          port,
          'type=internal',
          `ofport_request=${number}`,
        ],
      ]);
    }
    const cookie = `0x${cookieOf(ownerNumber('learning-switch'), 7).toString(16)}`;
    for (const flow of [
      `table=0,priority=10,cookie=${cookie},in_port=1,ip,actions=output:2`,
      `table=0,priority=10,cookie=${cookie},in_port=1,arp,actions=controller`,
      'table=0,priority=10,in_port=2,tcp,actions=ct(table=1,zone=3)',
      'table=1,priority=10,ct_state=+trk+est,tcp,actions=output:1',
    ]) {
      await sandbox.ofctl(['add-flow', 'br0', flow]);
    }
  });
  after(async () => {
    await admin?.close();
    await rm(folder, { recursive: true, force: true });
    await sandbox.stop();
  });

  it('names the app, the table and the port', async () => {
    const { code, stdout, stderr } = await run('br0', 'in_port=1,ip');
    expect(stderr).to.equal('');
    expect(code).to.equal(0);
    expect(stdout.toString()).to.match(
      /table 0.*: ip,in_port=1, priority 10 {2}\[learning-switch\]\n {4}output:2\n/,
    );
    expect(stdout.toString()).to.match(/\nThe packet goes out of port 2 \(two\) of br0\.\n$/);
  });

  it('says which app the controller gives a packet to', async () => {
    const { stdout } = await run('br0', 'in_port=1,arp', '--json');
    const { verdict } = JSON.parse(stdout.toString());
    expect(verdict).to.deep.equal({
      outcome: 'to-controller',
      outputs: [],
      controllers: ['learning-switch'],
      sentence: 'The packet goes to the controller, for learning-switch.',
    });
  });

  it('follows a packet through conntrack as it is told to', async () => {
    const established = await run('br0', 'in_port=2,tcp', '--ct-next', 'trk,est', '--json');
    const { passes, verdict } = JSON.parse(established.stdout.toString());
    expect(passes).to.have.length(2);
    expect(verdict.outputs).to.deep.equal([{ bridge: 'br0', port: '1', name: 'one' }]);
    const fresh = await run('br0', 'in_port=2,tcp', '--json');
    expect(JSON.parse(fresh.stdout.toString()).verdict.outcome).to.equal('dropped');
  });

  it('takes a whole frame', async () => {
    const arp = `ffffffffffff020000000001 0806 ${'0001080006040001020000000001 0a000001 000000000000 0a000002'}`;
    const { stdout } = await run('br0', 'in_port=1', '--packet', arp, '--json');
    expect(JSON.parse(stdout.toString()).passes[0].flow).to.contain('arp_tpa=10.0.0.2');
  });

  it('goes on without controller and database, and says that names are missing', async () => {
    const socket = join(sandbox.directory, 'vswitchd.ctl');
    const nowhere = join(folder, 'none.sock');
    const { code, stdout, stderr } = await captured([
      ...['trace', 'br0', 'in_port=1,ip', '--vswitchd', socket],
      ...['--admin', nowhere, '--ovsdb', `unix:${nowhere}`],
    ]);
    expect(code).to.equal(0);
    expect(stdout.toString()).to.match(/\nThe packet goes out of port 2 of br0\.\n$/);
    expect(stderr)
      .to.match(/apps are not named/)
      .and.match(/ports are not named/);
  });

  it('passes on what Open vSwitch refuses', async () => {
    const unknown = await run('nowhere', 'in_port=1');
    expect(unknown.code).to.equal(1);
    expect(unknown.stderr).to.contain('unknown bridge').and.to.contain('ovs-vsctl list-br');
    const nonsense = await run('br0', 'in_prt=1', '--json');
    expect(nonsense.code).to.equal(1);
    expect(JSON.parse(nonsense.stderr).error)
      .to.include({ code: 'command-failed' })
      .with.property('mend')
      .that.contains('ovs-fields(7)');
    expect((await run('br0', 'in_port=1', '--packet', 'xyz')).code).to.equal(2);
    const absent = await captured(['trace', 'br0', 'in_port=1', '--vswitchd', join(folder, 'none.ctl')]);
    expect(absent.code).to.equal(4);
  });
});

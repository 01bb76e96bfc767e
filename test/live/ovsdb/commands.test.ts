import { expect } from 'chai';
import { captured } from '../../unit/cli/captured.js';
import { OvsdbProcess } from './ovsdb-process.js';

describe('cloakflow attach and detach', () => {
  let server: OvsdbProcess;
  before(async () => {
    server = await OvsdbProcess.start();
    await server.vsctl(['add-br', 'br0', '--', 'set-controller', 'br0', 'tcp:192.0.2.7:6633']);
  });
  after(() => server.stop());
  const run = (...args: string[]) => captured([...args, '--ovsdb', server.endpoint, '--no-wait']);

  it('set a bridge up and put it back, saying what they did', async () => {
    const before = await server.dump();
    const attached = await run('attach', 'br0', '--controller', 'tcp:127.0.0.1:6653');
    expect(attached.stderr).to.equal('');
    expect(attached.code).to.equal(0);
    expect(attached.stdout.toString()).to.match(
      /^attached br0 to tcp:127\.0\.0\.1:6653\n {2}changed: .*controller/,
    );
    const again = await run('attach', 'br0');
    expect(again.stdout.toString()).to.equal('br0 is attached to tcp:127.0.0.1:6653 already\n');
    const detached = await run('detach', 'br0');
    expect(detached.stdout.toString()).to.match(/^detached br0\n {2}controller: tcp:192\.0\.2\.7:6633\n/);
    expect(await server.dump()).to.equal(before);
    const twice = await run('detach', 'br0');
    expect(twice.code).to.equal(0);
    expect(twice.stdout.toString()).to.contain('not attached');
  });

  it('print JSON where asked', async () => {
    const attached = await run('attach', 'br0', '--fail-mode', 'keep', '--json');
    const report = JSON.parse(attached.stdout.toString());
    expect(report).to.deep.include({ bridge: 'br0', controller: 'tcp:127.0.0.1:6653', warnings: [] });
    expect(report.changed).to.include('controller').and.not.include('fail_mode');
    expect(report.before.controllers[0].row.target).to.equal('tcp:192.0.2.7:6633');
    const detached = JSON.parse((await run('detach', 'br0', '--json')).stdout.toString());
    expect(detached.restored).to.deep.equal(report.before);
    expect(JSON.parse((await run('detach', 'br0', '--json')).stdout.toString()).restored).to.equal(null);
  });

  it('end with the code of what went wrong', async () => {
    expect((await run('attach', 'nowhere')).code).to.equal(1);
    expect((await run('attach', 'br0', '--controller', 'somewhere')).code).to.equal(2);
    expect((await run('attach', 'br0', '--fail-mode', 'never')).code).to.equal(2);
    expect((await run('attach', 'br0', '--private-key', '/k.pem')).code).to.equal(2);
    const unreachable = await captured(['attach', 'br0', '--ovsdb', `unix:${server.path('none.sock')}`]);
    expect(unreachable.code).to.equal(4);
    expect(unreachable.stderr).to.match(/cannot connect to unix:.*\n {2}start Open vSwitch/);
  });
});

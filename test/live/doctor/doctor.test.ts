import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { type AdminServer, startAdminServer } from '../../../controller/api/admin-server.js';
import type { Finding } from '../../../controller/doctor/finding.js';
import { type ConnectionHandler, type Listener, listen } from '../../../controller/transport/index.js';
import { OvsSandbox, until } from '../../../mininet/driver/index.js';
import { exampleBackend, exampleSwitch } from '../../unit/api/example-backend.js';
import { captured } from '../../unit/cli/captured.js';

describe('cloakflow doctor on a real Open vSwitch', () => {
  let sandbox: OvsSandbox;
  let folder: string;
  let admin: AdminServer;
  before(async () => {
    sandbox = await OvsSandbox.start();
    folder = await mkdtemp(join(tmpdir(), 'cloakflow-doctor-'));
    admin = await startAdminServer(join(folder, 'admin.sock'), exampleBackend());
  });
  after(async () => {
    await admin?.close();
    await rm(folder, { recursive: true, force: true });
    await sandbox.stop();
  });

  const doctor = (...args: string[]) => {
    const places = ['--ovsdb', sandbox.database, '--vswitchd', join(sandbox.directory, 'vswitchd.ctl')];
    return captured(['doctor', ...args, ...places, '--admin', join(folder, 'admin.sock')]);
  };
  /** What the doctor says of a bridge. */
  const findings = async (bridge: string): Promise<Finding[]> =>
    JSON.parse((await doctor(bridge, '--json')).stdout.toString());
  const about = async (bridge: string, id: string): Promise<Finding> => {
    const all = await findings(bridge);
    const found = all.find(finding => finding.id === id);
    expect(found, `${id} in ${JSON.stringify(all)}`).to.be.an('object');
    return found!;
  };

  it('finds a bridge that nobody set up: no controller, OpenFlow 1.0 only, a fail mode that lets go', async () => {
    await sandbox.addBridge('raw', { protocols: ['OpenFlow10'] });
    const { code, stdout } = await doctor('raw');
    expect(code).to.equal(1);
    expect(stdout.toString()).to.match(
      /problem raw: the bridge does not speak OpenFlow 1\.3, only OpenFlow10/,
    );
    expect(stdout.toString()).to.match(
      /problem raw: the bridge has no controller .*\n.*\n +mend: `cloakflow attach raw/,
    );
    expect((await about('raw', 'vswitchd-running')).status).to.equal('ok');
    expect((await about('raw', 'ovs-version')).status).to.equal('ok');
  });

  it('knows that ovs-vswitchd is not there', async () => {
    await sandbox.stopVswitchd();
    try {
      expect((await about('raw', 'vswitchd-running')).status).to.equal('problem');
    } finally {
      await sandbox.startVswitchd();
    }
    expect((await about('raw', 'vswitchd-running')).status).to.equal('ok');
  });

  describe('with a controller', () => {
    const listeners: Listener[] = [];
    afterEach(() => Promise.all(listeners.splice(0).map(listener => listener.close())));
    /** An OpenFlow controller that does nothing, at a socket of the sandbox. */
    const controller = async (name: string): Promise<string> => {
      const target = sandbox.controllerSocket(name);
      const idle: ConnectionHandler = {
        ready: () => {},
        packetIn: () => {},
        message: () => {},
        closed: () => {},
      };
      listeners.push(await listen(`p${target}`, () => idle));
      return target;
    };
    const attach = async (bridge: string, target: string) => {
      const { code } = await captured([
        'attach',
        bridge,
        '--controller',
        target,
        '--ovsdb',
        sandbox.database,
      ]);
      expect(code).to.equal(0);
    };
    /** Waits until the bridge has so many connections. */
    const connected = (bridge: string, count: number) =>
      until('the connection', async () => {
        const all = await findings(bridge);
        return (
          all.filter(({ id, status }) => id === 'controller-connected' && status === 'ok').length === count
        );
      });

    it('finds nothing wrong with a bridge that attach set up', async () => {
      await sandbox.addBridge('good', { protocols: ['OpenFlow10'], failMode: 'standalone' });
      await attach('good', await controller('good'));
      await connected('good', 1);
      const wrong = (await findings('good')).filter(
        ({ subject, status }) => subject === 'good' && status !== 'ok',
      );
      // The admin socket of this test is another controller's.
      expect(wrong.map(({ id }) => id)).to.deep.equal(['controller-knows-bridge']);
    });

    it('sees two controllers that steer one bridge', async () => {
      const targets = [await controller('two'), await controller('second')];
      await sandbox.addBridge('two', { controllers: targets });
      await connected('two', 2);
      expect((await about('two', 'one-controller')).finding).to.match(
        /^2 controllers steer the bridge at once/,
      );
    });
  });

  describe('with a listener', () => {
    let server: Server;
    afterEach(() => new Promise(resolve => server.close(resolve)));
    const listen = async (bridge: string, answer: Uint8Array | string | undefined) => {
      server = createServer(socket => {
        socket.on('error', () => {});
        socket.on('data', () => {});
        if (answer !== undefined) socket.write(answer);
      });
      const path = sandbox.controllerSocket(bridge).slice('unix:'.length);
      await new Promise<void>(resolve => server.listen(path, resolve));
      await sandbox.addBridge(bridge, { controllers: [sandbox.controllerSocket(bridge)] });
    };

    it('tells a controller that the bridge does not get through to from what is none', async () => {
      await listen('web', 'HTTP/1.0 400 Bad Request\r\n\r\n');
      const web = await about('web', 'controller-connected');
      expect(web.status).to.equal('problem');
      expect(web.explanation).to.match(/is no OpenFlow controller/);
    });

    it('sees that a controller speaks OpenFlow', async () => {
      await listen('ofp', Uint8Array.of(1, 0, 0, 8, 0, 0, 0, 0));
      const ofp = await about('ofp', 'controller-connected');
      expect(ofp.status).to.equal('problem');
      expect(ofp.explanation).to.match(/A controller answers/);
    });
  });

  it('says that nobody listens where the bridge looks for its controller', async () => {
    await sandbox.addBridge('lost', { controllers: [sandbox.controllerSocket('lost')] });
    const finding = await about('lost', 'controller-connected');
    expect(finding.status).to.equal('problem');
    expect(finding.explanation).to.match(/no such socket/);
  });

  it('sees whether the running controller has the bridge', async () => {
    const controllers = [sandbox.controllerSocket('known')];
    await sandbox.addBridge('known', { datapathId: exampleSwitch.id, controllers });
    expect((await about('known', 'controller-knows-bridge')).status).to.equal('ok');
    await sandbox.addBridge('unknown', { datapathId: '00000000000000ee', controllers });
    expect((await about('unknown', 'controller-knows-bridge')).status).to.equal('warning');
  });

  it('finds the host behind a veth whose checksums the userspace datapath would not finish', async () => {
    await sandbox.addBridge('sums', { failMode: 'standalone' });
    const host = await sandbox.addHost('sums', { addresses: ['10.7.0.1/24'] });
    expect((await about('sums', 'checksum-offload')).status).to.equal('ok');
    await host.run(['ethtool', '-K', 'eth0', 'tx', 'on'], { check: true });
    const finding = await about('sums', 'checksum-offload');
    expect(finding.status).to.equal('problem');
    expect(finding.finding).to.match(
      new RegExp(`eth0 in the namespace of process \\d+, behind port ${host.port}`),
    );
    // The mend mends: it is run as it is given.
    await host.run(['sh', '-c', finding.mend!.replaceAll('`', '').replace(/\.$/, '')], { check: true });
    expect((await about('sums', 'checksum-offload')).status).to.equal('ok');
  });

  it('finds a port whose device is missing', async () => {
    await sandbox.addBridge('torn');
    await sandbox.vsctl(['--no-wait', 'add-port', 'torn', 'not-there']);
    await sandbox.vsctl(['set', 'bridge', 'torn', 'external_ids:settled=yes']);
    const finding = await about('torn', 'interface-errors');
    expect(finding.status).to.equal('problem');
    expect(finding.finding).to.contain('not-there');
  });

  it('names the bridges there are when asked about another', async () => {
    const { code, stdout } = await doctor('nowhere', '--quiet');
    expect(code).to.equal(1);
    expect(stdout.toString()).to.match(/there is no bridge 'nowhere'.*\n +The bridges are: .*raw/);
    expect(stdout.toString()).not.to.match(/^ok/m);
  });

  it('says what it can without Open vSwitch and without a controller', async () => {
    const nowhere = join(folder, 'none.sock');
    const { code, stdout } = await captured(['doctor', '--ovsdb', `unix:${nowhere}`, '--admin', nowhere]);
    expect(code).to.equal(1);
    expect(stdout.toString())
      .to.match(/problem cannot connect to unix:/)
      .and.match(/problem no controller answers/);
    expect((await captured(['doctor', '--ovsdb', 'nonsense'])).code).to.equal(2);
  });
});

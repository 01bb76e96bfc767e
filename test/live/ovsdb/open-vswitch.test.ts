import { expect } from 'chai';
import {
  addBridge,
  addPort,
  addTunnel,
  attachBridge,
  detachBridge,
  getCertificates,
  getConntrackTimeouts,
  listControllers,
  listPorts,
  listTunnels,
  type OpenVswitchDatabase,
  openOpenVswitch,
  removeBridge,
  removeCertificates,
  removeConntrackTimeouts,
  removePort,
  removeTunnel,
  runControlCommand,
  setCertificates,
  setConntrackTimeouts,
  setControllers,
  updateBridge,
} from '../../../controller/ovsdb/index.js';
import { OvsSandbox, until } from '../../../mininet/driver/index.js';
import { rejection } from '../../unit/ovsdb/fake-server.js';

describe('the Open_vSwitch database with a running ovs-vswitchd', () => {
  let sandbox: OvsSandbox;
  let database: OpenVswitchDatabase;
  before(async () => {
    sandbox = await OvsSandbox.start();
    database = await openOpenVswitch(sandbox.database);
    await addBridge(database, 'br0', {
      datapathType: 'netdev',
      failMode: 'secure',
      protocols: ['OpenFlow13'],
    });
  });
  after(async () => {
    database?.client.close();
    await sandbox.stop();
  });

  it('makes, changes and removes bridges that answer OpenFlow at once', async () => {
    await addBridge(database, 'br1', {
      datapathType: 'netdev',
      protocols: ['OpenFlow13'],
      otherConfig: { 'datapath-id': '00000000000000ab' },
    });
    expect(await sandbox.ofctl(['show', 'br1'])).to.contain('dpid:00000000000000ab');
    expect(await rejection(addBridge(database, 'br1'))).to.include({ code: 'exists' });
    await updateBridge(database, 'br1', { otherConfig: { 'datapath-id': '00000000000000cd' } });
    expect(await sandbox.ofctl(['show', 'br1'])).to.contain('dpid:00000000000000cd');
    await removeBridge(database, 'br1');
    expect(await sandbox.vsctl(['list-br'])).to.equal('br0\n');
    expect(await rejection(removeBridge(database, 'br1'))).to.include({ code: 'not-found' });
  });

  it('adds a port, tells its OpenFlow number, and removes it', async () => {
    const settings = { type: 'internal', ofportRequest: 42 };
    expect(await addPort(database, 'br0', 'inner', settings)).to.equal(42);
    expect(await addPort(database, 'br0', 'inner', settings)).to.equal(42);
    expect(await rejection(addPort(database, 'br0', 'inner', { type: 'gre' }))).to.include({
      code: 'exists',
    });
    const ports = await listPorts(database, 'br0');
    expect(ports.map(({ port, interfaces }) => [port.name, interfaces[0]!.type])).to.deep.equal([
      ['br0', 'internal'],
      ['inner', 'internal'],
    ]);
    await removePort(database, 'br0', 'inner');
    expect(await rejection(removePort(database, 'br0', 'inner'))).to.include({ code: 'not-found' });
  });

  it('says why ovs-vswitchd cannot open a device', async () => {
    const error = await rejection(addPort(database, 'br0', 'no-such-device'));
    expect(error).to.include({ code: 'command-failed' });
    expect(error.message).to.match(/no-such-device/);
    await removePort(database, 'br0', 'no-such-device');
  });

  it('adds tunnels of each type, again without change, and removes them', async () => {
    const tunnels = [
      { name: 'vx0', type: 'vxlan', remoteIp: '192.0.2.9', key: 'flow', destinationPort: 4790 },
      { name: 'gre0', type: 'gre', remoteIp: 'flow', localIp: '192.0.2.1', key: 77 },
      { name: 'gen0', type: 'geneve', remoteIp: '2001:db8::9', key: 1 },
    ] as const;
    for (const tunnel of tunnels) {
      const number = await addTunnel(database, 'br0', tunnel);
      expect(number).to.be.greaterThan(0);
      expect(await addTunnel(database, 'br0', tunnel)).to.equal(number);
    }
    expect(await sandbox.vsctl(['get', 'interface', 'vx0', 'options'])).to.equal(
      '{dst_port="4790", key=flow, remote_ip="192.0.2.9"}\n',
    );
    const shown = await sandbox.ofctl(['show', 'br0']);
    for (const { name } of tunnels) expect(shown).to.contain(`(${name})`);
    const listed = await listTunnels(database, 'br0');
    expect(
      listed.map(({ name, type, remoteIp, key }) => ({ name, type, remoteIp, key })),
    ).to.have.deep.members(tunnels.map(({ name, type, remoteIp, key }) => ({ name, type, remoteIp, key })));
    const other = { ...tunnels[0], remoteIp: '192.0.2.10' };
    expect(await rejection(addTunnel(database, 'br0', other))).to.include({ code: 'exists' });
    for (const { name } of tunnels) await removeTunnel(database, 'br0', name);
    expect(await listTunnels(database, 'br0')).to.deep.equal([]);
    expect(await rejection(removeTunnel(database, 'br0', 'br0'))).to.include({ code: 'not-found' });
  });

  it('refuses tunnels that make no sense before anything is sent', async () => {
    const tunnel = { name: 'bad', type: 'vxlan', remoteIp: '192.0.2.9' } as const;
    for (const wrong of [
      { remoteIp: 'host.example' },
      { key: 2 ** 24 },
      { destinationPort: 0 },
      { key: -1 },
    ]) {
      const attempt = (async () => addTunnel(database, 'br0', { ...tunnel, ...wrong }))();
      expect(await rejection(attempt)).to.include({ code: 'bad-value' });
    }
  });

  it('sets the certificates of the switch and takes them away', async () => {
    expect(await getCertificates(database)).to.equal(undefined);
    const files = { privateKey: '/etc/k.pem', certificate: '/etc/c.pem', caCertificate: '/etc/ca.pem' };
    await setCertificates(database, files);
    await setCertificates(database, { ...files, certificate: '/etc/d.pem' });
    expect(await sandbox.vsctl(['get-ssl'])).to.match(/\/etc\/k\.pem.*\/etc\/d\.pem.*\/etc\/ca\.pem/s);
    expect(await getCertificates(database)).to.include({ certificate: '/etc/d.pem', bootstrapCa: false });
    await removeCertificates(database);
    expect(await getCertificates(database)).to.equal(undefined);
  });

  it('sets conntrack timeouts of a zone, of which ovs-vswitchd knows, and takes them away', async () => {
    await setConntrackTimeouts(database, 'netdev', 5, { tcp_syn_sent: 3, udp_first: 2 });
    await setConntrackTimeouts(database, 'netdev', 5, { tcp_syn_sent: 4 });
    expect(await sandbox.vsctl(['list-zone-tp', 'netdev'])).to.match(
      /Zone:5, Timeout Policies: tcp_syn_sent=4\n/,
    );
    expect(await getConntrackTimeouts(database, 'netdev', 5)).to.deep.equal({ tcp_syn_sent: 4 });
    await removeConntrackTimeouts(database, 'netdev', 5);
    await removeConntrackTimeouts(database, 'netdev', 5);
    expect(await getConntrackTimeouts(database, 'netdev', 5)).to.equal(undefined);
    expect(await rejection(setConntrackTimeouts(database, 'netdev', 65536, {}))).to.include({
      code: 'bad-value',
    });
  });

  it('sets controllers, which ovs-vswitchd tries to reach', async () => {
    await setControllers(database, 'br0', ['tcp:127.0.0.1:1', 'ptcp:0:127.0.0.1'], {
      connectionMode: 'out-of-band',
    });
    const rows = await listControllers(database, 'br0');
    expect(rows.map(row => row.target).sort()).to.deep.equal(['ptcp:0:127.0.0.1', 'tcp:127.0.0.1:1']);
    await setControllers(database, 'br0', []);
    expect(await listControllers(database, 'br0')).to.deep.equal([]);
  });

  it('attaches and detaches with ovs-vswitchd taking both up', async () => {
    await attachBridge(database, 'br0', sandbox.controllerSocket('br0'));
    expect(await sandbox.vsctl(['get-controller', 'br0'])).to.equal(`${sandbox.controllerSocket('br0')}\n`);
    await detachBridge(database, 'br0');
    expect(await sandbox.vsctl(['get-controller', 'br0'])).to.equal('');
  });

  it('says that a change is not taken up while ovs-vswitchd is away', async () => {
    await sandbox.stopVswitchd();
    try {
      const change = updateBridge(database, 'br0', { externalIds: { a: 'b' } }, { timeout: 50 });
      expect(await rejection(change)).to.include({ code: 'timed-out' });
    } finally {
      await sandbox.startVswitchd();
    }
  });

  it('gives ovs-vswitchd commands over its control socket', async () => {
    const socket = `${sandbox.directory}/vswitchd.ctl`;
    expect(await runControlCommand(socket, 'version', [])).to.match(/^ovs-vswitchd \(Open vSwitch\)/);
    // A vswitchd without a bridge does not know the commands of bridges yet.
    const listed = async () =>
      (await runControlCommand(socket, 'list-commands', [])).includes('ofproto/trace');
    await sandbox.addBridge('traced');
    await until('the commands of bridges', listed);
    const error = await rejection(runControlCommand(socket, 'ofproto/trace', ['nowhere', 'in_port=1']));
    expect(error).to.include({ code: 'command-failed' });
    expect(error.message).to.contain('unknown bridge');
    expect(await rejection(runControlCommand(`${socket}.none`, 'version', []))).to.include({
      code: 'connect-failed',
    });
  });
});

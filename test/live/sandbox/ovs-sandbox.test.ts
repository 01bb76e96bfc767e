import { existsSync, readlinkSync } from 'node:fs';
import { expect } from 'chai';
import { EmulationError, OvsSandbox, runCommand } from '../../../mininet/driver/index.js';

describe('OvsSandbox', () => {
  let sandbox: OvsSandbox;
  before(async () => {
    sandbox = await OvsSandbox.start();
  });
  after(() => sandbox.stop());

  it('runs a bridge of its own that answers OpenFlow 1.3 on a unix socket', async () => {
    await sandbox.addBridge('own', { datapathId: '00000000000000aa' });
    const shown = await sandbox.ofctl(['show', sandbox.managementSocket('own')]);
    expect(shown)
      .to.match(/OF1\.3/)
      .and.match(/dpid:00000000000000aa/);
  });

  it('lives in a network namespace that is not the machine’s', async () => {
    const { stdout } = await sandbox.run(['readlink', '/proc/self/ns/net']);
    expect(stdout.trim()).not.to.equal(readlinkSync('/proc/self/ns/net'));
  });

  it('links hosts that reach each other over IPv4, IPv6 and TCP', async () => {
    await sandbox.addBridge('lan', { failMode: 'standalone' });
    const a = await sandbox.addHost('lan', { addresses: ['10.0.0.1/24', 'fd00::1/64'] });
    const b = await sandbox.addHost('lan', { addresses: ['10.0.0.2/24', 'fd00::2/64'] });
    expect((await a.run(['ping', '-c1', '-W5', b.ip])).exitCode).to.equal(0);
    expect((await a.run(['ping', '-c1', '-W5', 'fd00::2'])).exitCode).to.equal(0);
    const text = 'x'.repeat(100_000);
    const server = await b.spawn(['node', '-e', ECHO_SERVER]);
    await server.printed(/listening/);
    const sent = await a.run(['node', '-e', ECHO_CLIENT, b.ip], { input: text, timeout: 60_000 });
    expect(sent.stdout).to.equal(text);
    await server.stop();
  });

  it('gives a host the OpenFlow port number that was asked for', async () => {
    await sandbox.addBridge('num');
    const host = await sandbox.addHost('num', { port: 'asked', ofport: 77 });
    expect(host.ofport).to.equal(77);
    expect((await sandbox.vsctl(['get', 'Interface', 'asked', 'ofport'])).trim()).to.equal('77');
  });

  it('keeps bridges over a restart and a crash of ovs-vswitchd', async () => {
    await sandbox.addBridge('kept', { datapathId: '00000000000000bb' });
    for (const how of ['SIGTERM', 'SIGKILL'] as const) {
      await sandbox.restartVswitchd(how);
      expect(await sandbox.ofctl(['show', 'kept'])).to.match(/dpid:00000000000000bb/);
    }
  });

  it('hides the way to a controller from the bridges until it listens, also when it does not start', async () => {
    const target = sandbox.controllerSocket('met');
    await sandbox.addBridge('met', { controllers: [target, 'ptcp:0:127.0.0.1'] });
    const seen: string[] = [];
    const look = async () => seen.push(await sandbox.vsctl(['get-controller', 'met']));
    await sandbox.meet([target], look);
    await sandbox
      .meet([target], async () => {
        await look();
        throw new Error('no');
      })
      .catch(look);
    expect(seen.map(text => text.includes(`${target}\n`))).to.deep.equal([false, false, true]);
    for (const text of seen) expect(text).to.include('ptcp:0:127.0.0.1\n');
  });

  it('leaves checksums and segments open where Open vSwitch can translate them, and says so where it cannot', async () => {
    const { stdout } = await runCommand(['ovs-vswitchd', '--version'], { check: true });
    const isOld = /\) (?:[0-2]\.|3\.[0-2]\.)/.test(stdout);
    const started = await OvsSandbox.start({ offload: true }).catch((reason: unknown) => reason);
    if (isOld) {
      expect(started).to.be.instanceOf(EmulationError).with.property('code', 'ovs-too-old');
      return;
    }
    const offloading = started as OvsSandbox;
    try {
      await offloading.addBridge('open', { failMode: 'standalone' });
      const host = await offloading.addHost('open', { addresses: ['10.0.0.1/24'] });
      expect((await host.run(['ethtool', '-k', 'eth0'])).stdout).to.match(/^tcp-segmentation-offload: on$/m);
    } finally {
      await offloading.stop();
    }
  });

  it('throws the tool’s own words for a command that fails', async () => {
    const error = await sandbox.ofctl(['dump-flows', 'nowhere']).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).to.be.instanceOf(EmulationError).with.property('code', 'command-failed');
    expect(String(error)).to.match(/nowhere/);
  });

  it('leaves no process and no file behind when it stops', async () => {
    const other = await OvsSandbox.start();
    await other.addBridge('gone');
    const host = await other.addHost('gone');
    const sleeper = await host.spawn(['sleep', '1000']);
    await other.stop();
    const { stdout } = await runCommand([
      'sh',
      '-c',
      `grep -sl -- ${other.directory} /proc/[0-9]*/cmdline || true`,
    ]);
    const found = stdout.split('\n').filter(line => line !== '' && !line.includes('/self/'));
    expect(found.filter(line => existsSync(line))).to.deep.equal([]);
    expect(existsSync(other.directory)).to.equal(false);
    expect((await sleeper.exited).killedBy).to.equal('SIGKILL');
  });
});

const ECHO_SERVER = `
const server = require('net').createServer({ allowHalfOpen: true }, socket => socket.pipe(socket));
server.listen(7000, '0.0.0.0', () => console.log('listening'));`;

const ECHO_CLIENT = `
const socket = require('net').connect(7000, process.argv[1]);
process.stdin.pipe(socket).pipe(process.stdout);`;

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { OvsSandbox, until } from '../../../mininet/driver/index.js';
import { captured } from '../../unit/cli/captured.js';
import { Spawned } from '../../unit/cli/spawned.js';

interface Row {
  [key: string]: unknown;
}

describe('command line beside a real Open vSwitch', () => {
  let folder: string;
  let sandbox: OvsSandbox;
  let controller: Spawned;
  const env: NodeJS.ProcessEnv = {};

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cloakflow-cli-'));
    env.CLOAKFLOW_ADMIN = join(folder, 'admin.sock');
    sandbox = await OvsSandbox.start();
    const socket = sandbox.controllerSocket('br0');
    controller = new Spawned(['run', '--listen', `p${socket}`, '--log-level', 'silent', '--json'], env);
    await controller.firstLine();
    await sandbox.addBridge('br0', { datapathId: '00000000000000ab', controllers: [socket] });
  });

  after(async () => {
    await controller?.[Symbol.asyncDispose]();
    await sandbox?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  async function ask(...args: string[]): Promise<Row[]> {
    const { code, stdout, stderr } = await captured([...args, '--json'], [], env);
    expect(stderr).to.equal('');
    expect(code).to.equal(0);
    return JSON.parse(stdout.toString()) as Row[];
  }

  it('`switches` shows the bridge by its name, datapath id and software', async () => {
    await until('the bridge to connect', async () => (await ask('switches')).length === 1);
    const [bridge] = await ask('switches');
    expect(bridge).to.include({ id: '00000000000000ab', name: 'br0', hardware: 'Open vSwitch', tables: 254 });
    const { stdout } = await captured(['switches'], [], env);
    expect(stdout.toString()).to.match(/^00000000000000ab +br0 +.* Open vSwitch \d+\.\d+/m);
  });

  it('`ports` shows the ports that hosts are on, with their counters', async () => {
    const [h1, h2] = [
      await sandbox.addHost('br0', { addresses: ['10.0.0.1/24'] }),
      await sandbox.addHost('br0', { addresses: ['10.0.0.2/24'] }),
    ];
    await until('hosts to reach each other', async () => {
      const { exitCode } = await h1.run(['ping', '-n', '-c', '1', '-W', '1', h2.ip]);
      return exitCode === 0;
    });
    const ports = await ask('ports', 'br0');
    const numbers = ports.map(port => port.number);
    expect(numbers).to.include(0xfffffffe);
    expect(ports.filter(port => Number(port.number) < 0xff00)).to.have.length(2);
    for (const port of ports.filter(port => Number(port.number) < 0xff00)) {
      expect(port).to.include({ switch: '00000000000000ab' });
      expect((port.counters as Row).rxPackets).to.be.greaterThan(0);
    }
  });

  it('`flows` names the app that owns each flow, and knows strangers', async () => {
    await sandbox.ofctl([
      'add-flow',
      sandbox.managementSocket('br0'),
      'table=9,priority=7,tcp,tcp_dst=80,actions=drop',
    ]);
    const flows = await ask('flows', '00000000000000ab');
    expect(flows.filter(flow => flow.app === 'learning-switch').length).to.be.greaterThan(1);
    expect(flows.find(flow => flow.app === null)).to.deep.include({
      table: 9,
      priority: 7,
      match: { ethType: 0x800, ipProto: 6, tcpDst: 80 },
      instructions: [],
    });
    const { stdout } = await captured(['flows', 'br0', '--app', 'none'], [], env);
    expect(stdout.toString()).to.match(/ 9 +7 +- .* eth_type=0x0800,ip_proto=6,tcp_dst=80 +drop\n$/);
  });

  it('`apps stop` takes the flows of an app out of the bridge, `apps start` brings them back', async () => {
    const owned = async () => (await ask('flows', '--app', 'learning-switch')).length;
    expect((await ask('apps', 'stop', 'learning-switch'))[0]).to.include({ state: 'stopped' });
    await until('its flows to go', async () => (await owned()) === 0);
    expect((await ask('apps', 'start', 'learning-switch'))[0]).to.include({ state: 'running' });
    await until('its flows to come back', async () => (await owned()) > 0);
    expect((await ask('flows', '--app', 'none')).length).to.equal(1);
  });
});

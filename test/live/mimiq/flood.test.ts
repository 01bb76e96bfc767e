import { expect } from 'chai';
import { pino } from 'pino';
import { builtInApps } from '../../../apps/index.js';
import { mimiqWith } from '../../../apps/mimiq/app.js';
import { Controller, parseConfig } from '../../../controller/host/index.js';
import { OvsSandbox, type SandboxHost, until } from '../../../mininet/driver/index.js';
import { SilentAllocator } from '../../unit/mimiq/silent-allocator.js';

const DATAPATH_ID = '00000000000000d2';
/** Requests a second of one port that the switch lets through. */
const RATE = 20;
const FLOOD = 5000;

/** Broadcasts datagrams from the port of DHCP clients to that of servers. */
const FLOODER = `
  const socket = require('node:dgram').createSocket('udp4');
  socket.bind(68, () => {
    socket.setBroadcast(true);
    let left = Number(process.argv[1]);
    const next = () => (left-- > 0 ? socket.send('a request', 67, '192.0.2.255', next) : socket.close());
    next();
  });`;

describe('a client that floods the controller with requests', () => {
  let sandbox: OvsSandbox;
  let controller: Controller | undefined;
  let allocator: SilentAllocator;
  let [flooder, other]: SandboxHost[] = [];
  before(async () => {
    sandbox = await OvsSandbox.start();
    const controllers = [sandbox.controllerSocket('br0')];
    await sandbox.addBridge('br0', { controllers, datapathId: DATAPATH_ID });
    flooder = await sandbox.addHost('br0', { addresses: ['192.0.2.1/24'] });
    other = await sandbox.addHost('br0', { addresses: ['192.0.2.2/24'] });
    allocator = new SilentAllocator();
    const builtIn = [...builtInApps.filter(({ name }) => name !== 'mimiq'), mimiqWith(allocator.allocate)];
    const mimiq = {
      switches: { office: { datapathId: DATAPATH_ID, clients: [1, 2], outside: 'next' } },
      allocator: { ipv4: [{ prefix: '10.64.0.0/16', gateway: '10.64.0.1' }] },
      requestRate: RATE,
    };
    const text = JSON.stringify({ discovery: { enabled: false }, apps: [{ mimiq }, 'normal'] });
    const config = await parseConfig(text, { builtIn });
    controller = await sandbox.meet(controllers, () =>
      Controller.start({
        config: { ...config, listen: [`p${controllers[0]}`] },
        builtIn,
        logger: pino({ level: 'silent' }),
      }),
    );
    await until('the switch', () => controller!.connected.size === 1, { timeout: 60_000 });
    await [...controller.connected.values()][0]!.confirmed();
  });
  after(async () => {
    await controller?.stop();
    await sandbox?.stop();
  });

  it('is held to its rate by the switch itself, and does not keep its neighbour from being heard', async () => {
    const started = performance.now();
    await flooder!.run([process.execPath, '-e', FLOODER, `${FLOOD}`], { check: true, timeout: 120_000 });
    const heard = (port: number) => allocator.asked.filter(({ from }) => from.port === port).length;
    await until('the neighbour', async () => {
      await other!.run([process.execPath, '-e', FLOODER, '1'], { check: true, timeout: 60_000 });
      return heard(2) > 0;
    });
    const seconds = (performance.now() - started) / 1000;
    expect(heard(1)).to.be.within(1, RATE * (seconds + 2));
    expect(heard(1)).to.be.below(FLOOD / 2);
  });
});

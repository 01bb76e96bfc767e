import { expect } from 'chai';
import { pino } from 'pino';
import { builtInApps } from '../../../apps/index.js';
import { mimiqWith } from '../../../apps/mimiq/app.js';
import { Controller, parseConfig } from '../../../controller/host/index.js';
import { OvsSandbox, until } from '../../../mininet/driver/index.js';
import { DirectAllocator } from '../../simulator/direct-allocator.js';

const DATAPATH_ID = '00000000000000d1';
/** Enough that a switch which went through all of them for each would not answer in time. */
const LEASES = 40_000;

describe('thousands of leases that end at once', () => {
  let sandbox: OvsSandbox;
  let controller: Controller | undefined;
  let allocator: DirectAllocator;
  const log: string[] = [];
  before(async () => {
    sandbox = await OvsSandbox.start();
    const controllers = [sandbox.controllerSocket('br0')];
    await sandbox.addBridge('br0', { controllers, datapathId: DATAPATH_ID });
    allocator = new DirectAllocator();
    const app = mimiqWith(allocator.allocate);
    const builtIn = [...builtInApps.filter(({ name }) => name !== 'mimiq'), app];
    const mimiq = {
      switches: { office: { datapathId: DATAPATH_ID, clients: [1], outside: 'next' } },
      allocator: { ipv6: [{ prefix: '2001:db8:64::/64', gateway: 'fe80::1' }] },
    };
    const text = JSON.stringify({ discovery: { enabled: false }, apps: [{ mimiq }, 'normal'] });
    const config = await parseConfig(text, { builtIn });
    const logger = pino({ level: 'error' }, { write: (line: string) => log.push(line) });
    controller = await sandbox.meet(controllers, () =>
      Controller.start({ config: { ...config, listen: [`p${controllers[0]}`] }, builtIn, logger }),
    );
    await until('the switch', () => controller!.connected.size === 1, { timeout: 60_000 });
    await allocator.rotate([DATAPATH_ID]);
  });
  after(async () => {
    await controller?.stop();
    await sandbox?.stop();
  });

  it('leave the switch in time, and whoever asks right after them is served', async () => {
    const at = (mac: number) => ({ switchId: DATAPATH_ID, port: 1, mac: 0x0200_0000_0000 + mac });
    const flowCount = async () =>
      Number(/flow_count=(\d+)/.exec(await sandbox.ofctl(['dump-aggregate', 'br0']))![1]);
    const before = await flowCount();
    const many = await allocator.lease(at(1), 6, LEASES);
    expect(await flowCount()).to.equal(before + LEASES + 1);
    const removed = allocator.remove(many);
    await allocator.lease(at(2), 6);
    await removed;
    expect(await flowCount(), 'one lease and its holder').to.equal(before + 2);
    expect(log).to.deep.equal([]);
  });
});

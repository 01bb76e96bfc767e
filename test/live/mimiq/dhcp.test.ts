import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { OvsSandbox, type SandboxHost, until } from '../../../mininet/driver/index.js';
import { type LiveController, startController } from '../host/live-controller.js';
import { withOwnEtc } from './own-etc.js';

const UDHCPC_SCRIPT = `#!/bin/sh
case "$1" in
  bound|renew) ip addr replace "$ip/$mask" dev "$interface"; ip route replace default via "$router" ;;
  deconfig) ip addr flush dev "$interface" scope global ;;
esac
`;
const IPV4 = /^10\.64\.0\.\d+$/;

/** Debian's DHCP clients, as they come, behind a real switch and the whole controller. */
describe('the DHCP front ends of mimiq', () => {
  let folder: string;
  let sandbox: OvsSandbox;
  let live: LiveController;
  const hosts: SandboxHost[] = [];

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cloakflow-dhcp-'));
    await writeFile(join(folder, 'udhcpc.sh'), UDHCPC_SCRIPT, { mode: 0o755 });
    sandbox = await OvsSandbox.start();
    await sandbox.addBridge('br0', { controllers: [sandbox.controllerSocket('br0')] });
    for (let count = 0; count < 3; count++)
      hosts.push(await sandbox.addHost('br0', { addresses: ['fe80::99/64'] }));
    live = await startController(sandbox, ['br0'], JSON.stringify(await settings()));
    await live.compared();
  });
  after(async () => {
    await live?.stop();
    await sandbox?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const settings = async () => ({
    discovery: { enabled: false },
    apps: [
      {
        mimiq: {
          switches: {
            office: {
              datapathId: await datapathId(),
              clients: hosts.map(({ ofport }) => ofport),
              outside: 'next',
            },
          },
          allocator: {
            store: join(folder, 'mimiq.db'),
            ipv4: [{ prefix: '10.64.0.0/24', gateway: '10.64.0.1' }],
            ipv6: [{ prefix: '2001:db8:64::/64', gateway: 'fe80::1' }],
            resolvers: ['192.0.2.53', '2001:db8::53'],
            // udhcpc takes no lease of less than 16 seconds; all renew after half of it.
            lifetime: { min: 17, max: 20 },
            removeAfter: 1,
            aliases: { period: 20 },
          },
        },
      },
      'normal',
    ],
  });
  const datapathId = async () =>
    (await sandbox.vsctl(['get', 'bridge', 'br0', 'datapath_id'])).replaceAll('"', '').trim();
  const addresses = async (host: SandboxHost) => {
    const { stdout } = await host.run(['ip', '-json', 'addr', 'show', 'dev', 'eth0', 'scope', 'global'], {
      check: true,
    });
    const [link] = JSON.parse(stdout) as { addr_info?: { local: string }[] }[];
    return (link?.addr_info ?? []).map(({ local }) => local);
  };
  const leases = async () =>
    (await live.controller.callApp('mimiq', 'leases', null)) as unknown as {
      address: string;
      state: string;
    }[];
  const held = async (address: string) =>
    (await leases()).some(lease => lease.address === address && lease.state === 'held');
  const acquired = async (host: SandboxHost, isIt: (address: string) => boolean) => {
    let found: string | undefined;
    await until(
      'an address',
      async () => {
        found = (await addresses(host)).find(isIt);
        return found !== undefined;
      },
      { timeout: 60_000 },
    );
    return found!;
  };
  /** Arguments of dhclient with files of its own. */
  const dhclient = (name: string, ...options: string[]) =>
    withOwnEtc([
      'dhclient',
      ...options,
      '-lf',
      join(folder, `${name}.leases`),
      '-pf',
      join(folder, `${name}.pid`),
      'eth0',
    ]);

  let resolvConf: string;
  beforeEach(async () => {
    resolvConf = await readFile('/etc/resolv.conf', 'utf8');
  });
  afterEach(async () => {
    expect(await readFile('/etc/resolv.conf', 'utf8'), "the machine's name servers").to.equal(resolvConf);
  });

  it('give dhclient an IPv4 address, renew it, and take it back', async () => {
    const [host] = hosts;
    const client = await host!.spawn(dhclient('v4', '-4', '-d', '-v'));
    const address = await acquired(host!, text => IPV4.test(text));
    expect(await held(address)).to.equal(true);
    await until('a renewal', () => (client.stderr.match(/DHCPACK/g) ?? []).length >= 2, { timeout: 60_000 });
    expect(await addresses(host!)).to.include(address);
    client.kill('SIGTERM');
    await client.exited;
    await host!.run(dhclient('v4', '-4', '-r'), { timeout: 60_000 });
    await until('the end of the lease', async () => !(await held(address)));
  });

  it('give udhcpc an IPv4 address and renew it', async () => {
    const host = hosts[1]!;
    const client = await host.spawn([
      'udhcpc',
      '-f',
      '-R',
      '-i',
      'eth0',
      '-s',
      join(folder, 'udhcpc.sh'),
      '-t',
      '20',
      '-T',
      '1',
    ]);
    const address = await acquired(host, text => IPV4.test(text));
    expect(await held(address)).to.equal(true);
    await until('a renewal', () => /(lease of .* obtained[\s\S]*){2}/.test(client.stderr + client.stdout), {
      timeout: 60_000,
    });
    client.kill('SIGTERM');
    await client.exited;
    await until('the end of the lease', async () => !(await held(address)));
  });

  it('give dhclient an IPv6 address, renew it, and take it back', async () => {
    const host = hosts[2]!;
    const client = await host.spawn(dhclient('v6', '-6', '-d', '-v'));
    const address = await acquired(host, text => text.startsWith('2001:db8:64:'));
    expect(await held(address)).to.equal(true);
    await until(
      'a renewal',
      () =>
        client.stderr.includes('RCV: Reply message on eth0') &&
        /XMT: Renew[\s\S]*RCV: Reply/.test(client.stderr),
      {
        timeout: 60_000,
      },
    );
    client.kill('SIGTERM');
    await client.exited;
    await host.run(dhclient('v6', '-6', '-r'), { timeout: 60_000 });
    await until('the end of the lease', async () => !(await held(address)));
  });
});

import { createHash, randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import type { RedirectionName, StrategyName } from '../../../apps/popsicl/model.js';
import { Capture, type SandboxHost, until } from '../../../mininet/driver/index.js';
import { Cloud, can, NAME, PSEUDO4, PSEUDO6 } from './cloud.js';
import { TlsClient } from './tls-client.js';

const CASES: readonly (readonly [StrategyName, RedirectionName, 4 | 6])[] = [
  ['cookie', 'flows', 4],
  ['address', 'flows', 6],
  ['repair', 'flows', 4],
  ['cookie', 'conntrack', 4],
  ['address', 'conntrack', 6],
];
/** The client's own address, which it has on no link. */
const CLIENT = { 4: '192.0.2.1', 6: '2001:db8:c::1' };
const BACK_LINK = { 4: '10.0.1', 6: 'fd01:' };

for (const [strategy, redirection, family] of CASES) {
  describe(`return packets over another switch, by ${strategy} and ${redirection} on IPv${family}`, () => {
    const pseudo = family === 4 ? PSEUDO4 : PSEUDO6;
    const big = randomBytes(6 << 20);
    const sum = createHash('sha256').update(big).digest('hex');
    let cloud: Cloud;
    let client: TlsClient;

    before(async function () {
      if (!can(strategy)) this.skip();
      cloud = await Cloud.start({ strategy: { [`ipv${family}`]: strategy }, redirection });
      await writeFile(join(cloud.folder, 'big.bin'), big);
      await addSecondSwitch();
      client = await TlsClient.start(cloud.client, NAME);
    });
    after(async () => {
      await client?.stop();
      await cloud?.stop();
    });

    /** br1, linked to br0; over it tenant and client have a second interface, which the tenant's answers take. */
    async function addSecondSwitch(): Promise<void> {
      const { sandbox, tenant } = cloud;
      await sandbox.addBridge('br1', { controllers: [sandbox.controllerSocket('br0')] });
      const patch = (from: string, to: string) => [
        ...['add-port', from, `to-${to}`, '--', 'set', 'interface', `to-${to}`],
        ...['type=patch', `options:peer=to-${from}`],
      ];
      await sandbox.vsctl([...patch('br0', 'br1'), '--', ...patch('br1', 'br0')]);
      const macs = ['02:00:00:00:01:01', '02:00:00:00:01:02'] as const;
      for (const [index, host] of [cloud.client, tenant].entries()) await addInterface(host, index + 1, macs);
      const prefix = family === 4 ? 32 : 128;
      await cloud.client.namespace.script([
        `ip addr add ${CLIENT[family]}/${prefix} dev lo${family === 6 ? ' nodad' : ''}`,
        ...enterBy('eth0'),
        'sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.eth0.rp_filter=0 net.ipv4.conf.eth1.rp_filter=0',
      ]);
      const hop = family === 4 ? `${BACK_LINK[4]}.1` : `${BACK_LINK[6]}:1`;
      await tenant.namespace.script([
        'sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.eth0.rp_filter=0 net.ipv4.conf.eth1.rp_filter=0',
        `ip -${family} route add ${CLIENT[family]}/${prefix} via ${hop} dev eth1`,
        `ip neigh replace ${hop} lladdr ${macs[0]} dev eth1 nud permanent`,
      ]);
      await until('both switches', () => cloud.controller.connected.size === 2);
    }

    async function addInterface(host: SandboxHost, number: number, macs: readonly string[]): Promise<void> {
      const { sandbox } = cloud;
      const [address, length] =
        family === 4 ? [`${BACK_LINK[4]}.${number}`, 24] : [`${BACK_LINK[6]}:${number}`, 64];
      await host.namespace.script([
        `ip link add eth1 address ${macs[number - 1]} type veth peer name q${number} netns ${sandbox.namespace.pid}`,
        'echo 0 > /proc/sys/net/ipv6/conf/eth1/accept_dad',
        'echo 0 > /proc/sys/net/ipv6/conf/eth1/disable_ipv6',
        `ip addr add ${address}/${length} dev eth1`,
        // The userspace datapath rewrites packets whose checksums have to be there.
        'ethtool -K eth1 tx off > /dev/null',
        'ip link set eth1 up',
      ]);
      await sandbox.run(['ip', 'link', 'set', `q${number}`, 'up'], { check: true });
      await sandbox.vsctl(['add-port', 'br1', `q${number}`]);
    }

    /** By which interface, and so by which switch, the client's packets come in. */
    const enterBy = (device: string) =>
      family === 4
        ? [`ip route replace 198.51.100.0/24 via 10.0.0.254 dev ${device} onlink src ${CLIENT[4]}`]
        : [
            `ip -6 route replace fd00::fe/128 dev ${device}`,
            `ip -6 route replace 2001:db8:1::/64 via fd00::fe dev ${device} src ${CLIENT[6]}`,
          ];

    let port = 30_000;
    async function open(name: string): Promise<void> {
      await client.order(`connect ${name} ${pseudo} ${port++}`, new RegExp(`^connected ${name}$`, 'm'));
      await client.order(`tls ${name}`, new RegExp(`^secure ${name}$`, 'm'));
    }
    async function fetch(name: string): Promise<void> {
      const answer = await client.order(`get ${name} /big.bin`, new RegExp(`^body ${name} .*$`, 'm'));
      expect(answer[0]).to.equal(`body ${name} ${big.length} ${sum}`);
    }

    it('are translated there, and nothing leaves under the tenant’s address', async () => {
      const tenant = family === 4 ? cloud.tenantConfig.ipv4 : cloud.tenantConfig.ipv6;
      const captures = await Promise.all(
        ['eth0', 'eth1'].map(device =>
          Capture.start(
            device,
            { filter: `src host ${tenant} and dst host ${CLIENT[family]}` },
            (argv, options) => cloud.client.spawn(argv, options),
          ),
        ),
      );
      try {
        await open('one');
        await fetch('one');
      } finally {
        const results = await Promise.all(captures.map(capture => capture.stop()));
        await Promise.all(captures.map(capture => capture.discard()));
        for (const { frames } of results) expect(frames).to.equal(0);
      }
      const { stdout } = await cloud.client.run(['ip', '-s', '-j', 'link', 'show', 'eth1'], { check: true });
      expect(JSON.parse(stdout)[0].stats64.rx.bytes).to.be.above(big.length);
      if (redirection !== 'flows') return;
      await until('the rule for returns to count them', async () =>
        /n_packets=[1-9]\d+.*tp_src=443/.test(await cloud.sandbox.ofctl(['dump-flows', 'br1'])),
      );
    });

    it('go on when the client’s packets change their switch, and new connections begin there', async () => {
      await open('moving');
      await client.order('get moving /big.bin', /^body-begins moving$/m);
      await client.order('pause moving', /^paused moving$/m);
      await cloud.client.namespace.script(enterBy('eth1'));
      const answer = await client.order('resume moving', /^body moving .*$/m);
      expect(answer[0]).to.equal(`body moving ${big.length} ${sum}`);
      await fetch('moving');
      await open('there');
      await fetch('there');
    });
  });
}

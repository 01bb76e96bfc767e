import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { IpProtocol, internetChecksum, pseudoHeaderSum, sumWords } from '../../../controller/packet/index.js';
import { Capture, Namespace } from '../../../mininet/driver/index.js';
import { Cloud, can, NAME, PSEUDO4, PSEUDO6 } from './cloud.js';

const VISITOR = { 4: '10.0.1.2', 6: 'fd00:1::2' };
const PSEUDO = { 4: PSEUDO4, 6: PSEUDO6 };
const NARROW = 1300;
/** A datagram to a port, and what the socket hears. */
const ASK = `
const [family, address] = process.argv.slice(1);
const socket = require('dgram').createSocket('udp' + family);
socket.on('error', error => console.log('heard', error.code));
socket.connect(443, address, () => {
  setInterval(() => socket.send('anybody there?', () => {}), 200);
  console.log('asked');
});`;

for (const redirection of ['conntrack', 'flows'] as const) {
  describe(`errors that routers and tenants tell of connections, by ${redirection}`, () => {
    let cloud: Cloud;
    let visitor: Namespace;
    const bytes = randomBytes(1 << 20);

    before(async function () {
      if (!can('cookie')) this.skip();
      cloud = await Cloud.start({ strategy: { ipv4: 'cookie', ipv6: 'address' }, redirection });
      await writeFile(join(cloud.folder, 'large'), bytes);
      // The client becomes the router before a narrow link, which its visitor does not know to be narrow.
      visitor = await Namespace.create();
      await cloud.client.namespace.script([
        'sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1',
        `ip link add narrow type veth peer name eth0 netns ${visitor.pid}`,
        'sysctl -qw net.ipv6.conf.narrow.disable_ipv6=0',
        'ip address add 10.0.1.1/24 dev narrow; ip address add fd00:1::1/64 dev narrow nodad',
        'ip link set narrow up',
        `ip link set narrow mtu ${NARROW}`,
      ]);
      await visitor.script([
        'sysctl -qw net.ipv6.conf.eth0.disable_ipv6=0',
        `ip address add ${VISITOR[4]}/24 dev eth0; ip address add ${VISITOR[6]}/64 dev eth0 nodad`,
        'ip link set eth0 up',
        'ip route add default via 10.0.1.1; ip -6 route add default via fd00:1::1',
      ]);
      await cloud.tenant.namespace.script([
        'ip route add 10.0.1.0/24 via 10.0.0.1; ip -6 route add fd00:1::/64 via fd00::1',
      ]);
    });
    after(async () => {
      await visitor?.close();
      await cloud?.stop();
    });

    for (const family of [4, 6] as const) {
      it(`let a tenant find the size of packets that reaches a client behind a narrow link, on IPv${family}`, async () => {
        const file = join(cloud.folder, `got-${family}`);
        const address = family === 4 ? PSEUDO4 : `[${PSEUDO6}]`;
        const { exitCode, stderr } = await visitor.run([
          ...['curl', '-sSk', '-m', '60', '-o', file, '--resolve', `${NAME}:443:${address}`],
          `https://${NAME}/large`,
        ]);
        expect(exitCode, stderr).to.equal(0);
        expect((await readFile(file)).equals(bytes)).to.equal(true);
        const route = await cloud.tenant.run(['ip', 'route', 'get', VISITOR[family]]);
        expect(route.stdout).to.include(`mtu ${NARROW}`);
      });
    }

    it('tell a client that nobody listens for datagrams, in the name of the pseudo-address', async () => {
      const filter = 'icmp6 and ip6[40] = 1';
      await using capture = await Capture.start('eth0', { filter }, (argv, options) =>
        visitor.spawn(argv, options),
      );
      const client = await visitor.spawn([process.execPath, '-e', ASK, '6', PSEUDO[6]]);
      await client.printed(/^heard ECONNREFUSED$/m, 20_000).catch(() => undefined);
      await client.stop('SIGKILL');
      const captured = await (await capture.stop()).bytes();
      for (const address of ['fd000000000000000000000000000002', '0a000002']) {
        expect(captured.includes(Buffer.from(address, 'hex'))).to.equal(false);
      }
      // The first frame, behind the headers of the file and of the frame. What it quotes is what the client had sent, to the checksum.
      const frame = captured.subarray(24 + 16, 24 + 16 + captured.readUInt32LE(24 + 8));
      const quoted = frame.subarray(14 + 40 + 8);
      const datagram = quoted.subarray(40);
      const addresses = sumWords(quoted, 8, 40);
      const pseudo = pseudoHeaderSum(addresses, IpProtocol.UDP, datagram.length);
      expect(internetChecksum(datagram, 0, datagram.length, pseudo)).to.equal(0);
      expect(internetChecksum(frame, 54, frame.length, icmpPseudoHeader(frame))).to.equal(0);
      expect(client.stdout).to.include('heard ECONNREFUSED');
    });
  });
}

function icmpPseudoHeader(frame: Buffer): number {
  return pseudoHeaderSum(sumWords(frame, 14 + 8, 14 + 40), IpProtocol.ICMPV6, frame.length - 54);
}

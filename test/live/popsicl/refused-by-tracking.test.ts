import { createRequire } from 'node:module';
import { expect } from 'chai';
import { Capture, until } from '../../../mininet/driver/index.js';
import { Cloud, hasProgram, NAME, PSEUDO4, PSEUDO6 } from './cloud.js';
import { TlsClient } from './tls-client.js';

const RAW_SOCKET = createRequire(import.meta.url).resolve('raw-socket');
const PORT = 21_000;
/** `SOURCE DESTINATION SOURCE-PORT FLAGS COUNT`: TCP segments to port 443 whose checksum is wrong. */
const WRONG_SEGMENTS = `
const raw = require('${RAW_SOCKET}');
const [source, target, port, flags, count] = process.argv.slice(1);
const socket = raw.createSocket({ protocol: raw.Protocol.TCP });
socket.setOption(raw.SocketLevel.IPPROTO_IP, raw.SocketOption.IP_HDRINCL, Buffer.from([1, 0, 0, 0]), 4);
const packet = Buffer.alloc(44);
packet[0] = 0x45; packet.writeUInt16BE(44, 2); packet[8] = 64; packet[9] = 6;
Buffer.from(source.split('.').map(Number)).copy(packet, 12);
Buffer.from(target.split('.').map(Number)).copy(packet, 16);
packet.writeUInt16BE(Number(port), 20); packet.writeUInt16BE(443, 22);
packet[32] = 0x50; packet[33] = Number(flags); packet.writeUInt16BE(0xbad0, 36);
let left = Number(count);
const next = () => left-- > 0 ? socket.send(packet, 0, 44, target, next) : process.exit(0);
next();
`;

describe('packets that the switch does not track', () => {
  let cloud: Cloud;
  let client: TlsClient;
  before(async function () {
    if (!hasProgram()) this.skip();
    cloud = await Cloud.start();
    client = await TlsClient.start(cloud.client, NAME);
  });
  after(async () => {
    await client?.stop();
    await cloud?.stop();
  });

  const punted = async () =>
    Number(
      /^cloakflow_popsicl_packet_ins_total\{.*\} (\d+)$/m.exec(await cloud.controller.metricsText())?.[1],
    );

  it('reach the controller once each, and not again and again', async () => {
    await client.order(`connect one ${PSEUDO4} ${PORT}`, /^connected one$/m);
    await client.order('tls one', /^secure one$/m);
    const before = await punted();
    const ACK = 0x10;
    const count = 20;
    const words = ['10.0.0.1', PSEUDO4, String(PORT), String(ACK), String(count)];
    await cloud.client.run([process.execPath, '-e', WRONG_SEGMENTS, ...words], { check: true });
    await until('the wrong segments at the controller', async () => (await punted()) >= before + count);
    // A connection after them is not held up, and by then what runs in circles has been counted often.
    await client.order(`connect two ${PSEUDO4} ${PORT + 1}`, /^connected two$/m);
    await client.order('tls two', /^secure two$/m);
    expect(await punted()).to.be.below(before + 2 * count);
  });

  for (const [family, pseudo] of [
    [4, PSEUDO4],
    [6, PSEUDO6],
  ] as const) {
    it(`never show the tenant’s address when the table of connections is full, on IPv${family}`, async () => {
      const filter = family === 4 ? 'tcp and host 10.0.0.2' : 'tcp and host fd00::2';
      const before = await punted();
      await using capture = await Capture.start('eth0', { filter }, (argv, options) =>
        cloud.client.spawn(argv, options),
      );
      await cloud.sandbox.appctl(['dpctl/flush-conntrack']);
      await cloud.sandbox.appctl(['dpctl/ct-set-maxconns', '0']);
      try {
        const options = ['-m', '5', '--resolve', `${NAME}:443:${family === 4 ? pseudo : `[${pseudo}]`}`];
        const { exitCode } = await cloud.client.run(['curl', '-sSk', ...options, `https://${NAME}/`]);
        expect(exitCode).to.not.equal(0);
      } finally {
        await cloud.sandbox.appctl(['dpctl/ct-set-maxconns', '3000000']);
      }
      expect((await capture.stop()).frames).to.equal(0);
      expect(await punted()).to.be.above(before);
      expect((await cloud.fetch(family)).exitCode).to.equal(0);
    });
  }
});

import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { parseIpv6 } from '../../../controller/address/index.js';
import { buildFrame, parseFrame, type TcpLayer } from '../../../controller/packet/index.js';
import { Capture, type RunningCommand, until } from '../../../mininet/driver/index.js';
import { Cloud, can, NAME, PSEUDO6 } from './cloud.js';
import { TlsClient } from './tls-client.js';

const INJECTOR = fileURLToPath(new URL('./tenant/raw-port-program.js', import.meta.url));
const GATEWAY_MAC = '02:c1:0a:ff:ff:fe';
const CLIENT = 'fd00::1';
const PORT = 20_000;
/** Of IPv6: eight bytes each, but for the number of the header that follows. */
const HEADERS: Readonly<Record<string, readonly [number: number, rest: string]>> = {
  'hop-by-hop options': [0, '000104' + '00000000'],
  'destination options': [60, '000104' + '00000000'],
  'an option that receivers have to refuse by an error': [60, '00' + '9e04' + '00000000'],
  'an atomic fragment': [44, '00' + '0000' + '12345678'],
  'a first fragment': [44, '00' + '0001' + '12345678'],
};
const TCP = 6;
const STRANGER = 30_000;

/** A TCP segment of the client behind an extension header. */
function segment(header: string, tcp: Partial<TcpLayer>): string {
  const frame = buildFrame([
    { type: 'ethernet', source: '02:00:00:00:00:01', destination: GATEWAY_MAC },
    { type: 'ipv6', source: CLIENT, destination: PSEUDO6 },
    {
      type: 'tcp',
      sourcePort: PORT,
      destinationPort: 443,
      sequence: 1,
      acknowledgement: 1,
      window: 500,
      ...tcp,
    },
  ]);
  const [number, rest] = HEADERS[header]!;
  const bytes = Buffer.from(frame);
  const extension = Buffer.from(`${TCP.toString(16).padStart(2, '0')}${rest}`, 'hex');
  const whole = Buffer.concat([bytes.subarray(0, 54), extension, bytes.subarray(54)]);
  whole.writeUInt16BE(bytes.readUInt16BE(18) + extension.length, 18);
  whole[20] = number;
  return whole.toString('hex');
}

for (const strategy of ['cookie', 'address'] as const) {
  describe(`TCP behind IPv6 extension headers, by ${strategy}`, () => {
    let cloud: Cloud;
    let client: TlsClient;
    let injector: RunningCommand;
    before(async function () {
      if (!can(strategy)) this.skip();
      cloud = await Cloud.start({ strategy: { ipv6: strategy } });
      client = await TlsClient.start(cloud.client, NAME);
      injector = await cloud.client.spawn([process.execPath, INJECTOR, 'eth0', CLIENT]);
      await injector.printed(/^ready$/m);
    });
    after(async () => {
      await injector?.stop('SIGKILL');
      await client?.stop();
      await cloud?.stop();
    });

    /** What has come to a port of the client. */
    function heard(port: number): TcpLayer[] {
      const lines = injector.stdout.split('\n').filter(line => line.endsWith('.'));
      const frames = lines.map(line => parseFrame(Buffer.from(line.slice(0, -1), 'hex')));
      return frames
        .flatMap(layers => layers.filter(layer => layer.type === 'tcp'))
        .filter(tcp => tcp.destinationPort === port);
    }

    it('begins no connection, gets no answer, and shows nothing of the tenant', async () => {
      await client.order(`connect one ${PSEUDO6} ${PORT}`, /^connected one$/m);
      await client.order('tls one', /^secure one$/m);
      const before = await cloud.metric('malformed_total');
      const filter = 'inbound and ip6 and not tcp and not (icmp6 and ip6[40] >= 133)';
      await using capture = await Capture.start('eth0', { filter }, (argv, options) =>
        cloud.client.spawn(argv, options),
      );
      const sent = { filter: 'icmp6 and ip6[40] = 4 and src host fd00::2' };
      await using errors = await Capture.start('eth0', sent, (argv, options) =>
        cloud.tenant.spawn(argv, options),
      );
      const headers = Object.keys(HEADERS);
      const inject = (header: string, tcp: Partial<TcpLayer>) =>
        injector.stdin!.write(`${segment(header, tcp)}\n`);
      const { sequence, acknowledgement } = heard(PORT).at(-1)!;
      for (const header of headers) {
        inject(header, { sourcePort: STRANGER, flags: ['syn'] });
        inject(header, { sourcePort: STRANGER, flags: ['ack'] });
        // One that is right but for the header.
        inject(header, { flags: ['ack'], sequence: acknowledgement, acknowledgement: sequence });
      }
      await until(
        'all of them',
        async () => (await cloud.metric('malformed_total')) >= before + headers.length,
      );
      await client.order('get one /index.html', /^body one .*$/m);
      await capture.stop();
      const bytes = await readFile(capture.file);
      expect(bytes.includes(Buffer.from(parseIpv6('fd00::2')!))).to.equal(false);
      // Which the tenant has answered, under its own address.
      expect((await errors.stop()).frames).to.equal(1);
      expect(heard(STRANGER)).to.deep.equal([]);
    });
  });
}

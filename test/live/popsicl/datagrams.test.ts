import { randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { until } from '../../../mininet/driver/index.js';
import { quicServerProgram } from '../../../mininet/traffic/quic-server.js';
import { Cloud, NAME, PSEUDO6 } from './cloud.js';

const SERVER = `
const socket = require('dgram').createSocket('udp6');
socket.on('message', (data, { address, port }) => socket.send(address + ' said ' + data, port, address));
socket.bind(443, () => console.log('ready'));`;
/** Sends what lines on standard input say to the address in its first argument, and prints what comes from where. */
const CLIENT = `
const socket = require('dgram').createSocket('udp6');
socket.on('message', (data, { address, port }) => console.log('from', address, port, String(data)));
require('readline').createInterface({ input: process.stdin })
  .on('line', line => { const [address, text] = line.split(' '); socket.send(text, 443, address); });
console.log('ready');`;

/** Another pseudo-address of the same tenant. */
const OTHER6 = '2001:db8:1::8';

for (const redirection of ['conntrack', 'flows'] as const) {
  describe(`datagrams to a pseudo-address that names its tenant, by ${redirection}`, () => {
    let cloud: Cloud;
    before(async () => {
      cloud = await Cloud.start({ strategy: { ipv6: 'address' }, redirection });
      cloud.directory.add(`other-${NAME}`, cloud.tenantConfig, [OTHER6]);
    });
    after(() => cloud?.stop());

    it('carry HTTP/3: unmodified programs of ngtcp2 fetch a megabyte by a pseudonym', async function () {
      const program = quicServerProgram();
      if (program === undefined) this.skip();
      const file = (name: string) => join(cloud.folder, name);
      const bytes = randomBytes(1 << 20);
      await Promise.all([mkdir(file('www')), mkdir(file('got'))]);
      await writeFile(file('www/page'), bytes);
      const before = await cloud.metric('datagram_handoffs_total');
      const server = await cloud.tenant.spawn([
        ...[program, '-q', '-d', file('www'), '*', '443', file('key.pem'), file('cert.pem')],
      ]);
      await until('the QUIC server', async () => {
        if (server.exit !== undefined) throw new Error(`the QUIC server ended: ${server.stderr}`);
        return (await cloud.tenant.run(['ss', '-lunH'])).stdout.includes(':443 ');
      });
      const { exitCode, stdout, stderr } = await cloud.client.run(
        [
          ...['gtlsclient', '-q', '--exit-on-all-streams-close', '--download', file('got')],
          ...[PSEUDO6, '443', `https://${NAME}/page`],
        ],
        { timeout: 60_000 },
      );
      await server.stop('SIGKILL');
      expect(exitCode, stdout + stderr).to.equal(0);
      expect((await readFile(file('got/page'))).equals(bytes)).to.equal(true);
      expect(await cloud.metric('datagram_handoffs_total')).to.equal(before + 1);
    });

    it('reach the tenant, its answers come from the pseudo-address, and the controller sees the first one', async () => {
      const before = await cloud.metric('datagram_handoffs_total');
      const server = await cloud.tenant.spawn([process.execPath, '-e', SERVER]);
      await server.printed(/^ready$/m);
      const client = await cloud.client.spawn([process.execPath, '-e', CLIENT]);
      await client.printed(/^ready$/m);
      for (const text of ['one', 'two', 'three']) {
        client.stdin!.write(`${PSEUDO6} ${text}\n`);
        await client.printed(new RegExp(`^from ${PSEUDO6} 443 fd00::1 said ${text}$`, 'm'));
      }
      expect(await cloud.metric('datagram_handoffs_total')).to.equal(before + 1);
      client.stdin!.write('2001:db8:1::99 nobody\n');
      await until('the stray one', async () => (await cloud.metric('stray_datagrams_total')) === 1);
      await cloud.sandbox.restartVswitchd();
      await until('the switch to come back', () => cloud.controller.connected.size === 1);
      // Datagrams are lost until the switch has its flows again.
      await until(
        'an answer after that',
        () => {
          client.stdin!.write(`${PSEUDO6} again\n`);
          return client.stdout.includes('said again');
        },
        { interval: 100, timeout: 60_000 },
      );
      expect(client.stdout).not.to.include('fd00::2');
    });

    it('reach the tenant from one port by two of its pseudo-addresses, and each answer comes from the right one', async () => {
      const client = await cloud.client.spawn([process.execPath, '-e', CLIENT]);
      await client.printed(/^ready$/m);
      for (const text of ['first', 'second']) {
        for (const address of [PSEUDO6, OTHER6]) {
          const said = `${text}-${address}`;
          client.stdin!.write(`${address} ${said}\n`);
          await client.printed(new RegExp(`^from ${address} 443 fd00::1 said ${said}$`, 'm'));
        }
      }
      await client.stop('SIGKILL');
    });

    if (redirection === 'flows') {
      it('need two rules without a timeout, which a controller that starts anew looks after, as after those of TCP', async () => {
        const rules = async () =>
          (await cloud.sandbox.ofctl(['dump-flows', 'br0', 'table=0']))
            .split('\n')
            .filter(line => line.includes('udp6') && line.includes('priority=12288'));
        expect((await rules()).length).to.be.at.least(4);
        for (const rule of await rules()) expect(rule.split(' actions=')[0]).not.to.include('timeout');
        await cloud.stopController();
        await cloud.startController();
        const connections = (await rules()).length / 2;
        await until('their numbers', async () => (await cloud.metric('ruled_connections')) === connections);
      });
    }
  });
}

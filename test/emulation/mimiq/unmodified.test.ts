import { createHash, X509Certificate } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { until } from '../../../mininet/driver/index.js';
import { addAddress, requestAddresses } from '../../../mininet/traffic/mimiq-client.js';
import { isLong, observe } from '../../../mininet/traffic/quic-observer.js';
import { QUIC_NAME, QUIC_PORT, quicServerProgram } from '../../../mininet/traffic/quic-server.js';
import { HoppingNetwork } from './hopping-network.js';
import { SERVER6 } from './mimiq-network.js';

const CHROMIUM = fileURLToPath(new URL('./chromium-program.js', import.meta.url));
const EXIT_PORT = 4434;
const WEB_PORT = 7000;
const PROXY_PORT = 8119;

describe('unmodified applications in the network of MIMIQ', () => {
  let all: HoppingNetwork;
  before(async function () {
    if (quicServerProgram() === undefined) this.skip();
    all = await HoppingNetwork.start();
  });
  after(async () => all?.[Symbol.asyncDispose]());

  it('curl: pages over HTTP/3 and files through an exit, over connections that hop', async () => {
    await all.shape(10);
    await all.startAgent('c1');
    writeFileSync(all.file('token'), 'a-token-of-many-letters\n');
    const token = ['--token-file', all.file('token')];
    const keys = ['--cert', all.server.authority, '--key', all.server.authority.replace('cert', 'key')];
    const listen = ['--listen', `[::]:${EXIT_PORT}`, '--allow-private']; // the web server is at the exit's own address
    await all.cloakflow('server', ['mimiq', 'exit', ...listen, ...keys, ...token], /listening/);
    const web = ['-m', 'http.server', String(WEB_PORT), '--bind', '::', '-d', all.file('server/www')];
    await all.host('server').spawn(['/usr/bin/python3', ...web]);
    const client = [
      '--agent',
      all.agentSocket('c1'),
      '--cacert',
      all.server.authority,
      '--strategy',
      'random:10-20',
    ];
    const resolve = [
      '--resolve',
      `${QUIC_NAME}:${QUIC_PORT}:${SERVER6}`,
      '-6',
      '--exit',
      `https://[${SERVER6}]:${EXIT_PORT}`,
    ];
    const proxy = await all.cloakflow(
      'c1',
      ['mimiq', 'proxy', '-v', ...client, ...resolve, ...token],
      /listening/,
    );
    const curl = (url: string, ...more: string[]) => {
      const argv = ['curl', '-sS', '-m', '60', '--proxy', `http://127.0.0.1:${PROXY_PORT}`, ...more];
      return all.host('c1').run([...argv, '-o', all.file('got'), url], { timeout: 60_000 });
    };
    const got = () => readFileSync(all.file('got'));

    const overHttp3 = await all.observe(async () => {
      const pages = Array.from({ length: 40 }, () => `http://${QUIC_NAME}:${QUIC_PORT}/small`);
      const [first, ...others] = pages;
      const more = others.flatMap(page => ['-o', all.file('other'), page]);
      const { exitCode, stderr } = await curl(first!, ...more);
      expect(exitCode, stderr).to.equal(0);
    });
    expect(readFileSync(all.file('other')).equals(all.files.small)).to.equal(true);
    expect(proxy.stderr).to.include('HTTP/3 over a hopping connection');
    const seen = observe(overHttp3);
    expect(seen.linkingIds).to.deep.equal([]);
    expect(seen.addresses).to.be.at.least(3);

    const file = `http://[${SERVER6}]:${WEB_PORT}/large`;
    await until('the web server', async () => (await curl(file, '--proxytunnel')).exitCode === 0);
    const throughExit = observe(
      await all.observe(async () => {
        const { exitCode, stderr } = await curl(file, '--proxytunnel');
        expect(exitCode, stderr).to.equal(0);
      }, EXIT_PORT),
    );
    expect(got().equals(all.files.large)).to.equal(true);
    expect(proxy.stderr).to.include('through the exit');
    expect(throughExit.addresses).to.be.at.least(2);
  });

  it('ngtcp2’s own client: survives that its address changes in the middle of a file', async () => {
    await all.shape(50);
    // Its way out the network advertises.
    const host = all.host('c3');
    const [first, second] = await requestAddresses(host, 6, 2);
    const prefer = (address: string, lifetime: string) =>
      host.run(['ip', '-6', 'addr', 'change', `${address}/128`, 'dev', 'eth0', 'preferred_lft', lifetime], {
        check: true,
      });
    await prefer(second!, '0');
    await until(
      'the server',
      async () => (await host.run(['ping', '-n', '-c1', '-W1', SERVER6])).exitCode === 0,
      { timeout: 60_000 },
    );
    const times = ['--change-local-addr=6s', '--delay-stream=5900ms', '--exit-on-all-streams-close'];
    const where = [SERVER6, String(QUIC_PORT), `https://${QUIC_NAME}:${QUIC_PORT}/large`];
    const quiet = ['-q', '--no-quic-dump', '--no-http-dump', `--download=${all.file('server')}`];
    const seen = observe(
      await all.observe(async () => {
        const client = await host.spawn(['gtlsclient', ...quiet, ...times, ...where]);
        await until('its handshake', async () =>
          (await host.run(['ss', '-uan'])).stdout.includes(`[${first}]`),
        );
        await prefer(second!, 'forever');
        await prefer(first!, '0');
        const { exitCode } = await client.exited;
        expect(exitCode, client.stderr).to.equal(0);
      }),
    );
    expect(readFileSync(all.file('server/large')).equals(all.files.large)).to.equal(true);
    expect(seen.addresses).to.equal(2);
  });

  it('Chromium: pages go on over one connection while its addresses change', async function () {
    if (!existsSync('/usr/bin/chromium')) this.skip();
    await all.shape(10);
    const host = all.host('c5');
    const page = '<!doctype html><title>page</title>';
    writeFileSync(all.file('server/www/index.html'), page);
    const addresses = await requestAddresses(host, 6, 3);
    const drop = (address: string) =>
      host.run(['ip', '-6', 'addr', 'del', `${address}/128`, 'dev', 'eth0'], { check: true });
    for (const address of addresses.slice(1)) await drop(address);
    await until(
      'the server',
      async () => (await host.run(['ping', '-n', '-c1', '-W1', SERVER6])).exitCode === 0,
      { timeout: 60_000 },
    );
    const key = new X509Certificate(readFileSync(all.server.authority)).publicKey;
    const spki = key.export({ type: 'spki', format: 'der' });
    const pin = createHash('sha256').update(spki).digest('base64');
    const arguments_ = [SERVER6, String(QUIC_PORT), pin];
    const seen = await all.observe(async () => {
      const chromium = await host.spawn([process.execPath, CHROMIUM, ...arguments_]);
      const fetched = () => Number([...chromium.stdout.matchAll(/^fetched (\d+)$/gm)].at(-1)?.[1] ?? 0);
      const more = async (count: number) => {
        const before = fetched();
        await until(`${count} more pages`, () => fetched() >= before + count, { timeout: 60_000 });
      };
      await more(20);
      for (const [index, address] of addresses.slice(1).entries()) {
        await addAddress(host, address);
        await drop(addresses[index]!);
        await more(20);
      }
      chromium.stdin!.end();
      const { exitCode } = await chromium.exited;
      expect(exitCode, chromium.stderr).to.equal(0);
      const sum = createHash('sha256').update(all.files.small).digest('hex');
      expect(JSON.parse(chromium.stdout.trim().split('\n').at(-1)!)).to.deep.equal({ [sum]: fetched() });
    });
    const places = new Set(seen.map(({ client }) => client));
    const began = new Set(seen.filter(({ payload }) => isLong(payload)).map(({ client }) => client));
    expect(places.size).to.equal(3);
    expect(began.size, 'addresses with a handshake').to.be.below(3);
  });
});

import { randomBytes } from 'node:crypto';
import { createServer as createHttpServer, request as httpRequest, type IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import { expect } from 'chai';
import type { HoppingConnection } from '../../../../apps/mimiq/client/hopping-connection.js';
import type { ClientError, MimiqClient } from '../../../../apps/mimiq/client/index.js';
import { startExit } from '../../../../apps/mimiq/exit/exit.js';
import { isPublic } from '../../../../apps/mimiq/exit/public-addresses.js';
import type { ServerConnection } from '../../../../apps/mimiq/exit/server-connection.js';
import { ExitTunnel } from '../../../../apps/mimiq/proxy/exit-tunnel.js';
import { LocalProxy } from '../../../../apps/mimiq/proxy/local-proxy.js';
import { listenForward, parseForward } from '../../../../apps/mimiq/proxy/port-forward.js';
import { until } from '../../../../mininet/driver/index.js';
import { Loopback, TOKEN } from './loopback.js';

describe('for unmodified applications', () => {
  let loopback: Loopback;
  beforeEach(() => {
    loopback = new Loopback();
  });
  afterEach(() => loopback.close());

  const exit = async (allowPrivate = true) => {
    const { certificate, key } = loopback;
    const server = await startExit({
      host: '127.0.0.1',
      port: 0,
      certificate,
      key,
      token: TOKEN,
      allowPrivate,
    });
    return new URL(`https://127.0.0.1:${loopback.closing(server).port}`);
  };
  const forward = async (
    tunnel: ExitTunnel,
    target: string,
    failed: (error: unknown) => void = () => undefined,
  ) => {
    const server = await listenForward({ host: '127.0.0.1', port: 0, target }, tunnel, failed);
    return (loopback.closing(server).address() as { port: number }).port;
  };
  const proxy = async (client: MimiqClient, tunnel?: ExitTunnel) => {
    const told: string[] = [];
    const tell = (text: string) => told.push(text);
    const made = await LocalProxy.listen({ host: '127.0.0.1', port: 0, client, tunnel, http3: [], tell });
    return { port: loopback.closing(made).port, told };
  };
  const get = (port: number, url: string): Promise<{ answer: IncomingMessage; text: string }> =>
    new Promise((resolve, reject) => {
      const request = httpRequest({ host: '127.0.0.1', port, path: url, agent: false }, async answer => {
        let text = '';
        for await (const chunk of answer.setEncoding('utf8')) text += chunk;
        resolve({ answer, text });
      });
      request.on('error', reject).end();
    });

  describe('a tunnel', () => {
    it('carries TCP connections over one connection that hops, byte by byte and to both ends', async () => {
      const client = loopback.client('every:40');
      const tunnel = new ExitTunnel(client, await exit(), TOKEN);
      const port = await forward(tunnel, `127.0.0.1:${await loopback.echo()}`);
      const sent = randomBytes(400_000);
      const hops = async () => (await client.hops()).made;
      // How many hops are made meanwhile is a matter of the machine: a slow one makes fewer.
      for (let round = 0; round === 0 || (round < 20 && (await hops()) < 3); round++) {
        const bodies = await Promise.all([0, 1, 2].map(() => exchange(port, sent)));
        for (const body of bodies) expect(body.equals(sent)).to.equal(true);
      }
      expect(await hops()).to.be.at.least(3);
    });

    it('whose connection ends: what was in it is reset, with the reason; what comes next goes over a new one at once', async () => {
      const errors: unknown[] = [];
      const { certificate, key } = loopback;
      const options = { host: '127.0.0.1', port: 0, certificate, key, token: TOKEN, allowPrivate: true };
      const server = loopback.closing(await startExit(options));
      const client = loopback.client('every:40');
      const tunnel = new ExitTunnel(client, new URL(`https://127.0.0.1:${server.port}`), TOKEN);
      const failed = (error: unknown) => errors.push((error as ClientError).message);
      const port = await forward(tunnel, `127.0.0.1:${await loopback.echo()}`, failed);
      const inside = connect(port, '127.0.0.1');
      inside.write('first');
      await new Promise(resolve => inside.once('data', resolve));
      const reset = new Promise<string>(resolve =>
        inside.once('error', (error: NodeJS.ErrnoException) => resolve(error.code!)),
      );
      const { connections } = server as unknown as { connections: Set<ServerConnection> };
      for (const each of connections) each.close(0x102);
      expect(await reset).to.equal('ECONNRESET');
      expect(errors).to.deep.equal(['the server closed the connection with code 0x102']);
      expect((await exchange(port, Buffer.from('second'))).toString()).to.equal('second');
      expect(server.open).to.equal(1);
    });

    it('refuses whom it does not know, and ways into private networks', async () => {
      const errors: unknown[] = [];
      const failed = (error: unknown) => errors.push((error as ClientError).message);
      const target = `127.0.0.1:${await loopback.echo()}`;
      const client = loopback.client();
      const stranger = new ExitTunnel(client, await exit(), 'another-token-of-letters');
      await exchange(await forward(stranger, target, failed), Buffer.from('x')).catch(() => undefined);
      const inward = new ExitTunnel(client, await exit(false), TOKEN);
      await exchange(await forward(inward, target, failed), Buffer.from('x')).catch(() => undefined);
      expect(errors).to.deep.equal([
        'the exit does not know this token',
        'the exit does not take clients there',
      ]);
    });

    it('keeps nothing of what a stranger sends after its request', async () => {
      const { certificate, key } = loopback;
      const options = { host: '127.0.0.1', port: 0, certificate, key, token: TOKEN, allowPrivate: true };
      const server = loopback.closing(await startExit(options));
      const url = `https://127.0.0.1:${server.port}/`;
      const body = Buffer.alloc(3 << 20);
      const { status } = await loopback.client().request(url, { method: 'POST', body });
      expect(status).to.equal(407);
      const { connections } = server as unknown as {
        connections: Set<{ requests: Map<number, { body: { queued: number } }> }>;
      };
      const kept = [...connections].flatMap(({ requests }) =>
        [...requests.values()].map(({ body }) => body.queued),
      );
      expect(kept).to.deep.equal([]);
    });

    it('goes on after more refusals than a client may have streams', async () => {
      const tunnel = new ExitTunnel(loopback.client(), await exit(false), TOKEN);
      const refusals = new Set<string>();
      const failed = (error: unknown) => refusals.add((error as ClientError).message);
      const port = await forward(tunnel, '127.0.0.1:9', failed);
      for (let index = 0; index < 101; index++) await exchange(port, Buffer.from('x')).catch(() => undefined);
      expect([...refusals]).to.deep.equal(['the exit does not take clients there']);
    });

    it('stays for who has shown the token, however many strangers come', async () => {
      const { certificate, key } = loopback;
      const options = { host: '127.0.0.1', port: 0, certificate, key, token: TOKEN, allowPrivate: true };
      const server = loopback.closing(await startExit({ ...options, maxStrangers: 3 }));
      const exitUrl = new URL(`https://127.0.0.1:${server.port}`);
      const tunnel = new ExitTunnel(loopback.client(), exitUrl, TOKEN);
      const port = await forward(tunnel, `127.0.0.1:${await loopback.echo()}`);
      const inside = connect(port, '127.0.0.1').on('error', () => undefined);
      const echoed = (text: string) =>
        new Promise<string>(resolve => {
          inside.once('data', data => resolve(String(data)));
          inside.write(text);
        });
      expect(await echoed('first')).to.equal('first');
      const strangers = loopback.client();
      const made: HoppingConnection[] = [];
      for (let index = 0; index < 5; index++) made.push(await strangers.connect(exitUrl));
      await until(
        'the oldest two to be closed',
        () => made.map(({ open }) => open).join() === 'false,false,true,true,true',
      );
      expect(server.open).to.equal(4);
      expect(await echoed('second')).to.equal('second');
      for (const each of made) each.close();
      inside.destroy();
    });

    it('takes nobody to what is not of the public Internet, however it is written', () => {
      const own = Object.values(networkInterfaces()).flatMap(all => all!.map(({ address }) => address));
      for (const address of [
        ...['10.1.2.3', '127.0.0.1', '169.254.169.254', '192.168.1.1', '198.18.0.1', '0.0.0.0', '239.1.1.1'],
        ...[
          '::',
          '::1',
          '::10.0.0.1',
          'fe80::1',
          'fec0::1',
          'fd00::1',
          'ff02::1',
          '2001::1',
          '2002:a00:1::1',
        ],
        ...['::ffff:10.0.0.1', '64:ff9b::10.0.0.1', '64:ff9b::a9fe:a9fe', '64:ff9b:1::1', ...own],
      ])
        expect(isPublic(address), address).to.equal(false);
      for (const address of ['192.0.1.1', '8.8.8.8', '2600::1', '64:ff9b::8.8.8.8', '::ffff:8.8.8.8'])
        expect(isPublic(address), address).to.equal(true);
    });

    it('reads where a port leads as ssh does', () => {
      expect(parseForward('8022:shell.example:22')).to.deep.equal({
        host: '127.0.0.1',
        port: 8022,
        target: 'shell.example:22',
      });
      expect(parseForward('[::1]:80:[2001:db8::1]:80').target).to.equal('[2001:db8::1]:80');
      expect(() => parseForward('shell.example:22')).to.throw('is not [HOST:]PORT:TARGET:PORT');
    });
  });

  describe('the proxy', () => {
    it('fetches plain requests by HTTP/3, over a hopping connection', async () => {
      const server = await loopback.http3(Buffer.from('page'));
      const client = loopback.client('every:2');
      const { port, told } = await proxy(client);
      for (let index = 0; index < 10; index++) {
        const { answer, text } = await get(port, `http://127.0.0.1:${server.port}/`);
        expect([answer.statusCode, text, answer.headers.via]).to.deep.equal([
          200,
          'page',
          '3 cloakflow-mimiq',
        ]);
      }
      expect((await client.hops()).made).to.be.at.least(1);
      expect(told[0]).to.equal(`127.0.0.1:${server.port}: HTTP/3 over a hopping connection`);
    });

    it('goes through the exit where a server speaks no HTTP/3, and refuses without one, with the reason', async () => {
      const old = createHttpServer((_, response) => response.end('old page'));
      await new Promise<void>(resolve => old.listen(0, '127.0.0.1', resolve));
      loopback.closing(old);
      const url = `http://127.0.0.1:${(old.address() as { port: number }).port}/`;
      const client = loopback.client('never', { connectTimeout: 300 });
      const alone = await get((await proxy(client)).port, url);
      expect(alone.answer.statusCode).to.equal(502);
      expect(alone.text).to.include('did not finish a QUIC handshake in time').and.include('--exit');
      const tunnel = new ExitTunnel(loopback.client(), await exit(), TOKEN);
      const { port, told } = await proxy(client, tunnel);
      for (let index = 0; index < 2; index++) expect((await get(port, url)).text).to.equal('old page');
      expect(told[1]).to.include('through the exit, since').and.include('was found not to speak HTTP/3');
    });

    it('carries CONNECT through the exit, and refuses it without one', async () => {
      const target = `127.0.0.1:${await loopback.echo()}`;
      const tunnel = new ExitTunnel(loopback.client(), await exit(), TOKEN);
      const through = await connectVia((await proxy(loopback.client(), tunnel)).port, target);
      expect(through.status).to.equal(200);
      through.socket.end('hello');
      expect(await text(through.socket)).to.equal('hello');
      const refused = await connectVia((await proxy(loopback.client())).port, target);
      expect(refused.status).to.equal(502);
      refused.socket.destroy();
    });

    it('answers what is no request for a proxy with what to do', async () => {
      const { answer, text } = await get((await proxy(loopback.client())).port, '/index.html');
      expect([answer.statusCode, text]).to.deep.equal([
        400,
        'cloakflow: this is a proxy: ask it for http://HOST/PATH or https://HOST/PATH\n',
      ]);
    });
  });
});

/** Sends all of it, ends its half, and resolves with what comes back. */
function exchange(port: number, bytes: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const socket = connect({ port, host: '127.0.0.1' }, () => socket.end(bytes));
    socket.on('data', chunk => chunks.push(chunk));
    socket.on('error', reject).on('close', () => resolve(Buffer.concat(chunks)));
  });
}

function connectVia(port: number, target: string): Promise<{ status: number; socket: Socket }> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ host: '127.0.0.1', port, method: 'CONNECT', path: target, agent: false });
    request.on('connect', (answer, socket: Socket) => resolve({ status: answer.statusCode!, socket }));
    request.on('error', reject).end();
  });
}

async function text(socket: Socket): Promise<string> {
  let all = '';
  for await (const chunk of socket.setEncoding('utf8')) all += chunk;
  return all;
}

import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { expect } from 'chai';
import { relay } from '../../../apps/popsicl/proxy/relay-connection.js';
import { RelayError, type RelayOptions, startRelay } from '../../../apps/popsicl/proxy/relay-process.js';
import { freePort } from '../../simulator/free-port.js';
import { clientHello } from './client-hello.js';

const NAME = 'abc.popsicls.test';

describe('the relay of the strategy `proxy`', () => {
  let tenant: Server;
  let port: number;
  let end: () => void;
  /** Of a relay that gives up whoever says nothing for some time. */
  let hastyPort: number;
  let endHasty: () => void;
  let hasEnded = false;

  const options = (more: Partial<RelayOptions> = {}): RelayOptions => ({
    addresses: ['127.0.0.1'],
    port,
    connections: 100,
    perSource: 3,
    patience: 60_000,
    ...more,
  });

  before(async () => {
    // A tenant that counts the bytes of each chunk, until its client ends.
    tenant = createServer({ allowHalfOpen: true }, socket => {
      socket.on('error', () => {});
      socket.on('data', chunk => socket.write(`${chunk.length}.`));
      socket.on('end', () => socket.end('bye'));
    }).listen(0, '127.0.0.1');
    await once(tenant, 'listening');
    const endpoint = { host: '127.0.0.1', port: (tenant.address() as AddressInfo).port };
    hastyPort = await freePort();
    endHasty = await startRelay(
      options({ port: hastyPort, patience: 300 }),
      async () => undefined,
      () => {},
    );
    port = await freePort();
    end = await startRelay(
      options(),
      async ({ name }) => {
        if (name === 'broken.popsicls.test') throw new Error('no');
        return name === NAME ? endpoint : undefined;
      },
      () => {
        hasEnded = true;
      },
    );
  });
  after(() => {
    end?.();
    endHasty?.();
    tenant?.close();
  });

  const open = async (localAddress = '127.0.0.1', to = port): Promise<Socket> => {
    const socket = connect({ host: '127.0.0.1', port: to, localAddress, allowHalfOpen: true });
    await once(socket, 'connect');
    return socket;
  };
  /** Code of the error with which a connection ends. */
  const failure = (socket: Socket): Promise<string> =>
    new Promise(resolve => {
      socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code!));
      socket.on('close', () => resolve('closed'));
    });

  it('carries bytes both ways, ClientHello and end included', async () => {
    const hello = clientHello(NAME);
    const socket = await open();
    let heard = '';
    socket.on('data', chunk => {
      heard += chunk;
    });
    socket.write(hello.subarray(0, 20));
    await new Promise(resolve => setImmediate(resolve));
    socket.end(hello.subarray(20));
    await once(socket, 'end');
    expect(heard).to.equal(`${hello.length}.bye`);
  });

  it('resets who asks for nobody, for somebody who cannot be found, and who speaks no TLS', async () => {
    const streams = ['unknown.popsicls.test', 'broken.popsicls.test'].map(name => clientHello(name));
    for (const stream of [...streams, Buffer.from('GET / HTTP/1.1\r\n\r\n')]) {
      const socket = await open();
      const failed = failure(socket);
      socket.write(stream);
      expect(await failed).to.equal('ECONNRESET');
    }
  });

  it('resets who says nothing for too long', async () => {
    expect(await failure(await open('127.0.0.1', hastyPort))).to.equal('ECONNRESET');
  });

  it('lets go of a client that never ends after its tenant has', async () => {
    const brief = createServer(socket => socket.on('error', () => {}).once('data', () => socket.end('bye')));
    const server = createServer({ allowHalfOpen: true }, client => {
      void relay(client, {
        lookUp: async () => ({ host: '127.0.0.1', port: (brief.address() as AddressInfo).port }),
        patience: 60_000,
        addresses: ['127.0.0.1'],
        lastPatience: 50,
      });
    });
    for (const one of [brief, server]) await once(one.listen(0, '127.0.0.1'), 'listening');
    try {
      const [[held], client] = await Promise.all([
        once(server, 'connection') as Promise<[Socket]>,
        new Promise<Socket>(resolve => {
          const { port } = server.address() as AddressInfo;
          const socket = connect({ host: '127.0.0.1', port, allowHalfOpen: true }, () => resolve(socket));
        }),
      ]);
      const closed = once(held, 'close');
      client.on('error', () => {}).write(clientHello(NAME));
      client.resume();
      await once(client, 'end');
      await closed;
      client.destroy();
    } finally {
      for (const one of [brief, server]) one.close();
    }
  });

  it('carries so many connections of one source, and no more', async () => {
    const another = '127.0.0.2';
    const sockets = await Promise.all([open(another), open(another), open(another)]);
    const oneMore = connect({ host: '127.0.0.1', port, localAddress: another });
    expect(await failure(oneMore)).to.equal('ECONNRESET');
    for (const socket of sockets) socket.resetAndDestroy();
  });

  it('carries what it has to its end when nobody answers its questions any more, and makes room for another', async () => {
    const free = await freePort();
    const begin = () =>
      startRelay(
        options({ port: free, patience: 20_000 }),
        async () => ({ host: '127.0.0.1', port: (tenant.address() as AddressInfo).port }),
        () => {},
      );
    const connectTo = async () => {
      const socket = connect({ host: '127.0.0.1', port: free, allowHalfOpen: true });
      await once(socket, 'connect');
      return socket;
    };
    const first = await begin();
    const [socket, silent] = await Promise.all([connectTo(), connectTo()]);
    socket.write(clientHello(NAME));
    await once(socket, 'data');
    const refused = failure(silent);
    first();
    const second = await begin();
    try {
      silent.write(clientHello(NAME));
      expect(await refused).to.equal('ECONNRESET');
      socket.write('more');
      expect(String((await once(socket, 'data'))[0])).to.equal('4.');
      const other = await connectTo();
      other.write(clientHello(NAME));
      await once(other, 'data');
      other.resetAndDestroy();
      const ended = once(socket, 'end');
      socket.end();
      await ended;
    } finally {
      second();
    }
  });

  it('does not start on a port that is taken', async () => {
    const taken = (tenant.address() as AddressInfo).port;
    const started = startRelay(
      options({ port: taken }),
      async () => undefined,
      () => {},
    );
    const error = await started.then(
      () => undefined,
      reason => reason,
    );
    expect(error).to.be.instanceOf(RelayError);
    expect(hasEnded).to.equal(false);
  });
});

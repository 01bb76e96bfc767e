import { createConnection, isIPv6, type Socket } from 'node:net';
import { TlsError, TlsHelloReader } from '../../../controller/packet/index.js';

/** Longest ClientHello, in bytes of the stream. */
const MAX_HELLO = 16_384;

export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

export interface RelayConnectionOptions {
  /** Where the server of that name is; undefined: nobody has it. */
  lookUp(name: string | undefined): Promise<Endpoint | undefined>;
  /** Milliseconds for the ClientHello, and for the tenant to answer. */
  readonly patience: number;
  /** The relay's own addresses, of each family at most one: the switches let answers of tenants to these pass. */
  readonly addresses: readonly string[];
  /** Milliseconds without a byte after which a connection ends that one side has ended. */
  readonly lastPatience: number;
}

/** Reads whom a client asks for, and carries bytes both ways. Whoever is not served gets an RST, as on any other way. */
export async function relay(
  client: Socket,
  { lookUp, patience, addresses, lastPatience }: RelayConnectionOptions,
): Promise<void> {
  client.on('error', () => {});
  client.setNoDelay(true);
  try {
    const { name, bytes } = await hello(client, patience);
    const endpoint = await lookUp(name);
    if (endpoint === undefined || client.destroyed) {
      client.resetAndDestroy();
      return;
    }
    const isOfFamily = (address: string) => isIPv6(address) === isIPv6(endpoint.host);
    const server = await connected(endpoint, addresses.find(isOfFamily), patience);
    if (client.destroyed) {
      server.resetAndDestroy();
      return;
    }
    server.write(bytes);
    join(client, server, lastPatience);
    join(server, client, lastPatience);
  } catch {
    client.resetAndDestroy();
  }
}

/** Passes on bytes, the end, and an RST. Who never ends does not keep the room of one whose other side has. */
function join(from: Socket, to: Socket, lastPatience: number): void {
  from.on('end', () => {
    for (const socket of [from, to]) socket.setTimeout(lastPatience, () => socket.destroy());
  });
  from.on('error', () => to.resetAndDestroy());
  from.on('close', () => {
    if (!from.readableEnded) to.destroy();
  });
  from.pipe(to);
}

/** Rejects for what is no ClientHello, for one that does not come whole in time, and for an end. */
function hello(client: Socket, patience: number): Promise<{ name: string | undefined; bytes: Buffer }> {
  return new Promise((resolve, reject) => {
    const reader = new TlsHelloReader(MAX_HELLO);
    const chunks: Buffer[] = [];
    const timer = setTimeout(() => finish(new Error('too slow')), patience);
    const finish = (error?: Error) => {
      clearTimeout(timer);
      client.off('data', receive).off('end', ended).off('close', ended).pause();
      if (error !== undefined) reject(error);
      else resolve({ name: reader.hello.serverName, bytes: Buffer.concat(chunks) });
    };
    const ended = () => finish(new Error('the client ended'));
    const receive = (chunk: Buffer) => {
      chunks.push(chunk);
      try {
        const { serverName, isComplete } = reader.push(chunk, 0, chunk.length);
        if (serverName !== undefined || isComplete) finish();
      } catch (error) {
        if (!(error instanceof TlsError)) throw error;
        finish(error);
      }
    };
    client.on('data', receive).on('end', ended).on('close', ended);
  });
}

function connected(
  { host, port }: Endpoint,
  localAddress: string | undefined,
  patience: number,
): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = createConnection({ host, port, localAddress, noDelay: true, allowHalfOpen: true });
    socket.setTimeout(patience, () => socket.destroy(new Error('the tenant does not answer')));
    socket.once('connect', () => {
      socket.setTimeout(0).off('error', reject);
      resolve(socket);
    });
    socket.once('error', reject);
  });
}

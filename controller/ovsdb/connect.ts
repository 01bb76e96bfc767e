import { readFile } from 'node:fs/promises';
import { createConnection } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';
import { formatOvsdbEndpoint, type OvsdbEndpoint } from './endpoint.js';
import { OvsdbError } from './errors.js';

/** PEM files of one side of a mutually authenticated `ssl:` connection. */
export interface TlsFiles {
  privateKey: string;
  certificate: string;
  /** The authority that signed the server's certificate. */
  caCertificate: string;
}

export interface ConnectOptions {
  /** Needed by `ssl:`; read anew for every connection, so renewed files are taken up by themselves. */
  tls?: TlsFiles | undefined;
  /** Milliseconds until an unanswered attempt is given up; 10,000 when absent. */
  connectTimeout?: number | undefined;
  signal?: AbortSignal | undefined;
}

/**
 * A connected stream to `endpoint`. As Open vSwitch itself does, `ssl:` trusts any certificate that the
 * authority signed, whatever name is in it. Throws OvsdbError `connect-failed`, `bad-endpoint` or `aborted`.
 */
export async function connectOvsdb(endpoint: OvsdbEndpoint, options: ConnectOptions = {}): Promise<Duplex> {
  const { signal, connectTimeout = 10_000 } = options;
  const name = formatOvsdbEndpoint(endpoint);
  const tls = endpoint.method === 'ssl' ? await readTlsFiles(name, options.tls) : undefined;
  if (signal?.aborted) throw new OvsdbError('aborted', `connecting to ${name} was given up`);
  return new Promise((resolve, reject) => {
    const socket =
      endpoint.method === 'unix'
        ? createConnection({ path: endpoint.path })
        : endpoint.method === 'tcp'
          ? createConnection({ host: endpoint.host, port: endpoint.port, noDelay: true })
          : connectTls({
              ...tls,
              host: endpoint.host,
              port: endpoint.port,
              minVersion: 'TLSv1.2',
              checkServerIdentity: () => undefined,
            });
    const readyEvent = endpoint.method === 'ssl' ? 'secureConnect' : 'connect';
    const settle = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      socket.off(readyEvent, onReady);
      socket.off('error', onError);
      socket.off('close', onClose);
    };
    const fail = (error: OvsdbError) => {
      settle();
      socket.on('error', () => {});
      socket.destroy();
      reject(error);
    };
    const onReady = () => {
      settle();
      resolve(socket);
    };
    const onError = (cause: Error) => fail(connectFailed(name, reasonOf(cause), endpoint, cause));
    const onClose = () => fail(connectFailed(name, 'the server hung up', endpoint));
    const onAbort = () => fail(new OvsdbError('aborted', `connecting to ${name} was given up`));
    const timer = setTimeout(
      () => fail(connectFailed(name, `no answer within ${connectTimeout} ms`, endpoint)),
      connectTimeout,
    );
    socket.on(readyEvent, onReady);
    socket.on('error', onError);
    socket.on('close', onClose);
    signal?.addEventListener('abort', onAbort);
  });
}

async function readTlsFiles(name: string, files: TlsFiles | undefined) {
  if (files === undefined) {
    throw new OvsdbError(
      'bad-endpoint',
      `'${name}' needs a private key, a certificate and a CA certificate`,
      {
        mend: 'give the three PEM files; `ovs-pki` makes them',
      },
    );
  }
  try {
    const [key, cert, ca] = await Promise.all(
      [files.privateKey, files.certificate, files.caCertificate].map(file => readFile(file)),
    );
    return { key, cert, ca };
  } catch (cause) {
    throw new OvsdbError(
      'bad-endpoint',
      `a PEM file for '${name}' cannot be read: ${(cause as Error).message}`,
      {
        cause,
      },
    );
  }
}

function connectFailed(name: string, reason: string, endpoint: OvsdbEndpoint, cause?: unknown): OvsdbError {
  let mend = 'see that ovsdb-server listens there (`ovs-vsctl set-manager ptcp:6640:ADDRESS`)';
  if (endpoint.method === 'unix') {
    mend =
      (cause as NodeJS.ErrnoException | undefined)?.code === 'EACCES'
        ? 'run it with sudo: the socket belongs to root'
        : 'start Open vSwitch (`service openvswitch-switch start`) or name its socket; ' +
          'where it is not installed, `apt-get install openvswitch-switch`';
  }
  return new OvsdbError('connect-failed', `cannot connect to ${name}: ${reason}`, { cause, mend });
}

function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  const { code } = cause as NodeJS.ErrnoException;
  if (code === 'ENOENT') return 'no such file';
  if (code === 'ECONNREFUSED') return 'nobody listens there';
  if (code === 'EACCES') return 'permission denied';
  return cause.message || code || cause.name;
}

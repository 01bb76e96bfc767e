import { isIP } from 'node:net';
import { TransportError } from './transport-error.js';

/** A TCP address, with TLS for `ssl` and `pssl`; a passive one is listened on. */
export interface TcpEndpoint {
  scheme: 'tcp' | 'ptcp' | 'ssl' | 'pssl';
  host: string;
  port: number;
}

/** A unix-domain stream socket; a passive one is listened on. */
export interface UnixEndpoint {
  scheme: 'unix' | 'punix';
  path: string;
}

export type Endpoint = TcpEndpoint | UnixEndpoint;

/** The IANA port of OpenFlow. */
export const DEFAULT_PORT = 6653;
const LOOPBACK = '127.0.0.1';
/** `sun_path` of unix(7), without its final zero byte. */
const LONGEST_PATH = 107;
const HOST_NAME = /^[a-z0-9_]([a-z0-9_.-]{0,251}[a-z0-9_])?\.?$/i;

/**
 * Reads an endpoint in Open vSwitch's notation (ovs-vsctl(8), "Controllers"): `ptcp:[PORT][:IP]`,
 * `pssl:[PORT][:IP]` and `punix:FILE` to listen, `tcp:HOST[:PORT]`, `ssl:HOST[:PORT]` and `unix:FILE` to
 * connect. The port defaults to 6653, the address to listen on to 127.0.0.1, port 0 to listen on is any free
 * one. IPv6 addresses stand in brackets. Throws `TransportError` `bad-endpoint`.
 */
export function parseEndpoint(text: string): Endpoint {
  const colon = text.indexOf(':');
  const scheme = text.slice(0, Math.max(colon, 0));
  const rest = text.slice(colon + 1);
  switch (scheme) {
    case 'ptcp':
    case 'pssl':
      return parsePassiveTcp(text, scheme, rest);
    case 'tcp':
    case 'ssl':
      return parseActiveTcp(text, scheme, rest);
    case 'punix':
    case 'unix':
      return { scheme, path: parsePath(text, rest) };
    default:
      throw bad(text, 'it does not begin with ptcp:, pssl:, punix:, tcp:, ssl: or unix:');
  }
}

/** The text that `parseEndpoint` reads as `endpoint`, nothing left out. */
export function formatEndpoint(endpoint: Endpoint): string {
  if ('path' in endpoint) return `${endpoint.scheme}:${endpoint.path}`;
  const host = endpoint.host.includes(':') ? `[${endpoint.host}]` : endpoint.host;
  const { scheme, port } = endpoint;
  return isPassive(endpoint) ? `${scheme}:${port}:${host}` : `${scheme}:${host}:${port}`;
}

/** Whether `endpoint` is listened on rather than connected to. */
export function isPassive(endpoint: Endpoint): boolean {
  return endpoint.scheme.startsWith('p');
}

/** Whether both ends of `endpoint` show certificates. */
export function usesTls(endpoint: Endpoint): boolean {
  return endpoint.scheme === 'ssl' || endpoint.scheme === 'pssl';
}

function parsePassiveTcp(text: string, scheme: 'ptcp' | 'pssl', rest: string): TcpEndpoint {
  const colon = rest.indexOf(':');
  const port = colon < 0 ? rest : rest.slice(0, colon);
  const host = colon < 0 ? '' : unbracket(rest.slice(colon + 1));
  if (host !== '' && isIP(host) === 0) throw bad(text, `${host} is not an IP address`);
  return { scheme, host: host === '' ? LOOPBACK : host, port: parsePort(text, port, 0) };
}

function parseActiveTcp(text: string, scheme: 'tcp' | 'ssl', rest: string): TcpEndpoint {
  const match = /^(\[[^\]]*\]|[^:]*)(?::(.*))?$/.exec(rest);
  const host = match === null ? '' : unbracket(match[1]!);
  if (isIP(host) === 0 && !HOST_NAME.test(host)) throw bad(text, 'it names no host');
  return { scheme, host, port: parsePort(text, match![2] ?? '', 1) };
}

function parsePort(text: string, port: string, lowest: number): number {
  if (port === '') return DEFAULT_PORT;
  const number = /^\d{1,5}$/.test(port) ? Number(port) : Number.NaN;
  if (!(number >= lowest && number <= 65_535)) throw bad(text, `${port} is not a port`);
  return number;
}

function parsePath(text: string, path: string): string {
  if (path === '') throw bad(text, 'it names no file');
  if (path.includes('\0')) throw bad(text, 'its path has a zero byte');
  if (Buffer.byteLength(path) > LONGEST_PATH)
    throw bad(text, `its path is longer than ${LONGEST_PATH} bytes`);
  return path;
}

function unbracket(host: string): string {
  return host.startsWith('[') && host.endsWith(']') ? host.slice(1, -1) : host;
}

function bad(text: string, why: string): TransportError {
  return new TransportError('bad-endpoint', `"${text}" is not an endpoint: ${why}.`);
}

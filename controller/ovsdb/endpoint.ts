import { isIPv6 } from 'node:net';
import { OvsdbError } from './errors.js';

/** Where an OVSDB server listens, as `ovsdb-client` writes it (RFC 7047 leaves it to the implementation). */
export type OvsdbEndpoint =
  | { method: 'unix'; path: string }
  | { method: 'tcp' | 'ssl'; host: string; port: number };

/** The port IANA gave to OVSDB. */
const OVSDB_PORT = 6640;

const FORMS =
  'unix:/var/run/openvswitch/db.sock, tcp:192.0.2.1:6640, tcp:[2001:db8::1]:6640 or ssl:HOST:6640';

/**
 * Reads `unix:PATH`, `tcp:HOST[:PORT]` or `ssl:HOST[:PORT]`; an IPv6 address is written in brackets.
 * Throws OvsdbError `bad-endpoint`.
 */
export function parseOvsdbEndpoint(text: string): OvsdbEndpoint {
  const colon = text.indexOf(':');
  const method = text.slice(0, colon);
  const rest = text.slice(colon + 1);
  if (method === 'unix') {
    if (rest === '' || rest.includes('\0')) throw bad(text, 'names no socket');
    return { method, path: rest };
  }
  if (method !== 'tcp' && method !== 'ssl') throw bad(text, 'begins with none of unix:, tcp: and ssl:');
  const parts = /^(?:\[([^\]]*)\]|([^:[\]/\s]+))(?::(\d{1,5}))?$/.exec(rest);
  if (parts === null) throw bad(text, 'is not HOST:PORT');
  const host = parts[1] ?? parts[2]!;
  if (parts[1] !== undefined && !isIPv6(host)) throw bad(text, 'has no IPv6 address in its brackets');
  const port = parts[3] === undefined ? OVSDB_PORT : Number(parts[3]);
  if (port < 1 || port > 65535) throw bad(text, 'has a port outside 1..65535');
  return { method, host, port };
}

export function formatOvsdbEndpoint(endpoint: OvsdbEndpoint): string {
  if (endpoint.method === 'unix') return `unix:${endpoint.path}`;
  const host = endpoint.host.includes(':') ? `[${endpoint.host}]` : endpoint.host;
  return `${endpoint.method}:${host}:${endpoint.port}`;
}

function bad(text: string, what: string): OvsdbError {
  return new OvsdbError('bad-endpoint', `the OVSDB endpoint '${text}' ${what}`, {
    mend: `write it as ${FORMS}`,
  });
}

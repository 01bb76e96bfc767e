import { isIPv6 } from 'node:net';
import { OvsdbError } from '../errors.js';

/** Where a bridge finds its OpenFlow controller, or waits for it: ovs-vswitchd.conf.db(5), Controller target. */
export type ControllerTarget =
  | { method: 'tcp' | 'ssl'; host: string; port: number }
  | { method: 'ptcp' | 'pssl'; port: number; host: string | undefined }
  | { method: 'unix' | 'punix'; path: string };

/** The port IANA gave to OpenFlow. */
export const OPENFLOW_PORT = 6653;

const HOST = String.raw`(?:\[([^\]]*)\]|([^:[\]\s]+))`;
const ACTIVE = new RegExp(`^${HOST}(?::(\\d{1,5}))?$`);
const PASSIVE = new RegExp(`^(?:(\\d{1,5}))?(?::${HOST})?$`);

/**
 * Reads `tcp:HOST[:PORT]`, `ssl:HOST[:PORT]`, `unix:FILE`, and what the switch listens on: `ptcp:[PORT][:HOST]`,
 * `pssl:[PORT][:HOST]`, `punix:FILE`. Throws OvsdbError `bad-endpoint`.
 */
export function parseControllerTarget(text: string): ControllerTarget {
  const colon = text.indexOf(':');
  const method = text.slice(0, colon);
  const rest = text.slice(colon + 1);
  switch (method) {
    case 'unix':
    case 'punix':
      if (!rest.startsWith('/')) throw bad(text, 'names no absolute path');
      return { method, path: rest };
    case 'tcp':
    case 'ssl': {
      const parts = ACTIVE.exec(rest);
      if (parts === null) throw bad(text, 'is not HOST:PORT');
      return { method, host: readHost(text, parts[1], parts[2])!, port: readPort(text, parts[3], 1) };
    }
    case 'ptcp':
    case 'pssl': {
      const parts = PASSIVE.exec(rest);
      if (parts === null) throw bad(text, 'is not PORT:HOST');
      return { method, port: readPort(text, parts[1], 0), host: readHost(text, parts[2], parts[3]) };
    }
    default:
      throw bad(text, 'begins with none of tcp:, ssl:, unix:, ptcp:, pssl: and punix:');
  }
}

function readHost(text: string, bracketed: string | undefined, plain: string | undefined) {
  if (bracketed !== undefined && !isIPv6(bracketed)) throw bad(text, 'has no IPv6 address in its brackets');
  return bracketed ?? plain;
}

/** A switch that listens on port 0 chooses one itself. */
function readPort(text: string, digits: string | undefined, least: number): number {
  if (digits === undefined) return OPENFLOW_PORT;
  const port = Number(digits);
  if (port < least || port > 65535) throw bad(text, `has a port outside ${least}..65535`);
  return port;
}

function bad(text: string, what: string): OvsdbError {
  return new OvsdbError('bad-endpoint', `the controller target '${text}' ${what}`, {
    mend: 'write it as Open vSwitch does, for example tcp:127.0.0.1:6653',
  });
}

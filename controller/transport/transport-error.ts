import { CodedError } from '../coded-error.js';

export type TransportErrorCode =
  | 'bad-endpoint'
  | 'unsupported'
  | 'address-in-use'
  | 'address-unavailable'
  | 'permission-denied'
  | 'no-such-file'
  | 'connection-refused'
  | 'unreachable'
  | 'connect-timeout'
  | 'connect-aborted'
  | 'socket-failed';

const MENDS: Partial<Record<TransportErrorCode, string>> = {
  'bad-endpoint':
    'Write ptcp:[PORT][:IP] or punix:FILE to listen, tcp:HOST[:PORT] or unix:FILE to connect; IPv6 addresses in brackets.',
  unsupported: 'Use ptcp: or punix: to listen, tcp: or unix: to connect.',
  'address-in-use': 'Stop the program that listens there, or choose another port or file.',
  'address-unavailable': 'Choose an address of this machine; `ip address` lists them.',
  'permission-denied': 'Choose a port from 1024 on or a folder you may write to, or run as root.',
  'no-such-file': 'Check the path; for unix: the bridge must listen there already.',
  'connection-refused': 'Check that the switch listens there: ovs-vsctl set-controller BRIDGE ptcp:PORT.',
  unreachable: 'Check the address and the route to it.',
  'connect-timeout': 'Check the address, the route and firewalls.',
};

/** Listening or connecting failed. */
export class TransportError extends CodedError<TransportErrorCode> {
  constructor(code: TransportErrorCode, message: string, options: { cause?: unknown } = {}) {
    super(code, message, { mend: MENDS[code], ...options });
  }
}

const CODES: Record<string, TransportErrorCode> = {
  EADDRINUSE: 'address-in-use',
  EADDRNOTAVAIL: 'address-unavailable',
  ENOTFOUND: 'unreachable',
  EAI_AGAIN: 'unreachable',
  EACCES: 'permission-denied',
  EPERM: 'permission-denied',
  ENOENT: 'no-such-file',
  ENOTDIR: 'no-such-file',
  ECONNREFUSED: 'connection-refused',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
  ETIMEDOUT: 'connect-timeout',
};

const SENTENCES: Partial<Record<TransportErrorCode, string>> = {
  'address-in-use': 'somebody listens there already',
  'address-unavailable': 'this machine has no such address',
  'permission-denied': 'permission denied',
  'no-such-file': 'no such file or folder',
  'connection-refused': 'nobody listens there',
  unreachable: 'the host cannot be reached',
  'connect-timeout': 'no answer in time',
};

/** The error of the system call that failed while doing `what`, such as `Listening on ptcp:6653:127.0.0.1`. */
export function systemError(what: string, cause: NodeJS.ErrnoException): TransportError {
  const code = CODES[cause.code ?? ''] ?? 'socket-failed';
  return new TransportError(code, `${what} failed: ${SENTENCES[code] ?? cause.message}.`, { cause });
}

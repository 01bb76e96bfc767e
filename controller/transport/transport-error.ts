import { CodedError } from '../coded-error.js';
import type { AdmissionRefusal } from './admission.js';

export type TransportErrorCode =
  | 'bad-endpoint'
  | AdmissionRefusal
  | TlsErrorCode
  | 'address-in-use'
  | 'address-unavailable'
  | 'permission-denied'
  | 'no-such-file'
  | 'connection-refused'
  | 'unreachable'
  | 'connect-timeout'
  | 'connect-aborted'
  | 'socket-failed';

/** What is wrong with the controller's own files for TLS, with a handshake, or with a switch's certificate. */
export type TlsErrorCode =
  | 'tls-files-missing'
  | 'tls-file-unreadable'
  | 'tls-file-malformed'
  | 'tls-key-mismatch'
  | 'tls-expected'
  | 'tls-too-old'
  | 'tls-timeout'
  | 'tls-failed'
  | 'certificate-missing'
  | 'certificate-expired'
  | 'certificate-not-yet-valid'
  | 'certificate-foreign'
  | 'certificate-invalid'
  | 'certificate-not-accepted';

const MENDS: Partial<Record<TransportErrorCode, string>> = {
  'bad-endpoint':
    'Write ptcp:[PORT][:IP], pssl:[PORT][:IP] or punix:FILE to listen, tcp:HOST[:PORT], ssl:HOST[:PORT] or unix:FILE to connect; IPv6 addresses in brackets.',
  'too-many-connections': 'Close what is not needed, or raise the limit of connections.',
  'too-many-unfinished': 'Find out who connects without speaking OpenFlow, or raise the limit.',
  'too-many-unfinished-from-source':
    'Find out why this source connects without speaking OpenFlow, or raise the limit.',
  'tls-files-missing': 'Name the files of key, certificate and authority under `tls`.',
  'tls-file-unreadable': 'Check the path, and that the controller may read the file.',
  'tls-file-malformed': 'Use PEM files, as ovs-pki and openssl write them; the key without a passphrase.',
  'tls-key-mismatch': 'Name the key with which the certificate was requested.',
  'tls-expected': 'Use an ssl: target on the switch, or a ptcp: endpoint here.',
  'tls-too-old': 'Allow TLS 1.2 or later on the switch: ovs-vsctl set ssl . ssl_protocols=TLSv1.2.',
  'certificate-missing': 'Give the switch a key and a certificate: ovs-vsctl set-ssl.',
  'certificate-expired': "Have the switch's certificate renewed: ovs-pki sign, then ovs-vsctl set-ssl.",
  'certificate-not-yet-valid': 'Check the clocks of the switch, the controller and the authority.',
  'certificate-foreign':
    'Have the certificate signed by an authority in the `ca` file, or add its authority there.',
  'certificate-not-accepted':
    "Check that the authority which the switch knows (ovs-vsctl get-ssl) signed the controller's certificate, and that it has not expired.",
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
  constructor(code: TransportErrorCode, message: string, options: { mend?: string; cause?: unknown } = {}) {
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

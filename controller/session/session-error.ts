import { CodedError } from '../coded-error.js';

/** Why a session ended, or why one request of it failed. */
export type SessionErrorCode = SessionCloseCode | SessionRequestCode;

/** Codes with which a whole session ends. */
export type SessionCloseCode =
  | 'closed'
  | 'peer-closed'
  | 'connection-lost'
  | 'hello-expected'
  | 'malformed-hello'
  | 'version-incompatible'
  | 'hello-refused'
  | 'unexpected-hello'
  | 'features-refused'
  | 'malformed-features'
  | 'handshake-timeout'
  | 'auxiliary-connection'
  | 'duplicate-datapath'
  | 'certificate-not-pinned'
  | 'liveness-timeout'
  | 'framing-lost'
  | 'message-too-long'
  | 'output-overflow'
  | 'output-stalled'
  | 'handler-failed';

/** Codes with which a single call fails while the session lives on. */
export type SessionRequestCode =
  | 'not-ready'
  | 'no-reply-defined'
  | 'request-timeout'
  | 'request-aborted'
  | 'reply-too-large'
  | 'malformed-reply'
  | 'unexpected-reply'
  | 'too-many-requests';

const MENDS: Partial<Record<SessionErrorCode, string>> = {
  'hello-expected': 'Check that the peer is an OpenFlow switch and that both ends agree on TLS or plain TCP.',
  'malformed-hello':
    'Check that the peer is an OpenFlow switch and that both ends agree on TLS or plain TCP.',
  'version-incompatible':
    'Allow OpenFlow 1.3 on the switch: ovs-vsctl set bridge BRIDGE protocols=OpenFlow13.',
  'hello-refused': 'Allow OpenFlow 1.3 on the switch: ovs-vsctl set bridge BRIDGE protocols=OpenFlow13.',
  'handshake-timeout': 'Check that the peer is an OpenFlow switch and is not stalled.',
  'auxiliary-connection': 'Configure the switch to use its main connection only.',
  'duplicate-datapath':
    'Give each switch its own datapath id: ovs-vsctl set bridge BRIDGE other-config:datapath-id=….',
  'certificate-not-pinned':
    "Pin the switch's certificate (openssl x509 -noout -fingerprint -sha256) to its datapath id, or find out who it is.",
  'liveness-timeout': 'Check the path to the switch and whether the switch is stalled.',
  'output-overflow': 'Wait for `drained()` between large batches, or check why the switch stopped reading.',
  'output-stalled': 'Check why the switch stopped reading.',
  'not-ready': 'Send after the handler was told `ready`.',
  'no-reply-defined': 'Use send(), or sendChecked() to learn whether the switch accepted it.',
  'request-timeout': 'Allow more time with the `timeout` option, or check whether the switch is overloaded.',
  'reply-too-large': 'Narrow the request, take the parts one by one with `onPart`, or raise `maxReplyBytes`.',
  'too-many-requests': 'Wait for earlier requests before sending more, or raise `maxPendingRequests`.',
};

/** A session that ended or a call on it that failed for a reason other than the switch's refusal. */
export class SessionError extends CodedError<SessionErrorCode> {
  constructor(code: SessionErrorCode, message: string, options: { mend?: string; cause?: unknown } = {}) {
    super(code, message, { mend: MENDS[code], ...options });
  }
}

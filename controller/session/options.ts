import { WriterPool } from './writer-pool.js';

/** Bounds and time limits of a session. Times are milliseconds, sizes bytes. */
export interface SessionOptions {
  /** From the first byte to the end of the HELLO and FEATURES exchange. */
  handshakeTimeout: number;
  /** Silence after which an ECHO_REQUEST asks whether the switch is alive. */
  probeAfter: number;
  /** Silence after that ECHO_REQUEST which ends the session. */
  probeTimeout: number;
  /** Default time limit of a request. */
  requestTimeout: number;
  maxPendingRequests: number;
  /** Longest message accepted; the header's 16-bit length cannot say more than 65,535. */
  maxMessageLength: number;
  /** A multipart reply may hold this many bytes on the wire … */
  maxReplyBytes: number;
  /** … and arrive in this many messages. */
  maxReplyParts: number;
  /** Above this many unsent bytes the session is congested … */
  outputHighWater: number;
  /** … and above this many it ends. */
  outputLimit: number;
  /** How long a session may stay congested. */
  stallTimeout: number;
  /** ERROR messages sent in answer to nonsense, in a burst and then in a second. */
  errorReplyRate: number;
  /** Where buffers for outgoing bytes come from. */
  writers: WriterPool;
}

const MEBIBYTE = 1024 * 1024;

/** `options` over the defaults. */
export function sessionOptions(options: Partial<SessionOptions> = {}): SessionOptions {
  return {
    handshakeTimeout: 10_000,
    probeAfter: 5_000,
    probeTimeout: 10_000,
    requestTimeout: 10_000,
    maxPendingRequests: 16_384,
    maxMessageLength: 65_535,
    maxReplyBytes: 64 * MEBIBYTE,
    maxReplyParts: 65_536,
    outputHighWater: MEBIBYTE,
    outputLimit: 16 * MEBIBYTE,
    stallTimeout: 30_000,
    errorReplyRate: 10,
    ...options,
    writers: options.writers ?? new WriterPool(),
  };
}

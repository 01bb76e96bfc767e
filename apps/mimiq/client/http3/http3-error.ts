import { ClientError } from '../client-error.js';

/** Error codes of HTTP/3 (RFC 9114 section 8.1) and QPACK (RFC 9204 section 6). */
export const Http3Code = {
  NO_ERROR: 0x100,
  GENERAL_PROTOCOL_ERROR: 0x101,
  INTERNAL_ERROR: 0x102,
  STREAM_CREATION_ERROR: 0x103,
  CLOSED_CRITICAL_STREAM: 0x104,
  FRAME_UNEXPECTED: 0x105,
  FRAME_ERROR: 0x106,
  EXCESSIVE_LOAD: 0x107,
  ID_ERROR: 0x108,
  SETTINGS_ERROR: 0x109,
  MISSING_SETTINGS: 0x10a,
  REQUEST_REJECTED: 0x10b,
  REQUEST_CANCELLED: 0x10c,
  MESSAGE_ERROR: 0x10e,
  QPACK_DECOMPRESSION_FAILED: 0x200,
} as const;

/** A peer that breaks HTTP/3. `http3Code` is what it is told; with `stream` only one request ends. */
export class Http3Error extends ClientError {
  readonly http3Code: number;
  readonly scope: 'connection' | 'stream';

  constructor(http3Code: number, message: string, scope: 'connection' | 'stream' = 'connection') {
    super('response-malformed', message);
    this.http3Code = http3Code;
    this.scope = scope;
  }
}

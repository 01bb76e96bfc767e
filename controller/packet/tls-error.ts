/** The error of everything that reads TLS. Its text never contains a name or a byte of the stream. */
import { CodedError } from '../coded-error.js';

export type TlsErrorCode =
  /** The first bytes are no TLS record. */
  | 'not-tls'
  /** A record that is no handshake, where the ClientHello should go on. */
  | 'unexpected-record'
  /** A record without content or above 2^14 bytes (RFC 8446 section 5.1). */
  | 'bad-record-length'
  /** A handshake message of another type. */
  | 'not-client-hello'
  /** Longer than the reader was told to take. */
  | 'too-long'
  /** A length within the ClientHello contradicts its surroundings. */
  | 'bad-length'
  /** A field with a value that it cannot have. */
  | 'bad-value'
  | 'duplicate-extension'
  /** A server name that is no DNS host name (RFC 6066 section 3). */
  | 'bad-server-name'
  /** The stream ended before the ClientHello did. */
  | 'truncated';

export class TlsError extends CodedError<TlsErrorCode> {
  /** Offset in the handshake message, or in the stream for the record layer. */
  readonly offset: number;

  constructor(code: TlsErrorCode, message: string, offset: number) {
    super(code, `tls: ${message}`);
    this.offset = offset;
  }
}

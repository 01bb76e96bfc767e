/**
 * Finds the ClientHello at the start of a TLS stream that comes in pieces of any size: the record layer of RFC 8446
 * section 5.1, over which a handshake message may be spread as it likes. Fails with a TlsError, once and for all.
 */
import { readU16 } from './byte-order.js';
import { TlsClientHello } from './tls-client-hello.js';
import { TlsError } from './tls-error.js';

const HANDSHAKE = 22;
const RECORD_HEADER = 5;
const LONGEST_RECORD = 0x4000;
const FIRST_CAPACITY = 2048;
/** Room for every ClientHello of today, tickets and post-quantum keys included. */
export const DEFAULT_HELLO_LIMIT = 65_536;

export class TlsHelloReader {
  readonly hello: TlsClientHello;
  /** Bytes of the stream read so far. */
  read = 0;
  private message = new Uint8Array(FIRST_CAPACITY);
  private messageLength = 0;
  private readonly header = new Uint8Array(RECORD_HEADER);
  private headerLength = 0;
  /** Bytes of the current record that are still to come. */
  private recordLeft = 0;
  private readonly limit: number;

  /** `limit`: longest ClientHello to take, in bytes. */
  constructor(limit = DEFAULT_HELLO_LIMIT) {
    this.limit = limit;
    this.hello = new TlsClientHello(limit);
  }

  /** Begins another stream, in the memory of the one before. */
  reset(): void {
    this.hello.reset();
    this.read = this.messageLength = this.headerLength = this.recordLeft = 0;
  }

  /** Takes the next bytes of the stream; those behind the ClientHello are left alone. Returns the hello. */
  push(bytes: Uint8Array, start = 0, end = bytes.length): TlsClientHello {
    const { hello, header } = this;
    let at = start;
    while (at < end && !hello.isComplete) {
      if (this.recordLeft === 0) {
        header[this.headerLength++] = bytes[at++]!;
        this.read++;
        this.checkHeader();
        continue;
      }
      const take = Math.min(this.recordLeft, end - at);
      this.append(bytes, at, at + take);
      at += take;
      this.read += take;
      this.recordLeft -= take;
      hello.advance(this.message, this.messageLength);
    }
    return hello;
  }

  /** The stream has ended. Throws `truncated` unless the ClientHello is whole. */
  end(): TlsClientHello {
    if (!this.hello.isComplete) {
      throw new TlsError('truncated', 'the stream ends before the ClientHello', this.read);
    }
    return this.hello;
  }

  private checkHeader(): void {
    const { header, headerLength, read } = this;
    if (header[0] !== HANDSHAKE) {
      const first = read <= RECORD_HEADER;
      throw new TlsError(
        first ? 'not-tls' : 'unexpected-record',
        first ? 'no handshake record' : `a record of type ${header[0]} within the ClientHello`,
        read - 1,
      );
    }
    if (headerLength > 1 && header[1] !== 3) throw new TlsError('not-tls', 'no TLS version', read - 1);
    if (headerLength < RECORD_HEADER) return;
    const length = readU16(header, 3);
    if (length === 0 || length > LONGEST_RECORD) {
      throw new TlsError('bad-record-length', `a record of ${length} bytes`, read - 2);
    }
    this.recordLeft = length;
    this.headerLength = 0;
  }

  private append(bytes: Uint8Array, start: number, end: number): void {
    const length = this.messageLength + end - start;
    // Until its header is read, only the limit bounds the message; a record is at most 16 KiB.
    if (length > this.limit + LONGEST_RECORD) throw new TlsError('too-long', 'too long', this.read);
    if (length > this.message.length) {
      const larger = new Uint8Array(Math.max(length, 2 * this.message.length));
      larger.set(this.message.subarray(0, this.messageLength));
      this.message = larger;
    }
    this.message.set(bytes.subarray(start, end), this.messageLength);
    this.messageLength = length;
  }
}

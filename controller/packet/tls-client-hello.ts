/**
 * The ClientHello of TLS 1.0 to 1.3 (RFC 8446 section 4.1.2), as far as it has come: `advance` reads on where it stopped.
 * Fails with a TlsError; afterwards the instance is of no use.
 */
import { readU16, readU24 } from './byte-order.js';
import { TlsError, type TlsErrorCode } from './tls-error.js';

export const TlsExtension = {
  SERVER_NAME: 0,
  PRE_SHARED_KEY: 41,
  SUPPORTED_VERSIONS: 43,
  /** RFC 9849. */
  ENCRYPTED_CLIENT_HELLO: 0xfe0d,
} as const;

const CLIENT_HELLO = 1;
const HEADER = 4;
/** Up to the length of the session id: version and random. */
const FIXED = 34;
const MAX_SESSION_ID = 32;
const MAX_EXTENSIONS = 256;
const HOST_NAME = 0;
const LONGEST_NAME = 253;
const OUTER = 0;

export class TlsClientHello {
  /** Lower case; undefined where none was sent, or has come yet. */
  serverName: string | undefined;
  /** Where the name begins in the handshake message, header included; -1 without a name. */
  serverNameOffset = -1;
  /**
   * Whether an `encrypted_client_hello` extension came. GREASE and real ones look alike on purpose: the name outside
   * is the only one there is for who has no key.
   */
  hasEncryptedClientHello = false;
  /** Whether it offers to resume a session (a ticket in TLS 1.3). */
  hasPreSharedKey = false;
  /** Whether it offers TLS 1.3. */
  offersTls13 = false;
  extensionCount = 0;
  /** Bytes of the whole message, header included; 0 as long as that is not known. */
  length = 0;
  isComplete = false;
  /** The next extension, once `inExtensions`; else 0. */
  private cursor = 0;
  private extensionsEnd = 0;
  private readonly seen: number[] = [];
  private readonly limit: number;

  /** `limit`: longest message to take, header included. */
  constructor(limit: number) {
    this.limit = limit;
  }

  /** Begins another message. */
  reset(): void {
    this.serverName = undefined;
    this.serverNameOffset = -1;
    this.hasEncryptedClientHello = this.hasPreSharedKey = this.offersTls13 = this.isComplete = false;
    this.extensionCount = this.length = this.cursor = this.extensionsEnd = 0;
    this.seen.length = 0;
  }

  /** Reads `bytes[0, end)`, the message from its first byte as far as it has come. The same bytes as before, and more. */
  advance(bytes: Uint8Array, end: number): void {
    if (this.isComplete) return;
    if (end >= 1 && bytes[0] !== CLIENT_HELLO) fail('not-client-hello', 'another handshake message', 0);
    if (end < HEADER) return;
    this.length = HEADER + readU24(bytes, 1);
    if (this.length > this.limit) fail('too-long', `a ClientHello of ${this.length} bytes`, 1);
    if (this.cursor === 0 && !this.readFixed(bytes, end)) return;
    this.readExtensions(bytes, end);
  }

  /** True when the extensions have been reached, or there are none. */
  private readFixed(bytes: Uint8Array, end: number): boolean {
    const { length } = this;
    let at = HEADER + FIXED;
    if (at + 1 > length) fail('bad-length', 'no room for a session id', 1);
    if (end > HEADER && bytes[HEADER] !== 3) fail('bad-value', 'a version other than 3.x', HEADER);
    if (end <= at) return false;
    if (bytes[at]! > MAX_SESSION_ID) fail('bad-length', 'a session id above 32 bytes', at);
    at += 1 + bytes[at]!;
    if (at + 2 > length) fail('bad-length', 'no room for cipher suites', at);
    if (end < at + 2) return false;
    const suites = readU16(bytes, at);
    if (suites < 2 || suites % 2 !== 0) fail('bad-length', 'cipher suites of a wrong length', at);
    at += 2 + suites;
    if (at + 1 > length) fail('bad-length', 'cipher suites reach past the end', at);
    if (end <= at) return false;
    if (bytes[at] === 0) fail('bad-length', 'no compression method', at);
    at += 1 + bytes[at]!;
    if (at > length) fail('bad-length', 'compression methods reach past the end', at);
    if (at === length) {
      this.cursor = this.extensionsEnd = at;
      return true;
    }
    if (at + 2 > length) fail('bad-length', 'no room for extensions', at);
    if (end < at + 2) return false;
    this.extensionsEnd = at + 2 + readU16(bytes, at);
    if (this.extensionsEnd !== length) fail('bad-length', 'extensions do not end with the message', at);
    this.cursor = at + 2;
    return true;
  }

  private readExtensions(bytes: Uint8Array, end: number): void {
    const { extensionsEnd } = this;
    while (this.cursor < extensionsEnd) {
      const at = this.cursor;
      if (at + 4 > extensionsEnd) fail('bad-length', 'no room for an extension', at);
      if (end < at + 4) return;
      const type = readU16(bytes, at);
      const next = at + 4 + readU16(bytes, at + 2);
      if (next > extensionsEnd) fail('bad-length', 'an extension reaches past the end', at + 2);
      if (end < next) return;
      if (this.seen.includes(type)) fail('duplicate-extension', `two extensions of type ${type}`, at);
      this.seen.push(type);
      if (++this.extensionCount > MAX_EXTENSIONS) {
        fail('bad-length', `more than ${MAX_EXTENSIONS} extensions`, at);
      }
      this.readExtension(type, bytes, at + 4, next);
      this.cursor = next;
    }
    this.isComplete = end >= this.length;
  }

  private readExtension(type: number, bytes: Uint8Array, start: number, end: number): void {
    switch (type) {
      case TlsExtension.SERVER_NAME:
        this.readServerName(bytes, start, end);
        break;
      case TlsExtension.ENCRYPTED_CLIENT_HELLO:
        if (start === end || bytes[start] !== OUTER) {
          fail('bad-value', 'an encrypted_client_hello that is not of the outer form', start);
        }
        this.hasEncryptedClientHello = true;
        break;
      case TlsExtension.PRE_SHARED_KEY:
        if (end !== this.extensionsEnd) fail('bad-value', 'pre_shared_key is not the last extension', start);
        this.hasPreSharedKey = true;
        break;
      case TlsExtension.SUPPORTED_VERSIONS:
        for (let at = start + 1; at + 2 <= end; at += 2) {
          if (readU16(bytes, at) === 0x0304) this.offersTls13 = true;
        }
        break;
    }
  }

  /** RFC 6066 section 3: a list of names, at most one of a type. Names of unknown types are passed over. */
  private readServerName(bytes: Uint8Array, start: number, end: number): void {
    if (start + 2 > end || start + 2 + readU16(bytes, start) !== end || start + 2 === end) {
      fail('bad-length', 'a list of server names of a wrong length', start);
    }
    for (let at = start + 2; at < end; ) {
      if (at + 3 > end) fail('bad-length', 'no room for a server name', at);
      const nameStart = at + 3;
      const nameEnd = nameStart + readU16(bytes, at + 1);
      if (nameEnd > end) fail('bad-length', 'a server name reaches past its list', at);
      if (bytes[at] === HOST_NAME) {
        if (this.serverName !== undefined) fail('bad-server-name', 'two host names', at);
        this.serverName = hostName(bytes, nameStart, nameEnd);
        this.serverNameOffset = nameStart;
      }
      at = nameEnd;
    }
  }
}

/** Letters, digits, hyphens and underscores in labels of 1 to 63, in lower case; not an IPv4 address. */
function hostName(bytes: Uint8Array, start: number, end: number): string {
  if (end === start || end - start > LONGEST_NAME) fail('bad-server-name', 'a name of a wrong length', start);
  // One string of its own: a rope of single characters would have to be put together by whoever looks it up.
  const codes: number[] = [];
  let label = 0;
  let digitsOnly = true;
  for (let at = start; at < end; at++) {
    let code = bytes[at]!;
    if (code === 0x2e) {
      if (label === 0) fail('bad-server-name', 'an empty label', at);
      label = 0;
      digitsOnly = true;
    } else {
      if (code >= 0x41 && code <= 0x5a) code += 0x20;
      const isDigit = code >= 0x30 && code <= 0x39;
      if (!isDigit && !(code >= 0x61 && code <= 0x7a) && code !== 0x2d && code !== 0x5f) {
        fail('bad-server-name', 'a character that host names do not have', at);
      }
      if (++label > 63) fail('bad-server-name', 'a label above 63 bytes', at);
      digitsOnly &&= isDigit;
    }
    codes.push(code);
  }
  if (label === 0 || digitsOnly) fail('bad-server-name', 'no host name', start);
  return String.fromCharCode(...codes);
}

function fail(code: TlsErrorCode, message: string, offset: number): never {
  throw new TlsError(code, message, offset);
}

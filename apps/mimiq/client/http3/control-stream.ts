import { FrameType, frame } from './frame-reader.js';
import { concat, varint } from './varint.js';

/** The first unidirectional stream of a client. */
export const CONTROL_STREAM = 2;
const TYPE = 0; // of a unidirectional stream that is a control stream
const SETTINGS_MAX_FIELD_SECTION_SIZE = 6;
const MAX_FIELD_SECTION = 65_536;

/** This end's control stream (RFC 9114 section 6.2.1): frames that are never cut off, however little QUIC takes at once. */
export class ControlStream {
  private readonly take: (bytes: Uint8Array) => number;
  /** What QUIC has not taken yet of the frame that was sent last. */
  private rest: Uint8Array;

  /** Begins the stream with its settings. `take` hands bytes to QUIC and returns how many it took, at most 0 for none. */
  constructor(take: (bytes: Uint8Array) => number) {
    this.take = take;
    const settings = concat(varint(SETTINGS_MAX_FIELD_SECTION_SIZE), varint(MAX_FIELD_SECTION));
    this.rest = concat(varint(TYPE), frame(FrameType.SETTINGS, settings));
    this.writable();
  }

  /** Sends a frame that may be left out: it is, while QUIC takes nothing or still owes the end of the one before. */
  offer(whole: Uint8Array): void {
    this.writable();
    if (this.rest.length > 0) return;
    const taken = this.take(whole);
    if (taken > 0) this.rest = whole.subarray(taken);
  }

  /** QUIC takes bytes of this stream again. */
  writable(): void {
    if (this.rest.length > 0) this.rest = this.rest.subarray(Math.max(0, this.take(this.rest)));
  }
}

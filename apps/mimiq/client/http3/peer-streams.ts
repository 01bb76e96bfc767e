import { type FrameHandler, FrameReader, FrameType } from './frame-reader.js';
import { Http3Code, Http3Error } from './http3-error.js';
import { concat, readVarint, varintLength } from './varint.js';

const StreamType = { CONTROL: 0, PUSH: 1, QPACK_ENCODER: 2, QPACK_DECODER: 3 } as const;
/** Settings that only HTTP/2 has (RFC 9114 section 7.2.4.1). */
const HTTP2_SETTINGS = new Set([2, 3, 4, 5]);

interface PeerStream {
  type: number | undefined;
  head: Uint8Array;
}

/** The server's unidirectional streams (RFC 9114 section 6.2): its control stream counts, others are read and ignored. */
export class PeerStreams implements FrameHandler {
  /** First request that the server will not look at; undefined until it says so. */
  goaway: number | undefined;
  private readonly onGoaway: () => void;
  private readonly streams = new Map<number, PeerStream>();
  private readonly control = new FrameReader(this);
  private readonly unique = new Set<number>();
  private settings = false;

  constructor(onGoaway: () => void) {
    this.onGoaway = onGoaway;
  }

  /** Throws Http3Error. */
  push(id: number, bytes: Uint8Array): void {
    let stream = this.streams.get(id);
    if (stream === undefined) {
      stream = { type: undefined, head: new Uint8Array(0) };
      this.streams.set(id, stream);
    }
    let rest = bytes;
    if (stream.type === undefined) {
      const head = concat(stream.head, rest);
      if (head.length === 0 || head.length < varintLength(head[0]!)) {
        stream.head = head;
        return;
      }
      stream.type = readVarint(head, 0);
      rest = head.subarray(varintLength(head[0]!));
      stream.head = new Uint8Array(0);
      this.opened(stream.type);
    }
    if (stream.type === StreamType.CONTROL) this.control.push(rest);
    else if (stream.type === StreamType.QPACK_ENCODER && rest.some(byte => byte !== 0x20)) {
      // Anything but "capacity 0" (RFC 9204 section 4.3.1).
      throw new Http3Error(0x201, 'the server fills a dynamic table that was never allowed');
    }
  }

  /** Throws Http3Error when the server ended a stream that must live as long as the connection. */
  end(id: number): void {
    const type = this.streams.get(id)?.type;
    this.streams.delete(id);
    if (type !== undefined && this.unique.has(type)) {
      throw new Http3Error(
        Http3Code.CLOSED_CRITICAL_STREAM,
        'the server closed a stream that must stay open',
      );
    }
  }

  frame(type: number, payload: Uint8Array): void {
    if (!this.settings) {
      if (type !== FrameType.SETTINGS) {
        throw new Http3Error(Http3Code.MISSING_SETTINGS, 'the control stream does not begin with settings');
      }
      this.settings = true;
      checkSettings(payload);
    } else if (type === FrameType.GOAWAY) {
      this.goAway(payload);
    } else if (type !== FrameType.CANCEL_PUSH) {
      throw new Http3Error(Http3Code.FRAME_UNEXPECTED, `frame type ${type} stands in the control stream`);
    }
  }

  data(): void {
    throw new Http3Error(Http3Code.FRAME_UNEXPECTED, 'the control stream holds a body');
  }

  private opened(type: number): void {
    if (type === StreamType.PUSH) {
      throw new Http3Error(Http3Code.ID_ERROR, 'the server pushes, which it was never allowed');
    }
    if (type !== StreamType.CONTROL && type !== StreamType.QPACK_ENCODER && type !== StreamType.QPACK_DECODER)
      return;
    if (this.unique.has(type)) {
      throw new Http3Error(Http3Code.STREAM_CREATION_ERROR, 'the server opened a second stream of a kind');
    }
    this.unique.add(type);
  }

  private goAway(payload: Uint8Array): void {
    const whole = payload.length > 0 && payload.length === varintLength(payload[0]!);
    if (!whole) throw new Http3Error(Http3Code.FRAME_ERROR, 'a GOAWAY frame is malformed');
    const read = readVarint(payload, 0);
    const id = Number.isNaN(read) ? Number.MAX_SAFE_INTEGER - 3 : read; // "any", 2^62 - 4, is beyond a number
    if (id % 4 !== 0 || (this.goaway !== undefined && id > this.goaway)) {
      throw new Http3Error(Http3Code.ID_ERROR, 'a GOAWAY frame names a stream that it may not name');
    }
    this.goaway = id;
    this.onGoaway();
  }
}

function checkSettings(payload: Uint8Array): void {
  const seen = new Set<number>();
  let offset = 0;
  const next = () => {
    if (offset >= payload.length || offset + varintLength(payload[offset]!) > payload.length) {
      throw new Http3Error(Http3Code.FRAME_ERROR, 'a SETTINGS frame is malformed');
    }
    const value = readVarint(payload, offset);
    offset += varintLength(payload[offset]!);
    return value;
  };
  while (offset < payload.length) {
    const id = next();
    next();
    if (HTTP2_SETTINGS.has(id) || seen.has(id)) {
      throw new Http3Error(Http3Code.SETTINGS_ERROR, `setting ${id} is forbidden or stands twice`);
    }
    if (!Number.isNaN(id)) seen.add(id);
  }
}

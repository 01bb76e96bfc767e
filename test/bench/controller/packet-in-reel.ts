import {
  COOKIE,
  FRAME,
  FRAME_EXPECTED_PORT,
  FRAME_SEQUENCE,
  IN_PORT,
  PACKET_IN_LENGTH,
  packetInTemplate,
} from './wire.js';

/**
 * The PACKET_INs of one switch, made once: one for each ordered pair of ports, from the host of the one to the host of
 * the other. What is sent is a copy of the next stretch with sequence numbers put in, so that the generator does less
 * for a PACKET_IN than any controller.
 */
export class PacketInReel {
  private readonly pairs: Buffer;
  private readonly lesson: Buffer;
  private next = 0;

  constructor(datapathId: number, ports: number) {
    const pairs: Buffer[] = [];
    const lesson: Buffer[] = [];
    for (let from = 1; from <= ports; from++) {
      lesson.push(packetIn(datapathId, from, (from % ports) + 1));
      for (let to = 1; to <= ports; to++) if (to !== from) pairs.push(packetIn(datapathId, from, to));
    }
    this.pairs = Buffer.concat(pairs);
    this.lesson = Buffer.concat(lesson);
  }

  /** Writes one frame from each host to the host of the next port, without sequence numbers. */
  writeLesson(out: Buffer, at: number): void {
    this.lesson.copy(out, at);
  }

  /** Writes `count` PACKET_INs, numbered from `sequence` on. */
  write(out: Buffer, at: number, count: number, sequence: number): void {
    let pos = at;
    let left = count;
    while (left > 0) {
      const stretch = Math.min(left, this.pairs.length / PACKET_IN_LENGTH - this.next);
      const start = this.next * PACKET_IN_LENGTH;
      this.pairs.copy(out, pos, start, start + stretch * PACKET_IN_LENGTH);
      this.next = (this.next + stretch) % (this.pairs.length / PACKET_IN_LENGTH);
      pos += stretch * PACKET_IN_LENGTH;
      left -= stretch;
    }
    for (let index = 0; index < count; index++) {
      const message = at + index * PACKET_IN_LENGTH;
      writeUint32(out, message + 4, sequence + index);
      writeUint32(out, message + FRAME + FRAME_SEQUENCE, sequence + index);
    }
  }

  /** The cookie of the flow that punts them, 8 bytes. */
  setCookie(cookie: Uint8Array): void {
    for (const reel of [this.pairs, this.lesson]) {
      for (let at = 0; at < reel.length; at += PACKET_IN_LENGTH) reel.set(cookie, at + COOKIE);
    }
  }
}

/** From the host of port `from` to that of port `to`. */
function packetIn(datapathId: number, from: number, to: number): Buffer {
  const message = packetInTemplate();
  message.writeUInt32BE(from, IN_PORT);
  message.writeUInt32BE(datapathId, FRAME + 1);
  message[FRAME + 5] = to;
  message.writeUInt32BE(datapathId, FRAME + 7);
  message[FRAME + 11] = from;
  message[FRAME + FRAME_EXPECTED_PORT] = to;
  return message;
}

function writeUint32(out: Uint8Array, at: number, value: number): void {
  out[at] = value >>> 24;
  out[at + 1] = value >>> 16;
  out[at + 2] = value >>> 8;
  out[at + 3] = value;
}

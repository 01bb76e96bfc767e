/**
 * The ceiling: a learning switch written over byte offsets, without a codec, an app or a check.
 *
 *     node raw-baseline.js PORT
 *
 * Answers every PACKET_IN with one FLOW_MOD and one PACKET_OUT, as the learning-switch app does, and writes once
 * a tick and connection. What the typed API costs is the distance to this.
 */
import { createServer, type Socket } from 'node:net';
import { HEADER, MessageCode, writeHeader } from './wire.js';

const FLOW_MOD_LENGTH = 112;
const CAPACITY = 1 << 20;
const COOKIE = 1n;
const VLAN = 0x8100;
const FIRST_LINK_LOCAL = 0x0180_c200_0000;
const LAST_LINK_LOCAL = 0x0180_c200_000f;
/** Whole seconds, renewed every second. */
let now = 0;
setInterval(() => now++, 1000);

const flowModTemplate = Buffer.alloc(FLOW_MOD_LENGTH);
writeHeader(flowModTemplate, 0, MessageCode.FLOW_MOD, FLOW_MOD_LENGTH, 0);
flowModTemplate.writeBigUInt64BE(COOKIE, 8);
flowModTemplate.writeUInt16BE(60, 26); // idle and hard timeout
flowModTemplate.writeUInt16BE(150, 28);
flowModTemplate.writeUInt16BE(0x1000, 30); // priority
flowModTemplate.writeUInt32BE(0xffffffff, 32); // no buffer
flowModTemplate.writeUInt32BE(0xffffffff, 36);
flowModTemplate.writeUInt32BE(0xffffffff, 40);
flowModTemplate.writeUInt16BE(1, 48); // match: OXM, 38 bytes and padding
flowModTemplate.writeUInt16BE(38, 50);
flowModTemplate.writeUInt32BE(0x80000004, 52); // in_port
flowModTemplate.writeUInt32BE(0x80000606, 60); // eth_dst
flowModTemplate.writeUInt32BE(0x80000806, 70); // eth_src
flowModTemplate.writeUInt32BE(0x80000c02, 80); // vlan_vid: none
flowModTemplate.writeUInt16BE(4, 88); // apply-actions: one output
flowModTemplate.writeUInt16BE(24, 90);
flowModTemplate.writeUInt16BE(16, 98);

createServer({ noDelay: true }, serve).listen(Number(process.argv[2]), '127.0.0.1');

function serve(socket: Socket): void {
  const ports = new Map<number, { port: number; seenAt: number }>();
  let out = Buffer.allocUnsafe(CAPACITY);
  let length = 0;
  let scheduled = false;
  let carry = Buffer.alloc(0);

  socket.on('data', data => {
    let bytes = data;
    if (carry.length > 0) bytes = Buffer.concat([carry, data]);
    let at = 0;
    while (bytes.length - at >= HEADER) {
      const size = (bytes[at + 2]! << 8) | bytes[at + 3]!;
      if (bytes.length - at < size) break;
      message(bytes, at, size);
      at += size;
    }
    carry = at < bytes.length ? Buffer.from(bytes.subarray(at)) : Buffer.alloc(0);
  });
  socket.on('error', () => socket.destroy());
  send(hello);
  send(featuresRequest);
  send(missFlow());

  function message(bytes: Buffer, at: number, size: number): void {
    const code = bytes[at + 1];
    if (code === MessageCode.PACKET_IN) packetIn(bytes, at, size);
    else if (code === MessageCode.ECHO_REQUEST) {
      const reply = Buffer.from(bytes.subarray(at, at + size));
      reply[1] = MessageCode.ECHO_REPLY;
      send(reply);
    }
  }

  function packetIn(bytes: Buffer, at: number, size: number): void {
    const frame = at + 42;
    const inPort = bytes.readUInt32BE(at + 32);
    const destination = bytes.readUIntBE(frame, 6);
    const source = bytes.readUIntBE(frame + 6, 6);
    if (bytes[frame + 6]! & 1 || bytes.readUInt16BE(frame + 12) === VLAN) return;
    if (destination >= FIRST_LINK_LOCAL && destination <= LAST_LINK_LOCAL) return;
    const station = ports.get(source);
    if (station === undefined) ports.set(source, { port: inPort, seenAt: 0 });
    else {
      station.port = inPort;
      station.seenAt = now;
    }
    const outPort = ports.get(destination)?.port ?? 0xfffffffb;
    if (outPort !== 0xfffffffb) {
      const flow = reserve(FLOW_MOD_LENGTH);
      flowModTemplate.copy(out, flow);
      out.writeUInt32BE(inPort, flow + 56);
      bytes.copy(out, flow + 64, frame, frame + 6);
      bytes.copy(out, flow + 74, frame + 6, frame + 12);
      out.writeUInt32BE(outPort, flow + 100);
    }
    const dataLength = size - 42;
    const total = 40 + dataLength;
    const packet = reserve(total);
    out.fill(0, packet, packet + 40);
    writeHeader(out, packet, MessageCode.PACKET_OUT, total, 0);
    out.writeUInt32BE(0xffffffff, packet + 8);
    out.writeUInt32BE(inPort, packet + 12);
    out.writeUInt16BE(16, packet + 16);
    out.writeUInt16BE(16, packet + 26);
    out.writeUInt32BE(outPort, packet + 28);
    bytes.copy(out, packet + 40, frame, frame + dataLength);
  }

  function send(bytes: Buffer): void {
    bytes.copy(out, reserve(bytes.length));
  }

  function reserve(size: number): number {
    if (length + size > CAPACITY) flush();
    const at = length;
    length += size;
    if (!scheduled) {
      scheduled = true;
      process.nextTick(flush);
    }
    return at;
  }

  function flush(): void {
    scheduled = false;
    if (length === 0) return;
    socket.write(out.subarray(0, length));
    length = 0;
    if (socket.writableLength > 0) out = Buffer.allocUnsafe(CAPACITY);
  }
}

const hello = plain(MessageCode.HELLO);
const featuresRequest = plain(MessageCode.FEATURES_REQUEST);

function plain(code: number): Buffer {
  const bytes = Buffer.alloc(HEADER);
  writeHeader(bytes, 0, code, HEADER, 1);
  return bytes;
}

function missFlow(): Buffer {
  const bytes = Buffer.alloc(80);
  writeHeader(bytes, 0, MessageCode.FLOW_MOD, 80, 2);
  bytes.writeBigUInt64BE(COOKIE, 8);
  bytes.writeUInt32BE(0xffffffff, 32);
  bytes.writeUInt32BE(0xffffffff, 36);
  bytes.writeUInt32BE(0xffffffff, 40);
  bytes.writeUInt16BE(1, 48);
  bytes.writeUInt16BE(4, 50);
  bytes.writeUInt16BE(4, 56);
  bytes.writeUInt16BE(24, 58);
  bytes.writeUInt16BE(16, 66);
  bytes.writeUInt32BE(0xfffffffd, 68);
  bytes.writeUInt16BE(0xffff, 72);
  return bytes;
}

/**
 * The bytes that an emulated switch sends and reads, at fixed offsets (OpenFlow 1.3.5). Written apart from the
 * codec under measurement, so that a mistake there cannot hide here.
 */

export const HEADER = 8;
export const FEATURES_REPLY_LENGTH = 32;
/** Offsets in the PACKET_IN template. */
export const COOKIE = 16;
export const IN_PORT = 32;
export const FRAME = 42;
/** Bytes of our frames, and of a PACKET_IN that carries one. */
export const FRAME_LENGTH = 64;
export const PACKET_IN_LENGTH = FRAME + FRAME_LENGTH;
/** Offsets in our frames: the sequence number, u32, and the port where the frame should leave, u8. */
export const FRAME_SEQUENCE = 18;
export const FRAME_EXPECTED_PORT = 22;
/** Offset of the cookie in a FLOW_MOD. */
export const COOKIE_AT = 8;
/** Offset of the message inside an ONF bundle-add message. */
export const BUNDLE_FLOW_MOD = 24;
const VERSION = 4;
const BUNDLE_ADD_MESSAGE = 2301;
const BUNDLE_CONTROL = 2300;
const ONF = 0x4f4e4600;
const CONTROLLER = 0xfffffffd;
const OXM_IN_PORT = 0x80000004;
const ETH_TYPE_TEST = 0x88b5; // IEEE 802: local experimental
const MARK = 0xc10af10a;

export const MessageCode = {
  HELLO: 0,
  ERROR: 1,
  ECHO_REQUEST: 2,
  ECHO_REPLY: 3,
  EXPERIMENTER: 4,
  FEATURES_REQUEST: 5,
  FEATURES_REPLY: 6,
  GET_CONFIG_REQUEST: 7,
  GET_CONFIG_REPLY: 8,
  PACKET_IN: 10,
  PACKET_OUT: 13,
  FLOW_MOD: 14,
  MULTIPART_REQUEST: 18,
  MULTIPART_REPLY: 19,
  BARRIER_REQUEST: 20,
  BARRIER_REPLY: 21,
  ROLE_REQUEST: 24,
  ROLE_REPLY: 25,
} as const;

export const Multipart = { DESC: 0, PORT_DESC: 13 } as const;
/** Bytes of the answers to aggregate (2) and meter-features (11) of a switch without rules and meters, which are zeros. */
const ZEROS: Readonly<Record<number, number>> = { 2: 24, 11: 16 };

export function writeHeader(out: Buffer, at: number, code: number, length: number, xid: number): void {
  out[at] = VERSION;
  out[at + 1] = code;
  out.writeUInt16BE(length, at + 2);
  out.writeUInt32BE(xid, at + 4);
}

/** ofp_switch_features (7.3.1): no buffers, 254 tables. */
export function writeFeaturesReply(out: Buffer, at: number, xid: number, datapathId: number): void {
  out.fill(0, at, at + FEATURES_REPLY_LENGTH);
  writeHeader(out, at, MessageCode.FEATURES_REPLY, FEATURES_REPLY_LENGTH, xid);
  out.writeUInt32BE(datapathId, at + 12);
  out[at + 20] = 254;
  out.writeUInt32BE(0x4f, at + 24);
}

/** ofp_port (7.2.1), 64 bytes each, all up. */
export function writePortDescReply(xid: number, datapathId: number, ports: number): Buffer {
  const reply = Buffer.alloc(16 + 64 * ports);
  writeHeader(reply, 0, MessageCode.MULTIPART_REPLY, reply.length, xid);
  reply.writeUInt16BE(Multipart.PORT_DESC, 8);
  for (let port = 1; port <= ports; port++) {
    const at = 16 + 64 * (port - 1);
    reply.writeUInt32BE(port, at);
    reply[at + 8] = 0x06;
    reply.writeUInt32BE(datapathId, at + 9);
    reply[at + 13] = port;
    reply.write(`p${port}`, at + 16, 'latin1');
  }
  return reply;
}

/** ofp_desc (7.3.5.1): 1056 bytes of text. */
export function writeDescriptionReply(xid: number): Buffer {
  const reply = Buffer.alloc(16 + 1056);
  writeHeader(reply, 0, MessageCode.MULTIPART_REPLY, reply.length, xid);
  reply.write('load generator', 16, 'latin1');
  return reply;
}

export function writeEmptyMultipartReply(xid: number, kind: number): Buffer {
  const reply = Buffer.alloc(16 + (ZEROS[kind] ?? 0));
  writeHeader(reply, 0, MessageCode.MULTIPART_REPLY, reply.length, xid);
  reply.writeUInt16BE(kind, 8);
  return reply;
}

/** The answer to a barrier, role, configuration or bundle request; undefined where none is due. */
export function barrierLikeReply(request: Buffer): Buffer | undefined {
  const { length } = request;
  const xid = request.readUInt32BE(4);
  switch (request[1]) {
    case MessageCode.BARRIER_REQUEST: {
      const reply = Buffer.alloc(HEADER);
      writeHeader(reply, 0, MessageCode.BARRIER_REPLY, HEADER, xid);
      return reply;
    }
    case MessageCode.ROLE_REQUEST: {
      const reply = Buffer.from(request);
      reply[1] = MessageCode.ROLE_REPLY;
      return reply;
    }
    case MessageCode.GET_CONFIG_REQUEST: {
      const reply = Buffer.alloc(12);
      writeHeader(reply, 0, MessageCode.GET_CONFIG_REPLY, 12, xid);
      reply.writeUInt16BE(0xffff, 10);
      return reply;
    }
    case MessageCode.EXPERIMENTER: {
      // ONF bundle control: the reply's control type is the request's plus one.
      if (length < 24 || request.readUInt32BE(8) !== ONF || request.readUInt32BE(12) !== BUNDLE_CONTROL)
        return undefined;
      const reply = Buffer.from(request.subarray(0, 24));
      writeHeader(reply, 0, MessageCode.EXPERIMENTER, 24, xid);
      reply.writeUInt16BE(request.readUInt16BE(20) + 1, 20);
      return reply;
    }
    default:
      return undefined;
  }
}

/**
 * A PACKET_IN (7.4.1) with an in_port match and a 64-byte frame; the frame carries a
 * mark, a sequence number and the port where it should leave.
 */
export function packetInTemplate(): Buffer {
  const message = Buffer.alloc(PACKET_IN_LENGTH);
  writeHeader(message, 0, MessageCode.PACKET_IN, message.length, 0);
  message.writeUInt32BE(0xffffffff, 8);
  message.writeUInt16BE(FRAME_LENGTH, 12);
  message.writeUInt16BE(1, 24); // OFPMT_OXM
  message.writeUInt16BE(12, 26);
  message.writeUInt32BE(OXM_IN_PORT, 28);
  const frame = FRAME;
  message[frame] = 0x02;
  message[frame + 6] = 0x02;
  message.writeUInt16BE(ETH_TYPE_TEST, frame + 12);
  message.writeUInt32BE(MARK, frame + 14);
  return message;
}

/** Whether the frame at `at` is one of ours; whatever the controller made itself is not. */
export function isOwnFrame(bytes: Uint8Array, at: number): boolean {
  return (
    bytes[at + 12] === ETH_TYPE_TEST >>> 8 &&
    bytes[at + 13] === (ETH_TYPE_TEST & 0xff) &&
    bytes[at + 14] === MARK >>> 24 &&
    bytes[at + 15] === ((MARK >>> 16) & 0xff) &&
    bytes[at + 16] === ((MARK >>> 8) & 0xff) &&
    bytes[at + 17] === (MARK & 0xff)
  );
}

/** Whether a message is an ONF bundle-add message around a FLOW_MOD. */
export function isBundledFlowMod(message: Buffer): boolean {
  if (message[1] !== MessageCode.EXPERIMENTER || message.length < BUNDLE_FLOW_MOD + HEADER) return false;
  return (
    message.readUInt32BE(8) === ONF &&
    message.readUInt32BE(12) === BUNDLE_ADD_MESSAGE &&
    message[BUNDLE_FLOW_MOD + 1] === MessageCode.FLOW_MOD
  );
}

/** A FLOW_MOD (7.3.4.1) of priority 0 without match whose first action is output to the controller. */
export function isMissToController(bytes: Uint8Array, at: number): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset + at);
  const length = view.getUint16(2);
  if (length < 80 || view.getUint16(30) !== 0 || view.getUint16(50) !== 4) return false;
  return view.getUint16(64) === 0 && view.getUint32(68) === CONTROLLER;
}

/** What a message of one header type means when a switch sends it to a controller. */
export type Inbound = 'reply' | 'event' | 'request';

const HIGHEST_TYPE = 29;
const REPLIES = new Set([3, 6, 8, 19, 21, 23, 25, 27]);
/** ERROR, ECHO_REQUEST, EXPERIMENTER, PACKET_IN, FLOW_REMOVED, PORT_STATUS */
const EVENTS = new Set([1, 2, 4, 10, 11, 12]);
const TABLE: readonly Inbound[] = Array.from({ length: HIGHEST_TYPE + 1 }, (_, type) =>
  REPLIES.has(type) ? 'reply' : EVENTS.has(type) ? 'event' : 'request',
);

/** Header types (OpenFlow 1.3.5 section 7.1) with a meaning to the session itself. */
export const HeaderType = {
  HELLO: 0,
  ERROR: 1,
  ECHO_REQUEST: 2,
  ECHO_REPLY: 3,
  EXPERIMENTER: 4,
  FEATURES_REPLY: 6,
  PACKET_IN: 10,
  MULTIPART_REPLY: 19,
} as const;

/** `request` covers what only a controller may send, and types that do not exist. */
export function inboundKind(headerType: number): Inbound {
  return TABLE[headerType] ?? 'request';
}

/** The transaction id of the message at `offset`. */
export function readXid(buf: Uint8Array, offset: number): number {
  return (
    ((buf[offset + 4]! << 24) | (buf[offset + 5]! << 16) | (buf[offset + 6]! << 8) | buf[offset + 7]!) >>> 0
  );
}

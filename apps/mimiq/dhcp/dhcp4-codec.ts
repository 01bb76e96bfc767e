import { ipv4Bytes, ipv4Number } from '../address-prefix.js';

/** DHCPv4 messages (RFC 2131 section 2, options of RFC 2132): only what a server of one segment reads and writes. */

export const Dhcp4Type = {
  DISCOVER: 1,
  OFFER: 2,
  REQUEST: 3,
  DECLINE: 4,
  ACK: 5,
  NAK: 6,
  RELEASE: 7,
  INFORM: 8,
} as const;

export const Dhcp4Option = {
  PAD: 0,
  SUBNET_MASK: 1,
  ROUTER: 3,
  DNS: 6,
  MTU: 26,
  REQUESTED_ADDRESS: 50,
  LEASE_TIME: 51,
  MESSAGE_TYPE: 53,
  SERVER_ID: 54,
  RENEWAL_TIME: 58,
  REBINDING_TIME: 59,
  CLIENT_ID: 61,
  END: 255,
} as const;

export interface Dhcp4Request {
  readonly type: number;
  readonly xid: number;
  readonly broadcast: boolean;
  /** IPv4 addresses as numbers; 0 when not set. */
  readonly clientAddress: number;
  readonly relayAddress: number;
  /** 48 bits. */
  readonly mac: number;
  readonly requestedAddress: number | undefined;
  readonly serverId: number | undefined;
  readonly clientId: Uint8Array | undefined;
}

export interface Dhcp4Reply {
  readonly type: number;
  /** 0 when none is given. */
  readonly yourAddress: number;
  /** Code and value, in the order of the wire; the type is added. */
  readonly options: readonly (readonly [number, Uint8Array])[];
}

const FIXED_LENGTH = 236;
const OPTIONS_AT = 240;
const COOKIE = 0x6382_5363;
const BOOTREQUEST = 1;
const BOOTREPLY = 2;
const ETHERNET = 1;
const BROADCAST_FLAG = 0x8000;
/** BOOTP's smallest message, which some clients insist on (RFC 1542 section 2.1). */
const SHORTEST_REPLY = 300;

/** Undefined for bytes that are no request of an Ethernet client. */
export function decodeDhcp4(bytes: Uint8Array): Dhcp4Request | undefined {
  if (bytes.length < OPTIONS_AT) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (bytes[0] !== BOOTREQUEST || bytes[1] !== ETHERNET || bytes[2] !== 6) return undefined;
  if (view.getUint32(FIXED_LENGTH) !== COOKIE) return undefined;
  const options = readOptions(bytes);
  const type = options.get(Dhcp4Option.MESSAGE_TYPE);
  if (type?.length !== 1) return undefined;
  return {
    type: type[0]!,
    xid: view.getUint32(4),
    broadcast: (view.getUint16(10) & BROADCAST_FLAG) !== 0,
    clientAddress: view.getUint32(12),
    relayAddress: view.getUint32(24),
    mac: view.getUint16(28) * 2 ** 32 + view.getUint32(30),
    requestedAddress: addressOption(options.get(Dhcp4Option.REQUESTED_ADDRESS)),
    serverId: addressOption(options.get(Dhcp4Option.SERVER_ID)),
    clientId: options.get(Dhcp4Option.CLIENT_ID),
  };
}

/** The answer to `request`, which gives the fields that answers repeat. */
export function encodeDhcp4(request: Dhcp4Request, reply: Dhcp4Reply): Uint8Array {
  const { clientId } = request;
  const options: (readonly [number, Uint8Array])[] = [
    [Dhcp4Option.MESSAGE_TYPE, Uint8Array.of(reply.type)],
    ...reply.options,
  ];
  // RFC 6842 section 3: the client's identifier is repeated.
  if (clientId !== undefined && clientId.length <= 255) options.push([Dhcp4Option.CLIENT_ID, clientId]);
  const length = options.reduce((sum, [, value]) => sum + 2 + value.length, OPTIONS_AT + 1);
  const bytes = new Uint8Array(Math.max(SHORTEST_REPLY, length));
  const view = new DataView(bytes.buffer);
  bytes[0] = BOOTREPLY;
  bytes[1] = ETHERNET;
  bytes[2] = 6;
  view.setUint32(4, request.xid);
  view.setUint16(10, request.broadcast ? BROADCAST_FLAG : 0);
  const renewing = reply.type === Dhcp4Type.ACK ? request.clientAddress : 0;
  view.setUint32(12, renewing);
  view.setUint32(16, reply.yourAddress);
  view.setUint32(24, request.relayAddress);
  view.setUint16(28, Math.floor(request.mac / 2 ** 32));
  view.setUint32(30, request.mac >>> 0);
  view.setUint32(FIXED_LENGTH, COOKIE);
  let position = OPTIONS_AT;
  for (const [code, value] of options) {
    bytes[position] = code;
    bytes[position + 1] = value.length;
    bytes.set(value, position + 2);
    position += 2 + value.length;
  }
  bytes[position] = Dhcp4Option.END;
  return bytes;
}

/** Values of numbers for options. */
export function uint32Option(value: number): Uint8Array {
  return ipv4Bytes(value);
}

/** Options by code. What runs past the end is left out; parts of one option are joined (RFC 3396). */
function readOptions(bytes: Uint8Array): Map<number, Uint8Array> {
  const options = new Map<number, Uint8Array>();
  let position = OPTIONS_AT;
  while (position < bytes.length) {
    const code = bytes[position++]!;
    if (code === Dhcp4Option.PAD) continue;
    if (code === Dhcp4Option.END || position >= bytes.length) break;
    const length = bytes[position++]!;
    if (position + length > bytes.length) break;
    const value = bytes.slice(position, position + length);
    const before = options.get(code);
    options.set(code, before === undefined ? value : new Uint8Array(Buffer.concat([before, value])));
    position += length;
  }
  return options;
}

function addressOption(value: Uint8Array | undefined): number | undefined {
  if (value?.length !== 4) return undefined;
  return ipv4Number(value);
}

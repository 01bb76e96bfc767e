/** DHCPv6 messages (RFC 8415) with non-temporary addresses. */

export const Dhcp6Type = {
  SOLICIT: 1,
  ADVERTISE: 2,
  REQUEST: 3,
  CONFIRM: 4,
  RENEW: 5,
  REBIND: 6,
  REPLY: 7,
  RELEASE: 8,
  DECLINE: 9,
  INFORMATION_REQUEST: 11,
} as const;

export const Dhcp6Status = {
  SUCCESS: 0,
  NO_ADDRESSES: 2,
  NO_BINDING: 3,
  NOT_ON_LINK: 4,
} as const;

const Option = {
  CLIENT_ID: 1,
  SERVER_ID: 2,
  IA_NA: 3,
  IA_ADDRESS: 5,
  STATUS_CODE: 13,
  RAPID_COMMIT: 14,
  DNS: 23,
} as const;

export interface Dhcp6Request {
  readonly type: number;
  /** 24 bits. */
  readonly transaction: number;
  readonly clientId: Uint8Array | undefined;
  readonly serverId: Uint8Array | undefined;
  readonly rapidCommit: boolean;
  readonly associations: readonly RequestedAssociation[];
}

/** One IA_NA of a request: the addresses that the client names. */
export interface RequestedAssociation {
  readonly iaid: number;
  readonly addresses: readonly Uint8Array[];
}

export interface Dhcp6Reply {
  readonly type: number;
  readonly serverId: Uint8Array;
  readonly rapidCommit?: boolean;
  readonly associations?: readonly Association[];
  readonly status?: number;
  readonly resolvers?: readonly Uint8Array[];
}

/** One IA_NA of an answer. */
export interface Association {
  readonly iaid: number;
  /** Seconds until the client should renew, and rebind. */
  readonly t1: number;
  readonly t2: number;
  /** `lifetime` in seconds, preferred and valid alike; 0 takes the address away. */
  readonly addresses: readonly { readonly address: Uint8Array; readonly lifetime: number }[];
  readonly status?: number;
}

const MAX_DUID = 130;
const MAX_ASSOCIATIONS = 8;
const MAX_ADDRESSES = 16;

/** Undefined for bytes that are no whole message of a client. */
export function decodeDhcp6(bytes: Uint8Array): Dhcp6Request | undefined {
  if (bytes.length < 4) return undefined;
  let clientId: Uint8Array | undefined;
  let serverId: Uint8Array | undefined;
  let rapidCommit = false;
  const associations: RequestedAssociation[] = [];
  const whole = eachOption(bytes, 4, (code, value) => {
    if (code === Option.CLIENT_ID) clientId = value.slice();
    else if (code === Option.SERVER_ID) serverId = value.slice();
    else if (code === Option.RAPID_COMMIT) rapidCommit = true;
    else if (code === Option.IA_NA) {
      if (value.length < 12 || associations.length >= MAX_ASSOCIATIONS) return value.length >= 12;
      const addresses: Uint8Array[] = [];
      const read = eachOption(value, 12, (inner, content) => {
        if (inner !== Option.IA_ADDRESS) return true;
        if (content.length < 24) return false;
        if (addresses.length < MAX_ADDRESSES) addresses.push(content.slice(0, 16));
        return true;
      });
      associations.push({ iaid: uint32(value, 0), addresses });
      return read;
    }
    return true;
  });
  if (!whole || (clientId !== undefined && (clientId.length < 1 || clientId.length > MAX_DUID))) {
    return undefined;
  }
  const transaction = uint32(bytes, 0) & 0xff_ffff;
  return { type: bytes[0]!, transaction, clientId, serverId, rapidCommit, associations };
}

export function encodeDhcp6(request: Dhcp6Request, reply: Dhcp6Reply): Uint8Array {
  const parts: Uint8Array[] = [numbers([4, ((reply.type << 24) | request.transaction) >>> 0])];
  if (request.clientId !== undefined) parts.push(option(Option.CLIENT_ID, request.clientId));
  parts.push(option(Option.SERVER_ID, reply.serverId));
  if (reply.rapidCommit) parts.push(option(Option.RAPID_COMMIT));
  for (const { iaid, t1, t2, addresses, status } of reply.associations ?? []) {
    const content = [numbers([4, iaid], [4, t1], [4, t2])];
    for (const { address, lifetime } of addresses) {
      content.push(option(Option.IA_ADDRESS, address, numbers([4, lifetime], [4, lifetime])));
    }
    if (status !== undefined) content.push(option(Option.STATUS_CODE, numbers([2, status])));
    parts.push(option(Option.IA_NA, ...content));
  }
  if (reply.status !== undefined) parts.push(option(Option.STATUS_CODE, numbers([2, reply.status])));
  if (reply.resolvers !== undefined && reply.resolvers.length > 0) {
    parts.push(option(Option.DNS, ...reply.resolvers));
  }
  return new Uint8Array(Buffer.concat(parts));
}

/** Calls `read` for each option; false when one runs past the end or `read` refuses one. */
function eachOption(
  bytes: Uint8Array,
  start: number,
  read: (code: number, value: Uint8Array) => boolean | undefined,
): boolean {
  let position = start;
  while (position < bytes.length) {
    if (position + 4 > bytes.length) return false;
    const code = (bytes[position]! << 8) | bytes[position + 1]!;
    const length = (bytes[position + 2]! << 8) | bytes[position + 3]!;
    position += 4;
    if (position + length > bytes.length) return false;
    if (read(code, bytes.subarray(position, position + length)) === false) return false;
    position += length;
  }
  return true;
}

function option(code: number, ...values: Uint8Array[]): Uint8Array {
  const length = values.reduce((sum, value) => sum + value.length, 0);
  return new Uint8Array(Buffer.concat([numbers([2, code], [2, length]), ...values]));
}

/** Big-endian numbers, each with its width in bytes. */
function numbers(...values: (readonly [number, number])[]): Uint8Array {
  const bytes = Buffer.alloc(values.reduce((sum, [width]) => sum + width, 0));
  let position = 0;
  for (const [width, value] of values) position = bytes.writeUIntBE(value, position, width);
  return bytes;
}

function uint32(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
}

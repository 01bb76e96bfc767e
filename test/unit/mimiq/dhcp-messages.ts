/** What Debian's clients send, as captured, and messages made after them. */

const FIXED = '00'.repeat(192);
/** From the seconds to the server's name: no address but the hardware's. */
const REST = `${'00'.repeat(20)}02000000000a${'00'.repeat(10)}${FIXED}`;
const bytes = (hex: string) => new Uint8Array(Buffer.from(hex, 'hex'));

export const MAC = 0x0200_0000_000a;

/** isc-dhclient 4.4.3: subnet mask, broadcast, time offset, routers, names and more are asked for. */
export const DHCLIENT_DISCOVER = bytes(
  `01010600b3fef909${REST}638253633501010c027063370d011c02030f06770c2c2f1a792aff${'00'.repeat(33)}`,
);
/** udhcpc 1.35.0: with a client identifier and the longest message that it takes. */
export const UDHCPC_DISCOVER = bytes(
  `0101060039c4190f${REST}638253633501013902024037070103060c0f1c2a3c0c756468637020312e33352e303d070102000000000aff`,
);
/** isc-dhclient 4.4.3: one IA_NA, by DUID-LLT. */
export const DHCLIENT_SOLICIT = bytes(
  '016f427b0001000e000100013295139a02000000000a00060008001700180027001f0008000200000003000c0000000a00000e1000001518',
);

export interface Fields4 {
  type: number;
  clientAddress?: Uint8Array;
  relay?: Uint8Array;
  mac?: number;
  requested?: Uint8Array;
  server?: Uint8Array;
  broadcast?: boolean;
}

/** A DHCPv4 message of a client. */
export function message4(fields: Fields4): Uint8Array {
  const { type, clientAddress, relay, mac = MAC, requested, server, broadcast = false } = fields;
  const message = new Uint8Array(300);
  message.set(DHCLIENT_DISCOVER.subarray(0, 240));
  const view = new DataView(message.buffer);
  if (broadcast) view.setUint16(10, 0x8000);
  if (clientAddress !== undefined) message.set(clientAddress, 12);
  if (relay !== undefined) message.set(relay, 24);
  view.setUint16(28, Math.floor(mac / 2 ** 32));
  view.setUint32(30, mac >>> 0);
  const options = [53, 1, type];
  if (requested !== undefined) options.push(50, 4, ...requested);
  if (server !== undefined) options.push(54, 4, ...server);
  message.set([...options, 255], 240);
  return message;
}

/** Type, addresses and options of a server's message. */
export function read4(payload: Uint8Array) {
  const options = new Map<number, number[]>();
  for (let at = 240; payload[at] !== 255 && at < payload.length; at += 2 + payload[at + 1]!) {
    options.set(payload[at]!, [...payload.subarray(at + 2, at + 2 + payload[at + 1]!)]);
  }
  return { type: options.get(53)![0], yours: payload.slice(16, 20), options };
}

/** An option of DHCPv6. */
export function option6(code: number, ...values: (Uint8Array | number[])[]): number[] {
  const content = values.flatMap(value => [...value]);
  return [code >> 8, code & 255, content.length >> 8, content.length & 255, ...content];
}

export const CLIENT_ID = DHCLIENT_SOLICIT.slice(8, 22);
const IAID = [0, 0, 0, 10];

/** A DHCPv6 message of a client with one IA_NA that names `addresses`. */
export function message6(type: number, ...options: number[][]): Uint8Array {
  return Uint8Array.from([type, 0x6f, 0x42, 0x7b, ...option6(1, CLIENT_ID), ...options.flat()]);
}

export function association6(...addresses: Uint8Array[]): number[] {
  const inside = addresses.map(address => option6(5, address, [0, 0, 0, 9, 0, 0, 0, 9]));
  return option6(3, IAID, new Uint8Array(8), ...inside);
}

/** Options by code, the first of each. */
export function options6(bytes: Uint8Array, from = 4): Map<number, Uint8Array> {
  const found = new Map<number, Uint8Array>();
  for (let at = from; at + 4 <= bytes.length; ) {
    const code = bytes[at]! * 256 + bytes[at + 1]!;
    const length = bytes[at + 2]! * 256 + bytes[at + 3]!;
    if (!found.has(code)) found.set(code, bytes.slice(at + 4, at + 4 + length));
    at += 4 + length;
  }
  return found;
}

/** The addresses of a server's IA_NA, with their lifetimes in seconds. */
export function granted6(bytes: Uint8Array): { address: Uint8Array; lifetime: number }[] {
  const association = options6(bytes).get(3);
  const granted: { address: Uint8Array; lifetime: number }[] = [];
  for (let at = 12; association !== undefined && at + 4 <= association.length; ) {
    const view = new DataView(association.buffer, association.byteOffset + at);
    const length = view.getUint16(2);
    if (view.getUint16(0) === 5) {
      granted.push({ address: association.slice(at + 4, at + 20), lifetime: view.getUint32(24) });
    }
    at += 4 + length;
  }
  return granted;
}

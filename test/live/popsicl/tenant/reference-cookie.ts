/** The handoff cookie written down once more, slowly and with bigints: what the BPF program is judged by. */
import { parseIpv4, parseIpv6 } from '../../../../controller/address/index.js';

const MASK = (1n << 64n) - 1n;

function rotate(word: bigint, bits: bigint): bigint {
  return ((word << bits) | (word >> (64n - bits))) & MASK;
}

/** SipHash-2-4 (https://www.aumasson.jp/siphash/siphash.pdf). */
export function sipHash(key: Uint8Array, message: Uint8Array): bigint {
  const k = Buffer.from(key);
  const [k0, k1] = [k.readBigUInt64LE(0), k.readBigUInt64LE(8)];
  const v = [
    k0 ^ 0x736f6d6570736575n,
    k1 ^ 0x646f72616e646f6dn,
    k0 ^ 0x6c7967656e657261n,
    k1 ^ 0x7465646279746573n,
  ] as [bigint, bigint, bigint, bigint];
  const half = (a: 0 | 2, b: 1 | 3, bits: bigint, swap: boolean) => {
    v[a] = (v[a] + v[b]) & MASK;
    v[b] = rotate(v[b], bits) ^ v[a];
    if (swap) v[a] = rotate(v[a], 32n);
  };
  const round = () => {
    half(0, 1, 13n, true);
    half(2, 3, 16n, false);
    half(0, 3, 21n, false);
    half(2, 1, 17n, true);
  };
  const padded = Buffer.alloc((message.length & ~7) + 8);
  padded.set(message);
  padded[padded.length - 1] = message.length & 0xff;
  for (let at = 0; at < padded.length; at += 8) {
    const word = padded.readBigUInt64LE(at);
    v[3] ^= word;
    round();
    round();
    v[0] ^= word;
  }
  v[2] ^= 0xffn;
  for (let i = 0; i < 4; i++) round();
  return v[0] ^ v[1] ^ v[2] ^ v[3];
}

export interface ReferenceSyn {
  client: string;
  serverPort: number;
  clientIsn: number;
  mssIndex: number;
  sackPermitted: boolean;
  /** 0 to 14; undefined when the client offered none. */
  windowScale: number | undefined;
}

/** The initial sequence number and the TSval of the SYN-ACK. */
export function referenceCookie(key: Uint8Array, syn: ReferenceSyn): { sequence: number; tsval: number } {
  const ipv6 = syn.client.includes(':');
  const address = ipv6 ? parseIpv6(syn.client)! : numberBytes(parseIpv4(syn.client));
  const head = (tag: number) => [...address, syn.serverPort >> 8, syn.serverPort & 255, tag, ipv6 ? 6 : 4];
  const h1 = Number(sipHash(key, Uint8Array.from(head(1))) & 0xfffn);
  const hash2 = sipHash(key, Uint8Array.from([...head(2), ...numberBytes(syn.clientIsn)]));
  const h2 = Number(hash2 & 0xfffn);
  const options = (syn.mssIndex << 5) | (syn.sackPermitted ? 16 : 0) | (syn.windowScale ?? 15);
  return {
    sequence: ((h1 << 20) | (h2 << 8) | options) >>> 0,
    tsval: ((123_456 << 8) | (Number((hash2 >> 12n) & 0x7fn) << 1)) >>> 0,
  };
}

function numberBytes(value: number): number[] {
  return [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255];
}

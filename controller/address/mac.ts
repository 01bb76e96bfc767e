/** A MAC address: a 48-bit unsigned integer, or text of six hexadecimal octets such as `02:00:00:00:00:01`. */
export type MacAddress = number | string;

export const BROADCAST_MAC = 0xffff_ffff_ffff;
const MAX_MAC = BROADCAST_MAC;
const COLON = 0x3a;
const HYPHEN = 0x2d;

/** Texts of the addresses seen last; a bounded table, so that hostile traffic cannot grow it. */
const interned = new Map<number, string>();
const INTERNED_LIMIT = 4096;

/** 48-bit number of `text`; NaN when the text is not a MAC address. */
export function parseMac(text: string): number {
  let value = 0;
  let octet = 0;
  let digits = 0;
  let octets = 1;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code === COLON || code === HYPHEN) {
      if (digits === 0 || octets === 6) return Number.NaN;
      value = value * 256 + octet;
      octet = 0;
      digits = 0;
      octets++;
      continue;
    }
    const digit = hexDigit(code);
    if (digit < 0 || digits === 2) return Number.NaN;
    octet = octet * 16 + digit;
    digits++;
  }
  return octets === 6 && digits > 0 ? value * 256 + octet : Number.NaN;
}

/** 48-bit number of an address in either form; NaN when it is neither. */
export function macToNumber(address: MacAddress): number {
  if (typeof address === 'string') return parseMac(address);
  return Number.isInteger(address) && address >= 0 && address <= MAX_MAC ? address : Number.NaN;
}

/** Lower-case text, two digits an octet; the same string object for an address seen recently. */
export function formatMac(address: number): string {
  let text = interned.get(address);
  if (text === undefined) {
    const digits = address.toString(16).padStart(12, '0');
    text = `${digits.slice(0, 2)}:${digits.slice(2, 4)}:${digits.slice(4, 6)}:${digits.slice(6, 8)}:${digits.slice(8, 10)}:${digits.slice(10, 12)}`;
    if (interned.size >= INTERNED_LIMIT) interned.clear();
    interned.set(address, text);
  }
  return text;
}

/** Group bit (IEEE 802.3 clause 3.2.3): broadcast and multicast addresses have it. */
export function isGroupMac(address: number): boolean {
  return (Math.floor(address / 0x100_0000_0000) & 1) === 1;
}

/** Value of a hexadecimal digit by its character code; -1 when it is none. */
function hexDigit(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const lower = code | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}

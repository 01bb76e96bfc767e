/** An IPv4 address: an unsigned 32-bit integer (the first octet is the highest), or dotted-quad text. */
export type Ipv4Address = number | string;

const DOT = 0x2e;
const ZERO = 0x30;

/** Unsigned 32-bit number of dotted-quad `text`; NaN when it is not one. Leading zeros are refused. */
export function parseIpv4(text: string): number {
  const { length } = text;
  if (length < 7 || length > 15) return Number.NaN;
  let value = 0;
  let octet = 0;
  let digits = 0;
  let dots = 0;
  for (let index = 0; index < length; index++) {
    const code = text.charCodeAt(index);
    if (code === DOT) {
      if (digits === 0) return Number.NaN;
      value = value * 256 + octet;
      octet = 0;
      digits = 0;
      dots++;
      continue;
    }
    const digit = code - ZERO;
    const isLeadingZero = digits === 1 && octet === 0;
    if (!(digit >= 0 && digit <= 9) || isLeadingZero) return Number.NaN;
    octet = octet * 10 + digit;
    digits++;
    if (octet > 255) return Number.NaN;
  }
  return dots === 3 && digits > 0 ? value * 256 + octet : Number.NaN;
}

/** Unsigned 32-bit number of an address in either form; NaN when it is neither. */
export function ipv4ToNumber(address: Ipv4Address): number {
  if (typeof address === 'string') return parseIpv4(address);
  return address >>> 0 === address ? address : Number.NaN;
}

/** Dotted-quad text of an unsigned 32-bit number. */
export function formatIpv4(address: number): string {
  return `${address >>> 24}.${(address >>> 16) & 255}.${(address >>> 8) & 255}.${address & 255}`;
}

/** An IPv4 address: an unsigned 32-bit integer (the first octet is the highest), or dotted-quad text. */
export type Ipv4Address = number | string;

/** Unsigned 32-bit number of dotted-quad `text`; NaN when it is not one. Leading zeros are refused. */
export function parseIpv4(text: string): number {
  const octets = text.split('.');
  if (octets.length !== 4) return Number.NaN;
  let value = 0;
  for (const octet of octets) {
    if (!/^(0|[1-9][0-9]{0,2})$/.test(octet)) return Number.NaN;
    const number = Number(octet);
    if (number > 255) return Number.NaN;
    value = value * 256 + number;
  }
  return value;
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

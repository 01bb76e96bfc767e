/** An IPv6 address: 16 bytes in network order, or text (RFC 4291 section 2.2). */
export type Ipv6Address = Uint8Array | string;

/** 16 bytes of `text`, also with a dotted-quad tail; undefined when it is not an address. Zones are refused. */
export function parseIpv6(text: string): Uint8Array | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const head = groupsOf(halves[0]!, halves.length === 1);
  const tail = halves.length === 2 ? groupsOf(halves[1]!, true) : [];
  if (head === undefined || tail === undefined) return undefined;
  const missing = 8 - head.length - tail.length;
  if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined;
  const bytes = new Uint8Array(16);
  const groups = [...head, ...new Array<number>(missing).fill(0), ...tail];
  groups.forEach((group, index) => {
    bytes[2 * index] = group >>> 8;
    bytes[2 * index + 1] = group & 255;
  });
  return bytes;
}

/** The 16-bit groups of one side of `::`; a dotted quad may stand at the very end of the address. */
function groupsOf(text: string, last: boolean): number[] | undefined {
  if (text === '') return [];
  const groups: number[] = [];
  const parts = text.split(':');
  for (const [index, part] of parts.entries()) {
    if (last && index === parts.length - 1 && part.includes('.')) {
      const quad = part.split('.').map(octet => (/^(0|[1-9][0-9]{0,2})$/.test(octet) ? Number(octet) : 256));
      if (quad.length !== 4 || quad.some(octet => octet > 255)) return undefined;
      groups.push(quad[0]! * 256 + quad[1]!, quad[2]! * 256 + quad[3]!);
    } else if (/^[0-9a-f]{1,4}$/i.test(part)) {
      groups.push(Number.parseInt(part, 16));
    } else {
      return undefined;
    }
  }
  return groups;
}

/** Canonical text (RFC 5952) of the 16 bytes at `offset`. */
export function formatIpv6(bytes: Uint8Array, offset = 0): string {
  const groups: number[] = [];
  for (let index = 0; index < 16; index += 2) {
    groups.push(bytes[offset + index]! * 256 + bytes[offset + index + 1]!);
  }
  const [start, length] = longestZeroRun(groups);
  const text = (part: number[]) => part.map(group => group.toString(16)).join(':');
  if (length < 2) return text(groups);
  return `${text(groups.slice(0, start))}::${text(groups.slice(start + length))}`;
}

/** Start and length of the first longest run of zero groups (RFC 5952 section 4.2). */
function longestZeroRun(groups: number[]): [number, number] {
  let best: [number, number] = [0, 0];
  for (let start = 0; start < groups.length; start++) {
    let end = start;
    while (end < groups.length && groups[end] === 0) end++;
    if (end - start > best[1]) best = [start, end - start];
    if (end > start) start = end;
  }
  return best;
}

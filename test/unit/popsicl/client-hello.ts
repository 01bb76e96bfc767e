/** The least ClientHello (RFC 8446 section 4.1.2) that names a server, in one record. */
export function clientHello(name: string): Uint8Array {
  const host = Buffer.from(name);
  const u16 = (value: number) => [value >>> 8, value & 0xff];
  const list = [...u16(host.length + 3), 0, ...u16(host.length), ...host];
  const extensions = [0, 0, ...u16(list.length), ...list];
  const suites = [0x13, 0x01];
  const body = [
    ...[3, 3],
    ...new Array(32).fill(7),
    0,
    ...u16(suites.length),
    ...suites,
    ...[1, 0],
    ...u16(extensions.length),
    ...extensions,
  ];
  const message = [1, 0, ...u16(body.length), ...body];
  return Uint8Array.from([22, 3, 1, ...u16(message.length), ...message]);
}

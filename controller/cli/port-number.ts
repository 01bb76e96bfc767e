/** Reserved ports (OpenFlow 1.3.5, 7.2.1) by their names. */
const RESERVED: ReadonlyMap<number, string> = new Map([
  [0xfffffff8, 'in_port'],
  [0xfffffff9, 'table'],
  [0xfffffffa, 'normal'],
  [0xfffffffb, 'flood'],
  [0xfffffffc, 'all'],
  [0xfffffffd, 'controller'],
  [0xfffffffe, 'local'],
  [0xffffffff, 'any'],
]);

/** A port's number, or the name of a reserved one. */
export function portNumberText(number: number): string {
  return RESERVED.get(number) ?? String(number);
}

/**
 * The words in which the flows of MIMIQ speak to each other: tables, registers and what travels in them.
 *
 *     entry ── client port ──> client ──(leases: source)──> bind ──> route ──(leases: destination)──> deliver
 *       │                         └── ARP, NS ──> bind ──> respond ──> advertise
 *       └── tunnel, outside port ───────────────────────────> route ──> exit
 *
 * `exit` has the MAC addresses of next routers that were found by asking. `permute` and `restore` belong to the mode without an allocator (3.4).
 * `leases` is a subroutine: it looks the address in xxreg0 up and says to whom it is leased. So one flow a lease serves three
 * purposes: who may send from the address, who asks for its own, and where packets to it go.
 */
import { ControllerMaxLen, Port } from '../../../controller/openflow/index.js';
import type { Action, Instruction, Match } from '../../../controller/switch/index.js';

export const TABLE_NAMES = [
  'entry',
  'client',
  'leases',
  'bind',
  'respond',
  'advertise',
  'route',
  'deliver',
  'permute',
  'restore',
  'exit',
] as const;
export type TableName = (typeof TABLE_NAMES)[number];
export type Tables = Readonly<Record<TableName, number>>;

/** EtherTypes and ICMPv6 types that the flows match. */
export const ETH = { ipv4: 0x0800, arp: 0x0806, ipv6: 0x86dd } as const;
export const IP_TYPES = [ETH.ipv4, ETH.ipv6] as const;

/** What reg8 says: where the packet came from. No packet comes from nobody: flows that match it are notes. */
export const From = { CLIENT: 1, TUNNEL: 2, OUTSIDE: 3, NOBODY: 4 } as const;

/** The app's own part of the cookie: what was punted. */
export const Punt = {
  REQUEST: 1,
  DHCPV4: 2,
  DHCPV6: 3,
  ROUTER_SOLICITATION: 4,
  NEIGHBOUR: 5,
  HOPS_SPENT: 6,
  TOO_LONG: 7,
} as const;

/**
 * xxreg0 (reg0 to reg3): the address that is looked up, an IPv4 address in the last 32 bits.
 * In `exit` xxreg0 is the next router's address. reg4: the client's port. reg5: 1 when the address is leased at this switch. xreg3: the client's MAC address.
 * reg8: `From`. reg9: 1 when the packet is longer than tunnels can carry. xreg5: the MAC address that a responder answers with. reg12: room to swap.
 */
export function leaseHolder(port: number, mac: number): Match {
  return { reg4: port, reg5: 1, xreg3: BigInt(mac) };
}

/** The actions of a lease's flow: says who holds the address. */
export function tellHolder(port: number, mac: number): Action[] {
  return [
    { type: 'set-field', field: { reg4: port } },
    { type: 'set-field', field: { reg5: 1 } },
    { type: 'set-field', field: { xreg3: BigInt(mac) } },
  ];
}

type AddressField = 'ipv4Src' | 'ipv4Dst' | 'arpTpa' | 'ipv6Src' | 'ipv6Dst' | 'ipv6NdTarget';

/** Looks an address of the packet up; reg4, reg5 and xreg3 have the answer. */
export function lookUp(tables: Tables, field: AddressField): Action[] {
  const isIpv6 = field.startsWith('ipv6');
  return [
    { type: 'set-field', field: { reg5: 0 } },
    ...(isIpv6 ? [move(field, 'xxreg0', 128)] : [setXxreg0(0n), move(field, 'reg3', 32)]),
    { type: 'nx-resubmit-table', table: tables.leases },
  ];
}

function setXxreg0(value: bigint): Action {
  return { type: 'set-field', field: { xxreg0: value } };
}

/** What `xxreg0` is for an address of 4 or 16 bytes. */
export function lookUpKey(address: Uint8Array): bigint {
  let key = 0n;
  for (const byte of address) key = (key << 8n) | BigInt(byte);
  return key;
}

/** The address that a flow of a switch looks for in xxreg0, which Open vSwitch reports as four registers. */
export function lookUpKeyOf({ xxreg0, reg0, reg1, reg2, reg3 }: Match): bigint | undefined {
  if (typeof xxreg0 === 'bigint') return xxreg0;
  let key = 0n;
  for (const part of [reg0, reg1, reg2, reg3]) {
    if (typeof part !== 'number') return undefined;
    key = (key << 32n) | BigInt(part);
  }
  return key;
}

export function move(src: string, dst: string, nBits: number): Action {
  return { type: 'nx-reg-move', src, dst, nBits } as Action;
}

/** From here on the packet may leave by the port that it came in by. */
export const FORGET_IN_PORT: Action = { type: 'nx-reg-load', dst: 'nxmInPort', ofs: 0, nBits: 16, value: 0 };

export const OUTPUT_IN_PORT: Action = { type: 'output', port: Port.IN_PORT };

const ETHERNET_HEADER = 14;

/** Sets reg9 for packets of more than `mtu` bytes. */
export function lookAtLength(mtu: number): Action {
  return { type: 'nx-check-pkt-larger', pktLen: mtu + ETHERNET_HEADER, dst: 'reg9', offset: 0 } as Action;
}

/** To the controller, whole. */
export const PUNT: Action = {
  type: 'output',
  port: Port.CONTROLLER,
  maxLen: ControllerMaxLen.NO_BUFFER,
};

export function apply(actions: Action[]): Instruction {
  return { type: 'apply-actions', actions };
}

export function goto(tableId: number): Instruction {
  return { type: 'goto-table', tableId };
}

/**
 * Frames that a Linux 6 kernel sent between two hosts, 02:00:00:00:00:01 (10.1.0.1, 2001:db8::1) and
 * 02:00:00:00:00:02 (10.1.0.2, 2001:db8::2), with checksum offloading off.
 */

/** Bytes of annotated hexadecimal: everything after `#` on a line is a comment, white space is ignored. */
export function hex(text: string): Uint8Array {
  const digits = text.replace(/#.*$/gm, '').replace(/\s+/g, '');
  return new Uint8Array(Buffer.from(digits, 'hex'));
}

export function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

export const ARP_REQUEST = hex(`
  ff ff ff ff ff ff  02 00 00 00 00 01  08 06
  00 01              # Ethernet
  08 00              # IPv4
  06 04              # address lengths
  00 01              # request
  02 00 00 00 00 01  0a 01 00 01   # sender
  00 00 00 00 00 00  0a 01 00 02   # target`);

export const ARP_REPLY = hex(`
  02 00 00 00 00 01  02 00 00 00 00 02  08 06
  00 01 08 00 06 04
  00 02              # reply
  02 00 00 00 00 02  0a 01 00 02
  02 00 00 00 00 01  0a 01 00 01`);

export const TCP_SYN = hex(`
  02 00 00 00 00 02  02 00 00 00 00 01  08 00
  45 00 00 3c        # version 4, 20 bytes of header; total length 60
  88 df 40 00        # identification, do not fragment
  40 06 9d d8        # TTL 64, TCP, checksum
  0a 01 00 01  0a 01 00 02
  a3 6c 1f 90        # ports 41836 and 8080
  ef 20 77 a7        # sequence
  00 00 00 00        # acknowledgement
  a0 02 fa f0        # 40 bytes of header, SYN, window 64240
  82 25 00 00        # checksum, urgent pointer
  02 04 05 b4        # maximum segment size 1460
  04 02              # SACK permitted
  08 0a 3d c7 4f 56 00 00 00 00    # timestamps
  01                 # no-operation
  03 03 0a           # window scale 10`);

export const TCP_SYN_ACK = hex(`
  02 00 00 00 00 01  02 00 00 00 00 02  08 00
  45 00 00 3c 00 00 40 00 40 06 26 b8 0a 01 00 02 0a 01 00 01
  1f 90 a3 6c 7a 50 40 fa ef 20 77 a8
  a0 12 fe 88        # SYN and ACK
  3e cd 00 00
  02 04 05 b4 04 02 08 0a 12 16 72 4e 3d c7 4f 56 01 03 03 0a`);

export const TCP_DATA = hex(`
  02 00 00 00 00 02  02 00 00 00 00 01  08 00
  45 00 00 38 88 e1 40 00 40 06 9d da 0a 01 00 01 0a 01 00 02
  a3 6c 1f 90 ef 20 77 a8 7a 50 40 fb
  80 18 00 3f        # 32 bytes of header, PSH and ACK, window 63
  8d 09 00 00
  01 01 08 0a 3d c7 4f 56 12 16 72 4e
  70 69 6e 67        # ping`);

export const UDP = hex(`
  02 00 00 00 00 02  02 00 00 00 00 01  08 00
  45 00 00 21 14 d1 40 00 40 11 11 f7 0a 01 00 01 0a 01 00 02
  aa a5 27 0f        # ports 43685 and 9999
  00 0d d6 48        # length 13, checksum
  68 65 6c 6c 6f     # hello`);

export const PORT_UNREACHABLE = hex(`
  02 00 00 00 00 01  02 00 00 00 00 02  08 00
  45 c0 00 3d        # DSCP 48
  ba 64 00 00 40 01 ab 97 0a 01 00 02 0a 01 00 01
  03 03 11 20        # destination unreachable, port
  00 00 00 00
  45 00 00 21 14 d1 40 00 40 11 11 f7 0a 01 00 01 0a 01 00 02   # the packet refused
  aa a5 27 0f 00 0d d6 48 68 65 6c 6c 6f`);

export const ROUTER_ALERT = hex(`
  02 00 00 00 00 02  02 00 00 00 00 01  08 00
  46 00 00 25 14 d2 40 00 40 11 7c ed 0a 01 00 01 0a 01 00 02
  94 04 00 00        # router alert
  85 a1 27 0f 00 0d 04 40 61 6c 65 72 74`);

export const ECHO_REQUEST = hex(`
  02 00 00 00 00 02  02 00 00 00 00 01  08 00
  45 00 00 2c 08 ef 40 00 40 01 1d de 0a 01 00 01 0a 01 00 02
  08 00 ef 37        # echo request, checksum
  7a a9 00 01        # identifier 31401, sequence 1
  1a 24 02 6b 00 00 00 00 68 8e 09 00 00 00 00 00`);

export const TCP6_SYN = hex(`
  02 00 00 00 00 02  02 00 00 00 00 01  86 dd
  60 0a 34 dc        # version 6, flow label
  00 28 06 40        # payload length 40, TCP, hop limit 64
  20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 01
  20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 02
  e1 dc 1f 90 98 45 9f fa 00 00 00 00 a0 02 fd 20 de 68 00 00
  02 04 05 a0 04 02 08 0a bb 0e 1c 57 00 00 00 00 01 03 03 0a`);

export const UDP6_HOP_BY_HOP = hex(`
  02 00 00 00 00 02  02 00 00 00 00 01  86 dd
  60 0d 85 cb 00 13
  00 40              # hop-by-hop options
  20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 01
  20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 02
  11 00              # UDP follows, 8 bytes
  05 02 00 00        # router alert
  01 00              # two bytes of padding
  8f 6b 27 0f 00 0b 15 79 68 6f 70`);

/** Last fragment of a datagram of 1500 bytes. */
export const FRAGMENT6 = hex(`
  02 00 00 00 00 02  02 00 00 00 00 01  86 dd
  60 0f 38 84 00 44 2c 40
  20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 01
  20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 02
  11 00              # UDP
  05 a8              # offset 1448, the last
  8d 78 83 df        # identification
  ${'78'.repeat(60)}`);

export const NEIGHBOUR_SOLICITATION = hex(`
  33 33 ff 00 00 02  02 00 00 00 00 01  86 dd
  60 00 00 00 00 20 3a ff
  20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 01
  ff 02 00 00 00 00 00 00 00 00 00 01 ff 00 00 02
  87 00 1c 27 00 00 00 00
  20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 02   # target
  01 01 02 00 00 00 00 01                           # source link-layer address`);

/** Duplicate address detection, with a nonce (RFC 7527). */
export const ADDRESS_PROBE = hex(`
  33 33 ff 00 00 02  02 00 00 00 00 02  86 dd
  60 00 00 00 00 20 3a ff
  00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
  ff 02 00 00 00 00 00 00 00 00 00 01 ff 00 00 02
  87 00 f2 9e 00 00 00 00
  fe 80 00 00 00 00 00 00 00 00 00 ff fe 00 00 02
  0e 01 28 57 0e 69 45 bb                           # nonce`);

export const NEIGHBOUR_ADVERTISEMENT = hex(`
  02 00 00 00 00 01  02 00 00 00 00 02  86 dd
  60 00 00 00 00 20 3a ff
  20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 02
  20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 01
  88 00 8a 71
  60 00 00 00                                       # solicited, override
  20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 02
  02 01 02 00 00 00 00 02                           # target link-layer address`);

export const ROUTER_SOLICITATION = hex(`
  33 33 00 00 00 02  02 00 00 00 00 02  86 dd
  60 00 00 00 00 10 3a ff
  fe 80 00 00 00 00 00 00 00 00 00 ff fe 00 00 02
  ff 02 00 00 00 00 00 00 00 00 00 00 00 00 00 02
  85 00 7b 2a 00 00 00 00
  01 01 02 00 00 00 00 02`);

/** MLDv2, a message type that has no typed form here, behind a hop-by-hop router alert. */
export const LISTENER_REPORT = hex(`
  33 33 00 00 00 16  02 00 00 00 00 02  86 dd
  60 00 00 00 00 24 00 01
  fe 80 00 00 00 00 00 00 00 00 00 ff fe 00 00 02
  ff 02 00 00 00 00 00 00 00 00 00 00 00 00 00 16
  3a 00 05 02 00 00 01 00
  8f 00 72 05
  00 00 00 01 04 00 00 00 ff 02 00 00 00 00 00 00 00 00 00 01 ff 00 00 02`);

export const ECHO_REQUEST6 = hex(`
  02 00 00 00 00 02  02 00 00 00 00 01  86 dd
  60 0d 62 c4 00 18 3a 40
  20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 01
  20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 02
  80 00 30 69 7a aa 00 01
  1a 24 02 6b 00 00 00 00 53 94 09 00 00 00 00 00`);

export const KERNEL_FRAMES = {
  ARP_REQUEST,
  ARP_REPLY,
  TCP_SYN,
  TCP_SYN_ACK,
  TCP_DATA,
  UDP,
  PORT_UNREACHABLE,
  ROUTER_ALERT,
  ECHO_REQUEST,
  TCP6_SYN,
  UDP6_HOP_BY_HOP,
  FRAGMENT6,
  NEIGHBOUR_SOLICITATION,
  ADDRESS_PROBE,
  NEIGHBOUR_ADVERTISEMENT,
  ROUTER_SOLICITATION,
  LISTENER_REPORT,
  ECHO_REQUEST6,
};

/**
 * The SYN cookie by which a tenant's kernel recognises a connection that the controller began: the numbers that the
 * controller (TypeScript) and the tenant's tc-BPF program (`native/handoff-bpf`) must agree on. The words are in
 * `native/handoff-bpf/README.md`.
 *
 *     initial sequence number   31........20 19.........8 7.....5   4    3....0
 *                                    h1           h2        MSS   SACK  window scale
 *     TSval of the SYN-ACK      31..28 27...........8 7.......1  0
 *                                 0     milliseconds     h2'     0
 *     its echo, as a tenant     31..28 27...........8 7.......1  0
 *     has it                      4     round trip, ms   h2'     0
 *
 *     H1 = SipHash-2-4(key; hashed bytes with tag 1)    h1 = H1 & 0xfff
 *     H2 = SipHash-2-4(key; hashed bytes with tag 2)    h2 = H2 & 0xfff, h2' = H2 >> 12 & 0x7f
 *
 * Bit 0 of TSval stays 0: bit 0 would switch the tenant's socket to microsecond timestamps.
 */
export const SequenceField = {
  h1: { shift: 20, mask: 0xfff },
  h2: { shift: 8, mask: 0xfff },
  mssIndex: { shift: 5, mask: 0x7 },
  sackPermitted: { shift: 4, mask: 0x1 },
  windowScale: { shift: 0, mask: 0xf },
} as const;

/** h2' in TSval; `hashShift` is where it lies in H2. */
export const TimestampField = { shift: 1, mask: 0x7f, hashShift: 12 } as const;

/**
 * When the SYN was answered, in TSval. In the segment that a tenant is handed, with the mark above it, how long that is ago:
 * what the tenant's kernel would have measured by a SYN-ACK of its own.
 */
export const ClockField = { shift: 8, mask: 0xfffff, roundTrip: 0x4000_0000 } as const;

/**
 * Milliseconds up to which the controller believes in a round trip: a client that sends its first segment later has waited,
 * or sends it again. The tenant's kernel then measures by its own data.
 */
export const LONGEST_ROUND_TRIP = 500;

/** Client window scale that says: the client offered none. */
export const NO_WINDOW_SCALE = 15;

/** RFC 7323 section 2.3. A client that offers more is taken at this. */
export const MAX_WINDOW_SCALE = 14;

/**
 * Hashed bytes, all fields in network byte order:
 *
 *     IPv4  client address (4)  server port (2)  tag (1)  4 (1)  [client ISN (4), tag 2 only]     8 or 12 bytes
 *     IPv6  client address (16) server port (2)  tag (1)  6 (1)  [client ISN (4), tag 2 only]    20 or 24 bytes
 *
 * The server port is the one that the client connects to, and the tenant listens on the same. The destination
 * address and the client port are not hashed, because the switch may rewrite both.
 */
export const HashedBytes = {
  tag: { connection: 1, firstByte: 2 },
  family: { ipv4: 4, ipv6: 6 },
  ipv4: { connection: 8, firstByte: 12 },
  ipv6: { connection: 20, firstByte: 24 },
} as const;

/** Bytes of a SipHash key; words k0 and k1 are bytes 0..7 and 8..15, little-endian, as in the SipHash paper. */
export const COOKIE_KEY_LENGTH = 16;

/** Keys that are accepted at a time; the key of epoch e is in slot e & 1. New cookies use the newest. */
export const COOKIE_EPOCHS = 2;

/**
 * Sizes that the index stands for, ascending: the largest that is not above the client's own is chosen, the first
 * where all are. The kernel refuses less than 536 on IPv4 and less than 1220 on IPv6.
 */
export const CLIENT_MSS = {
  ipv4: [536, 1220, 1360, 1400, 1440, 1452, 1460, 8960],
  ipv6: [1220, 1280, 1340, 1380, 1420, 1432, 1440, 8940],
} as const;

/** What every SYN-ACK says of the tenant, whichever it will be; a larger window would be shrunk by the tenant. */
export const SYN_ACK_WINDOW = 16384;

/** Window scale of the whole fleet's receivers, where an operator sets no other. */
export const DEFAULT_TENANT_WINDOW_SCALE = 7;

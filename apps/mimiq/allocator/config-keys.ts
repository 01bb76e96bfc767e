import { z } from 'zod';
import { parseIpv4, parseIpv6 } from '../../../controller/address/index.js';
import { LONGEST_IPV4, LONGEST_IPV6, parseIpv4Prefix, parseIpv6Prefix, SHORTEST_IPV4 } from './prefix.js';

const MAX_SECONDS = 10 * 365 * 86_400;

const seconds = (fallback: number) => z.number().min(0.05).max(MAX_SECONDS).default(fallback);
// What comes after reads these: it is not asked when one is wrong.
const abort = true;
const ipv4 = z
  .string()
  .refine(text => !Number.isNaN(parseIpv4(text)), { error: 'is no IPv4 address', abort });
const ipv6 = z.string().refine(text => parseIpv6(text) !== undefined, { error: 'is no IPv6 address', abort });

const ipv4Prefix = z.string().refine(text => parseIpv4Prefix(text) !== undefined, {
  error: `is no IPv4 prefix such as 198.51.100.0/24: /${SHORTEST_IPV4} to /${LONGEST_IPV4}, host bits zero`,
  abort,
});
const ipv6Prefix = z.string().refine(text => parseIpv6Prefix(text) !== undefined, {
  error: `is no IPv6 prefix such as 2001:db8::/64: at most /${LONGEST_IPV6}, host bits zero`,
  abort,
});

const ipv4Pool = z.strictObject({
  prefix: ipv4Prefix,
  /** Address of the gateway, which the switches answer for; never given out. */
  gateway: ipv4,
  /** More addresses that are never given out. */
  exclude: z.array(ipv4).max(65_536).default([]),
});
const ipv6Pool = z.strictObject({
  prefix: ipv6Prefix,
  gateway: ipv6,
  exclude: z.array(ipv6).max(65_536).default([]),
  /** First bit of the alias, counted from the front of the address; absent: right after the prefix. */
  aliasOffset: z.int().min(0).max(127).optional(),
});

/** Each key by itself. */
export const allocatorKeys = z.strictObject({
  /** File of leases and aliases. */
  store: z.string().min(1).default('/var/lib/cloakflow/mimiq.db'),
  ipv4: z.array(ipv4Pool).max(16).default([]),
  ipv6: z.array(ipv6Pool).max(16).default([]),
  /** DNS servers that DHCP names, of either family. */
  resolvers: z
    .array(z.union([ipv4, ipv6]))
    .max(8)
    .default([]),
  /** t_ip: seconds that an address lasts, drawn uniformly from this range for each. */
  lifetime: z.strictObject({ min: seconds(60), max: seconds(180) }).prefault({}),
  /** t_remove: seconds that forwarding stays after expiry. */
  removeAfter: seconds(10),
  /** Seconds after which an address is not renewed any more. */
  maxAge: seconds(86_400),
  aliases: z
    .strictObject({
      /** Bits of an address that hold the alias. */
      bits: z.int().min(4).max(32).default(16),
      /** t_sid: seconds between two sets of aliases. */
      period: seconds(300),
      /** k: periods that an alias is valid. */
      periods: z.int().min(2).max(1000).default(3),
      /** Aliases of one switch in one period. */
      perSwitch: z.int().min(1).max(256).default(4),
    })
    .prefault({}),
  /** x: clients that take part. */
  maxClients: z
    .int()
    .min(1)
    .max(2 ** 40)
    .default(65_536),
  /** y: client-facing switches. */
  maxSwitches: z.int().min(1).max(65_536).default(64),
  limits: z
    .strictObject({
      /** Addresses of one client, counted until they are free again. */
      perClient: z.int().min(1).max(65_536).default(64),
      /** Addresses of all clients at one port. */
      perPort: z.int().min(1).max(1_000_000).default(512),
      /** Addresses in one request. */
      perRequest: z.int().min(1).max(40).default(32),
      /** Requests of one port, a second and at once. */
      requestsPerSecond: z.number().min(0.1).max(1_000_000).default(50),
      burst: z.int().min(1).max(1_000_000).default(100),
      /** Addresses on their way into the store and the switches. */
      pending: z.int().min(1).max(1_000_000).default(65_536),
    })
    .prefault({}),
  /** Sealed log of who had which address; absent: none is kept. */
  audit: z
    .strictObject({
      file: z.string().min(1),
      /** X25519 public key of whoever may open it, base64: `cloakflow mimiq audit-key`. */
      recipient: z.base64().refine(text => Buffer.from(text, 'base64').length === 32, 'has not 32 bytes'),
    })
    .optional(),
});

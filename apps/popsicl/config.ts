import { z } from 'zod';
import { formatMac, parseIpv4, parseIpv6, parseMac } from '../../controller/address/index.js';
import { parsePrefix } from './address-prefix.js';
import { checkMachines, checkStrategies } from './config-checks.js';
import { DEFAULT_TENANT_WINDOW_SCALE, MAX_WINDOW_SCALE } from './cookie/cookie-layout.js';
import { registrarSchema } from './registrar-config.js';

const NAME = /^(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

const domain = z.string().regex(NAME, 'a domain is written in lower case, without a final dot');
const ipv4 = z.string().refine(text => !Number.isNaN(parseIpv4(text)), 'an IPv4 address: 10.0.0.254');
const ipv6 = z.string().refine(text => parseIpv6(text) !== undefined, 'an IPv6 address: fd00::fe');
const mac = z.string().refine(text => !Number.isNaN(parseMac(text)), 'a MAC address: 02:00:00:00:00:01');
const port = z.int().min(1).max(65_535);
const block = (family: 4 | 6, example: string) =>
  z.string().refine(text => parsePrefix(text)?.family === family, `a block of addresses: ${example}`);
const strategy = z.enum(['cookie', 'address', 'repair', 'proxy']);
const handoff = z.enum(['cookie', 'repair']);
const redirection = z.enum(['conntrack', 'flows']).default('conntrack');

const tenant = z
  .strictObject({
    domain,
    ipv4: ipv4.optional(),
    ipv6: ipv6.optional(),
    mac: mac.optional(),
    strategy: z.strictObject({ ipv4: strategy.optional(), ipv6: strategy.optional() }).default({}),
    redirection,
    /** Tenants whose pages may refer to this one's pseudonyms. */
    trusts: z.array(domain).default([]),
  })
  .refine(({ ipv4, ipv6 }) => ipv4 !== undefined || ipv6 !== undefined, 'a tenant has an address');

/** Locally administered; the same marker as in the controller's cookies. */
const GATEWAY_MAC = formatMac(0x02c1_0aff_fffe);

const gateway = z.strictObject({
  ipv4: ipv4.optional(),
  ipv6: ipv6.optional(),
  mac: mac.default(GATEWAY_MAC),
});

/** The relay's addresses in the tenants' network, which are the controller host's own. */
const proxy = z
  .strictObject({
    ipv4: ipv4.optional(),
    ipv6: ipv6.optional(),
    mac: mac.optional(),
    redirection,
    /** Connections at a time, and those of one source. */
    connections: z.int().min(1).max(1_000_000).default(10_000),
    perSource: z.int().min(1).max(1_000_000).default(256),
  })
  .refine(({ ipv4, ipv6 }) => ipv4 !== undefined || ipv6 !== undefined, 'the relay has an address');

/** A web server that is nobody's, for names that are none of a pseudonym. */
const decoy = z
  .strictObject({
    /** Domain under which its agent enrols. */
    domain,
    ipv4: ipv4.optional(),
    ipv6: ipv6.optional(),
    mac: mac.optional(),
    strategy: z
      .strictObject({ ipv4: handoff.optional(), ipv6: handoff.optional() })
      .prefault({ ipv4: 'cookie', ipv6: 'cookie' }),
    redirection,
    /** Names served at a time. */
    names: z.int().min(1).max(1_000_000).default(4096),
    /** Names that a source asks for anew in a minute, pseudonyms as well; decoys that are made in a minute. */
    perSource: z.int().min(1).max(1_000_000).default(240),
    perMinute: z.int().min(1).max(1_000_000).default(600),
    /** Milliseconds until the first answer to a source about a name, at least. */
    firstAnswer: z.int().min(0).max(1000).default(25),
  })
  .refine(({ ipv4, ipv6 }) => ipv4 !== undefined || ipv6 !== undefined, 'the decoy has an address');

const limits = z.strictObject({
  /** Packets a second and switch that reach the controller. */
  synRate: z.int().min(1).max(1_000_000).default(20_000),
  segmentRate: z.int().min(1).max(1_000_000).default(20_000),
  neighbourRate: z.int().min(1).max(100_000).default(500),
  /** ClientHellos that are not whole yet: how many, how many of one source, bytes of all, seconds. */
  pendingHellos: z.int().min(1).max(1_000_000).default(4096),
  pendingPerSource: z.int().min(1).max(1_000_000).default(64),
  pendingBytes: z.int().min(65_536).max(1_073_741_824).default(16_777_216),
  pendingSeconds: z.number().min(0.1).max(300).default(15),
  /** Handoffs of one source a second, and as many at once. */
  handoffsPerSource: z.int().min(1).max(1_000_000).default(200),
  /** Refusals (RST) a second, over all sources. */
  refusalRate: z.int().min(0).max(1_000_000).default(1000),
  /** Connections remembered, for switches that forget them, and for how long. */
  connections: z.int().min(1024).max(16_777_216).default(1_048_576),
  /** Idle seconds after which the rules of a connection go, with the redirection `flows`. */
  flowIdleSeconds: z.int().min(10).max(65_535).default(300),
  connectionSeconds: z.int().min(10).max(604_800).default(7200),
});

const tenants = z.array(tenant).superRefine((all, context) => {
  const domains = new Set(all.map(one => one.domain));
  for (const [index, { trusts }] of all.entries()) {
    for (const [place, trusted] of trusts.entries()) {
      if (domains.has(trusted)) continue;
      context.addIssue({
        code: 'custom',
        path: [index, 'trusts', place],
        message: 'no tenant of this cloud',
      });
    }
  }
});

const whole = z.strictObject({
  /** The cloud's domain: pseudonyms are `STR.` and this. */
  domain,
  /** Where pseudo-addresses come from. */
  blocks: z.strictObject({
    ipv4: z.array(block(4, '198.51.100.0/24')).default([]),
    ipv6: z.array(block(6, '2001:db8:1::/64')).default([]),
  }),
  gateway: gateway.prefault({}),
  tenants: tenants.default([]),
  /** For tenants with the strategy `proxy`. */
  proxy: proxy.optional(),
  /** Absent: such names are refused. */
  decoy: decoy.optional(),
  /** TCP port at pseudo-addresses and tenants. */
  port: port.default(443),
  /** Whether the tenants' addresses are also reached without a pseudonym. */
  directAccess: z.boolean().default(false),
  /** Whether logs may name clients, pseudonyms and tenants. */
  unsealed: z.boolean().default(false),
  /** What SYN-ACKs promise for every tenant. */
  fleet: z
    .strictObject({
      mss: z
        .strictObject({
          ipv4: z.int().min(536).max(8960).default(1460),
          ipv6: z.int().min(1220).max(8940).default(1440),
        })
        .prefault({}),
      windowScale: z.int().min(0).max(MAX_WINDOW_SCALE).default(DEFAULT_TENANT_WINDOW_SCALE),
    })
    .prefault({}),
  /** Conntrack zone of the switches. */
  zone: z.int().min(0).max(65_535).default(0x0c10),
  /** Seconds that a cookie key makes cookies. */
  keyLifetime: z.int().min(10).max(86_400).default(600),
  limits: limits.prefault({}),
  /** Absent: nobody can register. */
  registration: registrarSchema.optional(),
  /** Where the agents of tenants connect to; absent: tenants are told nothing. */
  tenantChannel: z
    .strictObject({
      host: z.string().min(1),
      port: port.default(6655),
      /** Folder of `cloakflow tenant enrol`. */
      control: z.string().min(1),
    })
    .optional(),
});

export const configSchema = whole.superRefine(checkMachines).superRefine(checkStrategies);

export type PopsiclConfig = z.output<typeof configSchema>;

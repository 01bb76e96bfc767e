import { z } from 'zod';
import { parseIpv4, parseIpv6 } from '../../controller/address/index.js';
import { canonicalDomain } from './pseudonym/label.js';

const ipv4 = z.string().refine(text => !Number.isNaN(parseIpv4(text)), 'an IPv4 address: 203.0.113.53');
const ipv6 = z.string().refine(text => parseIpv6(text) !== undefined, 'an IPv6 address: 2001:db8::53');
const domain = z
  .string()
  .refine(text => canonicalDomain(text) === text, 'a domain in lower case, without a final dot');
const endpoint = z.strictObject({
  address: z.union([ipv4, ipv6]),
  port: z.int().min(0).max(65_535),
});
/** One, or several: a server of both families has one of each. */
const endpoints = z.union([endpoint, z.array(endpoint).min(1)]);
const path = z.string().min(1);
const files = z.strictObject({ certificate: path, key: path });
const days = z.number().positive().max(36_500);

const embedded = z.strictObject({
  /** UDP and TCP. */
  listen: z.array(endpoint).min(1),
  /** Names of the zone's servers, the primary first; absent: ns1 below the domain. */
  nameServers: z.array(domain).min(1).optional(),
  hostmaster: domain.optional(),
  /** Seconds. */
  ttl: z.int().min(1).max(86_400).default(300),
  negativeTtl: z.int().min(1).max(86_400).default(60),
  /** Addresses of the cloud's own names, by label: ns1, portal, linker. */
  records: z
    .record(
      z.string().regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, 'a label in lower case'),
      z.strictObject({ ipv4: z.array(ipv4).default([]), ipv6: z.array(ipv6).default([]) }),
    )
    .default({}),
  /** Whether names that were never given out look like those that were. */
  unknownNames: z.enum(['alike', 'none']).default('alike'),
  /** Answers a second to one network over UDP. */
  answersPerNetwork: z.int().min(1).max(1_000_000).default(200),
  maxConnections: z.int().min(1).max(65_535).default(256),
});

const update = z.strictObject({
  update: z.strictObject({
    server: endpoint,
    ttl: z.int().min(1).max(86_400).default(300),
    /** As above; `alike` by one record for all names, and so with addresses that all names have in common. */
    unknownNames: z.enum(['alike', 'none']).default('none'),
    key: z.strictObject({
      name: domain,
      algorithm: z.enum(['hmac-sha256', 'hmac-sha384', 'hmac-sha512']).default('hmac-sha256'),
      /** File with the secret in base64. */
      secretFile: path,
    }),
  }),
});

const portal = z.strictObject({
  listen: endpoints,
  /** Names in its certificate; absent: portal below the domain. */
  names: z.array(domain).min(1).optional(),
  /** A certificate of the operator's own; absent: one of the cloud's authority. */
  credential: files.optional(),
  /** The portal as a tenant: where its pseudonyms are served, with what its agent writes. */
  pseudonyms: z
    .strictObject({ listen: endpoints, folder: path, capabilities: path.optional(), decoy: files })
    .optional(),
  maxConnections: z.int().min(1).max(65_535).default(512),
});

const linker = z.strictObject({
  listen: endpoints,
  maxConnections: z.int().min(1).max(65_535).default(512),
});

const family = (mode: 'shared' | 'own') =>
  z
    .strictObject({
      /** Pseudo-addresses of each pseudonym. */
      count: z.int().min(1).max(8).default(1),
      mode: z.enum(['shared', 'own', 'sealed', 'common']).default(mode),
    })
    .prefault({});

/** Registration, certificates, DNS and portal of a cloud. */
export const registrarSchema = z
  .strictObject({
    /** Where the store and the authority are kept. */
    folder: path,
    lifetimeDays: days.default(365),
    /** How long the addresses of a pseudonym that has ended are kept from others. */
    retentionDays: days.default(30),
    keyRotationDays: days.default(30),
    form: z.enum(['stored', 'stateless']).default('stored'),
    keyType: z.enum(['ecdsa-p256', 'rsa-2048']).default('ecdsa-p256'),
    maxPseudonyms: z.int().min(1).max(10_000_000).default(1_000_000),
    /** Registrations a minute. */
    perSource: z.number().min(1).max(1_000_000).default(10),
    perMinute: z.number().min(1).max(1_000_000).default(600),
    /** Seconds that DNS has to take a pseudonym. Tenants have 41 where that is more: nginx may have to be reloaded. */
    patience: z.number().min(0.1).max(300).default(10),
    addresses: z.strictObject({ ipv4: family('shared'), ipv6: family('own') }).prefault({}),
    /** A certificate authority of the operator's own. */
    authority: files.optional(),
    /** Absent: somebody else publishes the names. */
    dns: z.union([embedded, update]).optional(),
    portal: portal.optional(),
    /** Where links between tenants go, as `linker` below the domain; absent: they stay plain. */
    linker: linker.optional(),
  })
  .refine(({ addresses }) => addresses.ipv4.mode !== 'sealed', {
    message: 'IPv4 has too few bits for sealed addresses',
    path: ['addresses', 'ipv4', 'mode'],
  })
  .refine(({ form, addresses: { ipv4, ipv6 } }) => form !== 'stateless' || ipv4.count * ipv6.count === 1, {
    message: 'the name of a stateless pseudonym has room for one address of each family',
    path: ['form'],
  })
  .refine(
    ({ dns, addresses: { ipv4, ipv6 } }) =>
      dns === undefined ||
      !('update' in dns) ||
      dns.update.unknownNames === 'none' ||
      (ipv4.mode === 'common' && ipv6.mode === 'common'),
    {
      message:
        'another server answers for all names alike only where `addresses` of both families are `common`',
      path: ['dns', 'update', 'unknownNames'],
    },
  )
  .refine(
    ({ dns, linker }) =>
      linker === undefined || dns === undefined || 'update' in dns || dns.records.linker !== undefined,
    { message: 'nobody finds the linker without its addresses here', path: ['dns', 'records', 'linker'] },
  );

export type RegistrarConfig = z.output<typeof registrarSchema>;

import { z } from 'zod';
import { isPassive, parseEndpoint, usesTls } from '../../transport/index.js';

/** Files of a controller's TLS. Relative paths start at the configuration's folder. */
const tlsSchema = z.strictObject({
  key: z.string().min(1).describe("PEM file of the controller's private key, without a passphrase."),
  certificate: z
    .string()
    .min(1)
    .describe("PEM file of the controller's certificate, and of those between it and its authority."),
  ca: z
    .string()
    .min(1)
    .describe(
      "PEM file of the authorities that sign switches' certificates. All three are taken up when they change.",
    ),
});

function endpoint(passive: boolean): z.ZodType<string> {
  const wanted = passive
    ? 'ptcp:PORT:ADDRESS, pssl:PORT:ADDRESS or punix:PATH'
    : 'tcp:HOST:PORT, ssl:HOST:PORT or unix:PATH';
  return z.string().superRefine((text, context) => {
    try {
      if (isPassive(parseEndpoint(text)) === passive) return;
      context.addIssue({
        code: 'custom',
        message: `not an endpoint of this kind: ${wanted} is expected here`,
      });
    } catch (error) {
      context.addIssue({ code: 'custom', message: (error as Error).message });
    }
  });
}

/** An endpoint, perhaps with TLS files of its own. */
function endpointEntry(passive: boolean) {
  return z.union([
    endpoint(passive),
    z.strictObject({ endpoint: endpoint(passive), tls: tlsSchema.optional() }),
  ]);
}

const FINGERPRINT = /^([0-9a-f]{2}:?){31}[0-9a-f]{2}$/i;
const PUBLIC_KEY = /^sha256\/\/[A-Za-z0-9+/]{43}=$/;
const fingerprint = z
  .string()
  .refine(
    text => FINGERPRINT.test(text) || PUBLIC_KEY.test(text),
    'not a fingerprint: the SHA-256 of a certificate in hex, or sha256//BASE64 of a public key, is expected here',
  );

/** 16 hex digits, as Open vSwitch prints them. */
const datapathId = z
  .string()
  .regex(/^[0-9a-f]{16}$/i, 'not a datapath id: 16 hex digits in quotes are expected here');

function rate(of: string) {
  return z.strictObject({
    packetsPerSecond: z.int().min(1).max(10_000_000).describe(of),
    burst: z
      .int()
      .min(1)
      .max(10_000_000)
      .optional()
      .describe("Packets let through at once. A second's worth by default."),
  });
}

const count = () => z.int().min(1).max(1_000_000);

/** The keys that say who may connect, how, and how much each may send. */
export const connectionShape = {
  listen: z
    .array(endpointEntry(true))
    .default(['ptcp:6653:127.0.0.1'])
    .describe(
      'Endpoints on which switches are awaited: `ptcp:PORT:ADDRESS`, `pssl:PORT:ADDRESS`, `punix:PATH`, or ' +
        '`{endpoint, tls}` with TLS files of its own.',
    ),
  connect: z
    .array(endpointEntry(false))
    .default([])
    .describe(
      'Endpoints of switches that wait themselves: `tcp:HOST:PORT`, `ssl:HOST:PORT`, `unix:PATH`, or `{endpoint, tls}`.',
    ),
  tls: tlsSchema.optional(),
  pins: z
    .strictObject({
      certificates: z
        .record(datapathId, z.union([fingerprint, z.array(fingerprint).min(1)]))
        .describe(
          "Fingerprints by datapath id (16 hex digits in quotes), one or a list: a certificate's SHA-256 in hex, or " +
            '`sha256//BASE64` of its public key.',
        ),
      others: z
        .enum(['refuse', 'accept'])
        .default('refuse')
        .describe('What becomes of a switch that has no pin: `refuse` or `accept`.'),
    })
    .optional(),
  role: z
    .enum(['equal', 'master', 'slave'])
    .default('equal')
    .describe(
      'What this controller is to a switch that has several: `equal`, `master` or `slave`. A slave leaves the switch alone.',
    ),
  asynchronous: z
    .strictObject({
      packetIn: z
        .array(z.enum(['no-match', 'action', 'invalid-ttl']))
        .optional()
        .describe('Reasons for which switches send packets. As a switch has it by default.'),
      portStatus: z
        .array(z.enum(['add', 'delete', 'modify']))
        .optional()
        .describe('Reasons for which switches report ports.'),
      flowRemoved: z
        .array(z.enum(['idle-timeout', 'hard-timeout', 'delete', 'group-delete']))
        .optional()
        .describe('Reasons for which switches report the end of flows.'),
    })
    .optional(),
  limits: z
    .strictObject({
      connections: count().default(4096).describe('Connections of one listening endpoint.'),
      unfinished: count()
        .default(2048)
        .describe('Of these, how many may not have identified themselves yet.'),
      unfinishedPerSource: count()
        .default(256)
        .describe('The same from one address, or one IPv6 prefix of 64 bits, of another machine.'),
      handshake: z
        .number()
        .min(0.1)
        .max(3600)
        .default(10)
        .describe('Seconds in which a connection must identify itself.'),
      packetInsPerPort: rate(
        'Packets of one port of one switch that are looked at. All by default.',
      ).optional(),
      punt: rate(
        'Packets that a switch may send to the controller for one app, counted by a meter of the switch. All by default.',
      ).optional(),
    })
    .prefault({}),
};

/** Endpoints with TLS for which no files are named: paths and texts of the problems. */
export function endpointsWithoutFiles(values: {
  listen: readonly EndpointEntry[];
  connect: readonly EndpointEntry[];
  tls?: unknown;
}): { path: (string | number)[]; message: string }[] {
  if (values.tls !== undefined) return [];
  return (['listen', 'connect'] as const).flatMap(list =>
    values[list].flatMap((entry, index) => {
      const { text, tls } = endpointOf(entry);
      if (tls !== undefined || !isTls(text)) return [];
      return [
        { path: [list, index], message: 'TLS needs the files `key`, `certificate` and `ca` under `tls`' },
      ];
    }),
  );
}

export type TlsValues = z.output<typeof tlsSchema>;
export type EndpointEntry = string | { endpoint: string; tls?: TlsValues | undefined };
export type RateLimit = z.output<ReturnType<typeof rate>>;

/** Both forms of an entry as one. */
export function endpointOf(entry: EndpointEntry): { text: string; tls: TlsValues | undefined } {
  return typeof entry === 'string'
    ? { text: entry, tls: undefined }
    : { text: entry.endpoint, tls: entry.tls };
}

/** False as well for what is no endpoint, which is a problem of its own. */
function isTls(text: string): boolean {
  try {
    return usesTls(parseEndpoint(text));
  } catch {
    return false;
  }
}

import { z } from 'zod';
import { parseIpv4, parseIpv6 } from '../../controller/address/index.js';

/** A node's name: it also names processes and files. */
const nodeName = z
  .string()
  .regex(
    /^[a-z][a-z0-9-]{0,14}$/,
    'a name is a letter and up to 14 letters, digits or dashes, in lower case',
  );
const interfaceName = z
  .string()
  .regex(/^[a-zA-Z][\w.-]{0,14}$/, 'an interface name has at most 15 characters');
const mac = z.string().regex(/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/, 'a MAC address is written 02:00:00:00:00:01');
const prefixed = z.string().refine(isPrefixed, 'an address has a prefix length: 10.0.0.1/24, fd00::1/64');
const datapathId = z
  .union([z.number().int().positive(), z.string()])
  .transform(value =>
    (typeof value === 'number' ? value.toString(16) : value.replace(/^0x/, '')).padStart(16, '0'),
  )
  .refine(text => /^[0-9a-f]{16}$/.test(text), 'a datapath id has at most 16 hexadecimal digits');

const route = z.strictObject({
  to: z
    .string()
    .refine(text => text === 'default' || isPrefixed(text), 'a destination is `default` or 10.1.0.0/16'),
  via: z.string().optional(),
  interface: interfaceName.optional(),
});

const daemon = z.strictObject({
  /** Words of the command; no shell is involved. */
  command: z.array(z.string()).min(1),
  env: z.record(z.string(), z.string()).default({}),
  /** A regular expression: the daemon is ready when it has printed a match. */
  ready: z.string().refine(isPattern, 'not a regular expression').optional(),
});

const host = z.strictObject({
  /** Of the host's first link; `ends` of a link gives them to other interfaces. */
  addresses: z.array(prefixed).default([]),
  mac: mac.optional(),
  gateway: z.string().optional(),
  routes: z.array(route).default([]),
  /** Forward packets between interfaces. */
  forwarding: z.boolean().default(false),
  /** Have IPv6; without the key: when the host has an IPv6 address. */
  ipv6: z.boolean().optional(),
  /** Absolute path -> content that only this host sees there. */
  files: z.record(z.string().startsWith('/'), z.string()).default({}),
  /** Shell commands, run in order before any daemon starts. */
  setup: z.array(z.string()).default([]),
  daemons: z.array(daemon).default([]),
});

const switchNode = z.strictObject({
  kind: z.enum(['shared', 'private']).default('shared'),
  datapathId: datapathId.optional(),
  /** Without a controller to talk to; `secure` with one, `standalone` without, when absent. */
  failMode: z.enum(['secure', 'standalone']).optional(),
  /** Whether the network's controller is its controller. */
  controlled: z.boolean().default(true),
});

const end = z.strictObject({
  node: nodeName,
  interface: interfaceName.optional(),
  /** At a host: instead of the host's. At a private switch: the interface belongs to its network stack, not its bridge. */
  addresses: z.array(prefixed).optional(),
  mac: mac.optional(),
  /** OpenFlow port number of a switch's end. */
  port: z.number().int().min(1).max(0xfeff).optional(),
});

const link = z.strictObject({
  between: z.tuple([end, end]),
  delay: z.string().optional(),
  rate: z.string().optional(),
  loss: z.string().optional(),
  queue: z.string().optional(),
  mtu: z.number().int().min(576).max(9000).default(1500),
});

/** A topology file. Unknown keys are refused everywhere. */
export const topologySchema = z.strictObject({
  description: z.string(),
  /** Where a program that is free to choose listens as the switches' controller. */
  controller: z.enum(['unix', 'tcp', 'none']).default('unix'),
  hosts: z.record(nodeName, host.prefault({})),
  switches: z.record(nodeName, switchNode.prefault({})).default({}),
  links: z.array(link),
});

/** As written in a file: an end may be just its node's name. */
export type TopologyInput = Omit<z.input<typeof topologySchema>, 'links'> & {
  links: (Omit<z.input<typeof link>, 'between'> & {
    between: [string | z.input<typeof end>, string | z.input<typeof end>];
  })[];
};
/** With every default filled in. */
export type Topology = z.output<typeof topologySchema>;
export type TopologyLink = Topology['links'][number];
export type TopologyEnd = TopologyLink['between'][number];

function isPrefixed(text: string): boolean {
  const [address, length, ...rest] = text.split('/');
  if (rest.length > 0 || length === undefined || !/^\d+$/.test(length)) return false;
  if (address!.includes(':')) return parseIpv6(address!) !== undefined && Number(length) <= 128;
  return !Number.isNaN(parseIpv4(address!)) && Number(length) <= 32;
}

function isPattern(text: string): boolean {
  try {
    new RegExp(text);
    return true;
  } catch {
    return false;
  }
}

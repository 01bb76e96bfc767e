import { z } from 'zod';
import { parseIpv4, parseIpv6 } from '../../../controller/address/index.js';
import { address, datapathId, mac, port } from '../config-values.js';
import { checkSwitches } from './check-switches.js';
import { outsidePortSchema } from './outside-port.js';

const ipv4 = z.string().refine(text => !Number.isNaN(parseIpv4(text)), 'an IPv4 address: 192.0.2.1');
const ipv6 = z.string().refine(text => parseIpv6(text) !== undefined, 'an IPv6 address: fe80::1');
const linkLocal = ipv6.refine(text => /^fe80:/i.test(text), 'a link-local address: fe80::1');

const fabricSwitch = z.strictObject({
  datapathId,
  /** Internal address, by which the others reach it through tunnels. */
  underlay: address.optional(),
  /** Ports with clients. */
  clients: z.array(port).default([]),
  /** Name of the edge switch that its clients' packets leave by; the first one when absent. */
  exit: z.string().optional(),
  /** Makes it an edge switch: its way out, or `next` to hand packets to the next app. */
  outside: z.union([z.literal('next'), outsidePortSchema]).optional(),
  /** OVSDB endpoint; with it the app makes the tunnel port. */
  ovsdb: z.string().min(1).optional(),
});

export type SwitchConfig = z.output<typeof fabricSwitch>;

/** Switches, gateway, service and tunnels. */
export const fabricSchema = z.strictObject({
  switches: z
    .record(z.string().regex(/^[a-z][a-z0-9-]{0,31}$/), fabricSwitch)
    .default({})
    .superRefine(checkSwitches),
  gateway: z
    .strictObject({ mac: mac.default('02:c1:0a:00:00:fe'), linkLocal: linkLocal.default('fe80::1') })
    .prefault({}),
  service: z
    .strictObject({
      /** UDP port of requests for addresses. */
      port: z.int().min(1).max(65_535).default(4870),
      ipv4: ipv4.default('169.254.48.70'),
      ipv6: linkLocal.default('fe80::1'),
    })
    .prefault({}),
  tunnel: z
    .strictObject({
      type: z.enum(['vxlan', 'gre', 'geneve']).default('vxlan'),
      key: z.int().min(0).max(0xff_ffff).default(4870),
      /** Name of the tunnel port on every bridge. */
      name: z
        .string()
        .regex(/^[A-Za-z][\w-]{0,14}$/)
        .default('mimiq'),
    })
    .prefault({}),
  /** Bytes of the longest IP packet that tunnels can carry; clients are told, and longer ones answered. */
  mtu: z.int().min(1280).max(9216).optional(),
  /** Hop limit of packets that leave the network; `keep` shows what kind of system sent them. */
  hopLimit: z.union([z.int().min(32).max(255), z.literal('keep')]).default(64),
  /** Requests a second that one client port may send to the controller. */
  requestRate: z.int().min(1).max(100_000).default(200),
});

export type FabricConfig = z.output<typeof fabricSchema>;

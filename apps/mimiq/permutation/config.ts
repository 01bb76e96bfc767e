import { z } from 'zod';
import { type AddressPrefix, parsePrefix, prefixContains } from '../address-prefix.js';
import { datapathId } from '../config-values.js';
import { unaskable } from '../fabric/next-hop.js';
import { outsidePortSchema } from '../fabric/outside-port.js';
import { hostBitsOf, slotBits } from './address-epochs.js';

/** Clients of one edge: each has a flow for every epoch in force. */
const MAX_CLIENT_BITS = 12;
const MAX_DOMAIN_BITS = 96;

const prefix = z.string().refine(text => parsePrefix(text) !== undefined, 'a prefix: 10.64.0.0/22');

export const permutationSchema = z
  .strictObject({
    /** File with the key, 32 bytes; made when it is not there. */
    keyFile: z.string().min(1).default('/var/lib/cloakflow/mimiq-permutation.key'),
    /** Seconds between two changes of every client's address. */
    period: z.number().min(1).max(86_400).default(60),
    /** Periods for which return packets find their client. */
    periods: z.int().min(2).max(7).default(3),
    /** Pairs of prefixes: the clients' fixed addresses, and what they become. */
    prefixes: z
      .array(z.strictObject({ inside: prefix, outside: prefix }))
      .min(1)
      .max(8),
    /** The edge switches, all with the same addresses. */
    edges: z
      .array(z.strictObject({ datapathId, inside: outsidePortSchema, outside: outsidePortSchema }))
      .min(1),
  })
  .superRefine(({ prefixes, periods, edges }, context) => {
    for (const [index, edge] of edges.entries()) {
      for (const key of ['inside', 'outside'] as const) {
        const say = (message: string) =>
          context.addIssue({ code: 'custom', path: ['edges', index, key, 'nextHop'], message });
        const { nextHop, addresses } = edge[key];
        for (const text of unaskable(nextHop, addresses)) say(`is asked for ${text} from no own address`);
        if (typeof nextHop === 'string') continue;
        for (const { inside } of prefixes) {
          const isThere = nextHop.some(text => text.includes(':') === inside.includes(':'));
          if (!isThere) say(`has no address of the family of ${inside}`);
        }
      }
    }
    for (const [index, pair] of prefixes.entries()) {
      const [inside, outside] = [parsePrefix(pair.inside)!, parsePrefix(pair.outside)!];
      const say = (key: 'inside' | 'outside', message: string) =>
        context.addIssue({ code: 'custom', path: ['prefixes', index, key], message });
      if (inside.family !== outside.family) say('outside', 'is of another family than `inside`');
      for (const other of prefixes.slice(0, index)) {
        for (const key of ['inside', 'outside'] as const) {
          if (overlap(parsePrefix(pair[key])!, parsePrefix(other[key])!)) say(key, 'overlaps another one');
        }
      }
      const clients = hostBitsOf(inside);
      if (clients > MAX_CLIENT_BITS) say('inside', `has more than ${2 ** MAX_CLIENT_BITS} addresses`);
      const room = hostBitsOf(outside) - slotBits(periods);
      if (room < Math.max(2, clients)) {
        say(
          'outside',
          `is too small: ${slotBits(periods)} bits tell ${periods} + 1 periods apart, ${clients} the clients`,
        );
      }
      if (room > MAX_DOMAIN_BITS)
        say('outside', `has more than ${MAX_DOMAIN_BITS} bits for clients: take a longer prefix`);
    }
  });

function overlap(one: AddressPrefix, other: AddressPrefix): boolean {
  return prefixContains(one, other.address) || prefixContains(other, one.address);
}

export type PermutationConfig = z.output<typeof permutationSchema>;
export type PermutingEdge = PermutationConfig['edges'][number];

import { z } from 'zod';
import { parseMac } from '../../../controller/address/index.js';
import { parseAddress } from '../address-prefix.js';
import { address, mac, port } from '../config-values.js';
import type { OutsidePort } from './fabric.js';
import { nextHopSchema, readNextHop } from './next-hop.js';

/** A port of an edge switch, and what the edge is there. */
export const outsidePortSchema = z.strictObject({
  port,
  /** MAC address of the edge on that link. */
  mac,
  /** Addresses that it answers for there. */
  addresses: z.array(address).min(1),
  nextHop: nextHopSchema,
});

export function readOutsidePort(config: z.output<typeof outsidePortSchema>): OutsidePort {
  return {
    port: config.port,
    mac: parseMac(config.mac),
    addresses: config.addresses.map(text => parseAddress(text)!),
    nextHop: readNextHop(config.nextHop),
  };
}

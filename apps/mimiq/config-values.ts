/** Values that several parts of the configuration have. */
import { z } from 'zod';
import { parseMac } from '../../controller/address/index.js';
import { parseAddress } from './address-prefix.js';

/** OpenFlow port numbers of physical and logical ports. */
const MAX_PORT = 0xffff_feff;

export const port = z.int().min(1).max(MAX_PORT);
export const mac = z
  .string()
  .refine(text => !Number.isNaN(parseMac(text)), 'a MAC address: 02:00:00:00:00:01');
export const address = z.string().refine(text => parseAddress(text) !== undefined, 'an IPv4 or IPv6 address');
/** Becomes 16 hexadecimal digits. */
export const datapathId = z
  .string()
  .regex(/^(0x)?[0-9a-f]{1,16}$/, 'a datapath id: up to 16 hexadecimal digits, in quotation marks')
  .transform(text => text.replace(/^0x/, '').padStart(16, '0'));

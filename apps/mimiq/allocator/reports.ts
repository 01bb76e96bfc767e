import { z } from 'zod';
import type { Json } from '../../../controller/openflow/index.js';
import { formatAddress } from '../address-prefix.js';
import { AllocationError } from '../allocation-error.js';
import type { Allocator } from './allocator.js';

/** What an operator sees of a lease: nothing of its client. Times are cut to minutes, which sets of one client share. */
export interface LeaseReport {
  readonly address: string;
  readonly state: string;
  readonly expiresAt: number;
}

/** How many addresses a port has; not which. */
export interface PortReport {
  readonly switch: string;
  readonly port: number;
  readonly addresses: number;
}

/** An alias: not whose. */
export interface AliasReport {
  readonly alias: string;
  readonly state: 'new addresses' | 'valid';
  readonly validUntil: number;
}

export interface PoolReport {
  readonly prefix: string;
  readonly size: number;
  readonly inUse: number;
}

const MINUTE = 60_000;
const MAX_LEASES = 100_000;
const parameters = z.strictObject({ ports: z.boolean().optional() }).nullable();

/**
 * Answers the operator. Sealed: no answer has an address, or a part of one, beside where its client is, and the order of
 * each says nothing. Throws AllocationError `bad-request`.
 */
export function report(allocator: Allocator, name: string, given: Json): Json {
  const read = parameters.safeParse(given);
  if (!read.success) throw new AllocationError('bad-request', 'the parameters are none of this call');
  switch (name) {
    case 'leases':
      return (read.data?.ports ? portReports(allocator) : leaseReports(allocator)) as unknown as Json;
    case 'aliases':
      return aliasReports(allocator) as unknown as Json;
    case 'pools':
      return allocator.space.reports() as unknown as Json;
    default:
      throw new AllocationError('bad-request', `the app has no call ${JSON.stringify(name)}`);
  }
}

function leaseReports(allocator: Allocator): LeaseReport[] {
  const reports: LeaseReport[] = [];
  for (const { address, state, expiresAt } of allocator.leases()) {
    if (reports.length >= MAX_LEASES) break;
    reports.push({ address: formatAddress(address), state, expiresAt: wholeMinutes(expiresAt) });
  }
  return reports.sort((one, other) => (one.address < other.address ? -1 : 1));
}

function portReports(allocator: Allocator): PortReport[] {
  const reports = [...allocator.ports()].map(([key, addresses]) => {
    const [switchId = '', port] = key.split('/');
    return { switch: switchId, port: Number(port), addresses };
  });
  return reports.sort((one, other) => (one.switch < other.switch ? -1 : 1) || one.port - other.port);
}

function aliasReports(allocator: Allocator): AliasReport[] {
  const now = allocator.now();
  const reports = allocator.aliases.valid().map(({ alias, usableUntil, validUntil }) => ({
    alias: `0x${alias.toString(16)}`,
    state: usableUntil > now ? ('new addresses' as const) : ('valid' as const),
    validUntil: wholeMinutes(validUntil),
  }));
  return reports.sort((one, other) => Number(one.alias) - Number(other.alias));
}

function wholeMinutes(time: number): number {
  return Math.floor(time / MINUTE) * MINUTE;
}

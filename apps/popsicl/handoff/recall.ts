import { parseIpv4, parseIpv6 } from '../../../controller/address/index.js';
import type { Action } from '../../../controller/openflow/index.js';
import { IpProtocol } from '../../../controller/packet/index.js';
import { type ActualFlow, MAX_OWN_COOKIE } from '../../../controller/switch/index.js';
import { type AddressWords, wordsOf } from '../segments/address-words.js';
import { type ConnectionEnds, endsOf } from '../segments/connection-ends.js';
import type { Tenant, Tenants } from './tenants.js';

/** A connection as the forward rule of the redirection `flows` has it. */
export interface Recalled {
  readonly protocol: typeof IpProtocol.TCP | typeof IpProtocol.UDP;
  readonly ends: ConnectionEnds;
  readonly tenant: Tenant;
  /** The client's port as the tenant sees it. */
  readonly translatedPort: number;
  /** Seconds since the handoff. */
  readonly age: number;
  /** Number of its rules. */
  readonly rules: number;
}

/** Undefined for every other flow, and for rules towards who is no tenant any more. */
export function recall(
  { match, instructions, durationSec, cookie }: ActualFlow,
  tenants: Tenants,
): Recalled | undefined {
  const { ipv4Src, ipv4Dst, ipv6Src, ipv6Dst } = match;
  const isUdp = match.udpSrc !== undefined;
  const [sourcePort, destinationPort] = isUdp ? [match.udpSrc, match.udpDst] : [match.tcpSrc, match.tcpDst];
  if (typeof sourcePort !== 'number' || typeof destinationPort !== 'number') return undefined;
  const source = words(ipv4Src ?? ipv6Src);
  const destination = words(ipv4Dst ?? ipv6Dst);
  const to = new Map<string, unknown>();
  for (const instruction of instructions) {
    if (instruction.type !== 'apply-actions') continue;
    for (const action of instruction.actions as Action[]) {
      if (action.type === 'set-field')
        for (const [name, value] of Object.entries(action.field)) to.set(name, value);
    }
  }
  const target = words(to.get('ipv4Dst') ?? to.get('ipv6Dst'));
  if (source === undefined || destination === undefined || target === undefined) return undefined;
  const ends = endsOf(ipv4Src === undefined ? 6 : 4, source, destination, sourcePort, destinationPort);
  const tenant = tenants.ofDestination(endsOf(ends.family, source, target, sourcePort, destinationPort));
  if (tenant === undefined) return undefined;
  const port = to.get(isUdp ? 'udpSrc' : 'tcpSrc');
  return {
    protocol: isUdp ? IpProtocol.UDP : IpProtocol.TCP,
    ends,
    tenant,
    translatedPort: typeof port === 'number' ? port : sourcePort,
    age: durationSec,
    rules: rulesNumber(cookie),
  };
}

/** The number of the rules that a flow of the redirection `flows` is one of. */
export function rulesNumber(cookie: bigint): number {
  return Number(cookie & BigInt(MAX_OWN_COOKIE));
}

function words(address: unknown): AddressWords | undefined {
  if (typeof address !== 'string') return undefined;
  if (address.includes(':')) {
    const bytes = parseIpv6(address);
    return bytes === undefined ? undefined : wordsOf(bytes);
  }
  const number = parseIpv4(address);
  return Number.isNaN(number) ? undefined : [0, 0, 0, number];
}

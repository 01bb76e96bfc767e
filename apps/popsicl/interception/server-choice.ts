import type { Tenant, Tenants } from '../handoff/tenants.js';
import type { PuntedSegment } from '../segments/punted-segment.js';
import type { Services } from '../services.js';
import type { InterceptionCounts } from './counts.js';

/** Who serves a connection. */
export interface ChosenServer {
  readonly tenant: Tenant;
  /** What it still needs for it; a rejection refuses the client. */
  readonly ready?: Promise<void> | undefined;
}

/** Finds who serves a connection: by the pseudo-address that a SYN goes to, or by the name in a ClientHello. */
export class ServerChoice {
  private readonly tenants: Tenants;
  private readonly services: Services;
  private readonly counts: InterceptionCounts;

  constructor(tenants: Tenants, services: Services, counts: InterceptionCounts) {
    this.tenants = tenants;
    this.services = services;
    this.counts = counts;
  }

  /** The tenant that the pseudo-address of the segment names all by itself. */
  ofAddress(segment: PuntedSegment): Tenant | undefined {
    const { directory } = this.services;
    const ip = segment.ipStart;
    const config =
      segment.family === 4
        ? directory.tenantOfAddress(segment.destination3)
        : directory.tenantOfAddress(segment.bytes.subarray(ip + 24, ip + 40));
    const tenant = config === undefined ? undefined : this.tenants.of(config);
    return tenant?.has(segment.family) ? tenant : this.tenants.anyProxied(segment.family);
  }

  /** The tenant of a name in lower case, or the decoy, for the client of the segment; undefined: nobody. */
  ofName(segment: PuntedSegment, name: string | undefined): ChosenServer | undefined {
    const { directory, decoys } = this.services;
    const config = name === undefined ? undefined : directory.tenantOfName(name);
    const tenant = config === undefined ? undefined : this.tenants.of(config);
    if (tenant === undefined) this.counts.unknownNames++;
    const server = tenant ?? this.tenants.decoy;
    if (name === undefined || server === undefined || !decoys?.fits(name))
      return tenant && { tenant, ready: undefined };
    const answer = decoys.answer(sourceText(segment), name, tenant !== undefined);
    return answer.isRefused ? undefined : { tenant: server, ready: answer.ready };
  }
}

/** What stands for the client of a segment: an IPv4 address or an IPv6 /64. */
function sourceText({ family, source0, source1, source3 }: PuntedSegment): string {
  return family === 4 ? String(source3) : `${source0}:${source1}`;
}

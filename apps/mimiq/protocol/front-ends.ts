import { parseIpv4, parseIpv6 } from '../../../controller/address/index.js';
import { AllocationError } from '../allocation-error.js';
import type { Allocator } from '../allocator/allocator.js';
import type { AllocatorConfig } from '../allocator/config.js';
import { PortRate } from '../allocator/port-rate.js';
import { Dhcp4Server } from '../dhcp/dhcp4-server.js';
import { Dhcp6Server } from '../dhcp/dhcp6-server.js';
import type { Attachment, Dhcp4Answer, Requests } from '../model.js';
import { RequestHandler } from './request-handler.js';

/** All front ends behind one rate limit a port. */
export class FrontEnds implements Requests {
  /** Requests by front end, and those that their port had no token for. */
  readonly counts = { udp: 0, dhcp4: 0, dhcp6: 0, limited: 0 };
  private readonly allocator: Allocator;
  private readonly handler: RequestHandler;
  private readonly dhcp4Server: Dhcp4Server;
  private readonly dhcp6Server: Dhcp6Server;
  private readonly rate: PortRate;

  /** `mtu`: bytes of the longest packet, where hosts are to know. */
  constructor(allocator: Allocator, config: AllocatorConfig, mtu?: number) {
    this.allocator = allocator;
    this.handler = new RequestHandler(allocator, config);
    const resolvers4 = config.resolvers.map(parseIpv4).filter(address => !Number.isNaN(address));
    const resolvers6 = config.resolvers.map(parseIpv6).filter(address => address !== undefined);
    this.dhcp4Server = new Dhcp4Server(allocator, resolvers4, mtu);
    this.dhcp6Server = new Dhcp6Server(allocator, resolvers6);
    this.rate = new PortRate(config.limits.requestsPerSecond, config.limits.burst);
  }

  async udp(payload: Uint8Array, from: Attachment): Promise<Uint8Array | undefined> {
    const verdict = this.admit(from);
    if (verdict === 'drop') return undefined;
    if (verdict === 'tell') {
      const error = new AllocationError('rate-limit', 'this port asks too often', { retryAfter: 1000 });
      return this.handler.refuse(payload, error);
    }
    this.counts.udp++;
    return this.handler.answer(payload, from);
  }

  async dhcp4(payload: Uint8Array, from: Attachment): Promise<Dhcp4Answer | undefined> {
    if (this.admit(from) !== 'admit') return undefined;
    this.counts.dhcp4++;
    return this.dhcp4Server.answer(payload, from);
  }

  async dhcp6(payload: Uint8Array, from: Attachment): Promise<Uint8Array | undefined> {
    if (this.admit(from) !== 'admit') return undefined;
    this.counts.dhcp6++;
    return this.dhcp6Server.answer(payload, from);
  }

  private admit(from: Attachment): 'admit' | 'tell' | 'drop' {
    const verdict = this.rate.admit(from, this.allocator.now());
    if (verdict !== 'admit') this.counts.limited++;
    return verdict;
  }
}

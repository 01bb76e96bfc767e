import { addressKey } from '../address-bits.js';
import { AllocationError } from '../allocation-error.js';
import type { Allocator } from '../allocator/allocator.js';
import type { AllocatorConfig } from '../allocator/config.js';
import type { Attachment } from '../model.js';
import type { StoredLease } from '../store/lease-store.js';
import {
  decodeRequest,
  encodeAnswer,
  type GrantedMessage,
  type NetworkMessage,
  type RefusedMessage,
  type RequestMessage,
} from './codec.js';

const MIN_ID = 8;
const MAX_ID = 16;
/** Grants that fit into one answer. */
const MAX_GRANTS = 40;
const NO_ID = new Uint8Array(0);

/** Answers MIMIQ's own protocol: bytes in, bytes out. Whatever comes in, an answer goes out that says what it was. */
export class RequestHandler {
  private readonly allocator: Allocator;
  private readonly config: AllocatorConfig;

  constructor(allocator: Allocator, config: AllocatorConfig) {
    this.allocator = allocator;
    this.config = config;
  }

  async answer(payload: Uint8Array, from: Attachment): Promise<Uint8Array> {
    const request = decodeRequest(payload);
    if (request === undefined) return refusal(NO_ID, bad('the datagram is no request'));
    const { requestId } = request;
    if (requestId.length < MIN_ID || requestId.length > MAX_ID) {
      return refusal(NO_ID, bad(`a request id has ${MIN_ID} to ${MAX_ID} bytes`));
    }
    try {
      return encodeAnswer({ requestId, granted: this.granted(await this.serve(request, from), from) });
    } catch (error) {
      if (error instanceof AllocationError) return refusal(requestId, error);
      throw error;
    }
  }

  /** For a request that is not even looked at. */
  refuse(payload: Uint8Array, error: AllocationError): Uint8Array {
    return refusal(decodeRequest(payload)?.requestId ?? NO_ID, error);
  }

  private async serve(request: RequestMessage, from: Attachment): Promise<readonly StoredLease[]> {
    if (request.allocate) return this.allocate(request, from);
    if (request.renew) return this.allocator.renew(from, addressesOf(request.renew.addresses));
    if (request.release) {
      await this.allocator.release(from, addressesOf(request.release.addresses));
      return [];
    }
    if (request.status) return this.held(from);
    throw bad('the request asks for nothing');
  }

  private allocate({ allocate, requestId }: RequestMessage, from: Attachment): Promise<StoredLease[]> {
    const { family, count } = allocate!;
    const { perRequest } = this.config.limits;
    if (family !== 4 && family !== 6) throw bad('the family is neither IPv4 nor IPv6');
    if (count < 1 || count > perRequest) throw bad(`a request asks for 1 to ${perRequest} addresses`);
    return this.allocator.allocate(from, { family, count, request: requestKey(requestId) });
  }

  private held(from: Attachment): StoredLease[] {
    const now = this.allocator.now();
    return [...this.allocator.leasesOf(from)].filter(
      ({ state, expiresAt }) => state === 'held' && expiresAt > now,
    );
  }

  private granted(leases: readonly StoredLease[], from: Attachment): GrantedMessage {
    const networks: NetworkMessage[] = [];
    const now = this.allocator.now();
    const grants = leases.slice(0, MAX_GRANTS).flatMap(({ address, expiresAt }) => {
      const around = this.allocator.space.surroundingsOf(address);
      if (around === undefined) return [];
      const { prefixLength, gateway } = around;
      let network = networks.findIndex(other => addressKey(other.gateway) === addressKey(gateway));
      if (network < 0) network = networks.push({ prefixLength, gateway }) - 1;
      return [{ address, lifetimeMs: Math.max(0, Math.min(expiresAt - now, 0xffff_ffff)), network }];
    });
    const lingerMs = Math.min(Math.round(this.config.removeAfter * 1000), 0xffff_ffff);
    return { grants, networks, lingerMs, held: this.held(from).length };
  }
}

/** Key of a protobuf request among all requests of a client. */
function requestKey(id: Uint8Array): string {
  return `mimiq-${Buffer.from(id).toString('hex')}`;
}

/** Each address once; AllocationError when one has the length of no address. */
function addressesOf(addresses: readonly Uint8Array[]): Uint8Array[] {
  if (addresses.length < 1 || addresses.length > MAX_GRANTS)
    throw bad(`1 to ${MAX_GRANTS} addresses are named`);
  if (addresses.some(({ length }) => length !== 4 && length !== 16)) {
    throw bad('an address has 4 or 16 bytes');
  }
  return [...new Map(addresses.map(address => [addressKey(address), address])).values()];
}

function bad(message: string): AllocationError {
  return new AllocationError('bad-request', message);
}

function refusal(requestId: Uint8Array, { code, message, retryAfter = 0 }: AllocationError): Uint8Array {
  const refused: RefusedMessage = { code, message, retryAfterMs: Math.ceil(retryAfter) };
  return encodeAnswer({ requestId, refused });
}

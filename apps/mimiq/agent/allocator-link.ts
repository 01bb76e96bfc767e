import { randomBytes } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { formatIpv4, formatIpv6, parseIpv4, parseIpv6 } from '../../../controller/address/index.js';
import type { Clock, Timer } from '../../../controller/host/clock.js';
import type { Family } from '../client/address-source.js';
import {
  type AnswerMessage,
  decodeAnswer,
  encodeRequest,
  type GrantedMessage,
  type RequestMessage,
} from '../protocol/codec.js';
import { AgentError } from './agent-error.js';

export interface GrantedAddress {
  readonly address: string;
  /** Milliseconds from now. */
  readonly lifetime: number;
  readonly gateway: string;
}

/** The allocation server, as an agent sees it (section 3.2). All reject with AgentError. */
export interface AllocatorLink {
  allocate(family: Family, count: number): Promise<GrantedAddress[]>;
  release(addresses: readonly string[]): Promise<void>;
  /** What the allocator says that this client holds; undefined when it is more than an answer has room for. */
  held(): Promise<GrantedAddress[] | undefined>;
  close(): void;
}

export interface LinkOptions {
  /** Where the network takes requests: an address, with `%interface` where it is a link-local one. */
  readonly host: string;
  readonly port: number;
  readonly clock: Clock;
}

/** Milliseconds until a request is sent again; an answer is taken until all have passed. */
const RETRIES = [200, 400, 800, 1600, 2000];

/** Timers of the platform hold 31 bits of milliseconds; what lasts longer is given up early. */
const LONGEST_LIFE = 2 ** 31 - 1;

interface Pending {
  readonly done: (answer: AnswerMessage | undefined) => void;
}

/** MIMIQ's own protocol over UDP. A request sent again is the same request, which is carried out once. */
export class UdpAllocatorLink implements AllocatorLink {
  private readonly options: LinkOptions;
  private readonly socket: Socket;
  private readonly pending = new Map<string, Pending>();

  constructor(options: LinkOptions) {
    this.options = options;
    this.socket = createSocket(options.host.includes(':') ? 'udp6' : 'udp4');
    this.socket.on('message', datagram => {
      const answer = decodeAnswer(datagram);
      if (answer !== undefined) this.pending.get(hex(answer.requestId))?.done(answer);
    });
    // What is not sent is asked again, and given up in the end.
    this.socket.on('error', () => undefined);
  }

  async allocate(family: Family, count: number): Promise<GrantedAddress[]> {
    const granted = grantedBy(await this.ask({ allocate: { family, count } }));
    return granted.filter(each => familyOf(each.address) === family).slice(0, count);
  }

  async release(addresses: readonly string[]): Promise<void> {
    const bytes = addresses.map(bytesOf);
    for (let index = 0; index < bytes.length; index += 32) {
      await this.ask({ release: { addresses: bytes.slice(index, index + 32) } });
    }
  }

  async held(): Promise<GrantedAddress[] | undefined> {
    const answer = await this.ask({ status: {} });
    return answer.held > answer.grants.length ? undefined : grantedBy(answer);
  }

  close(): void {
    for (const { done } of this.pending.values()) done(undefined);
    this.socket.close();
  }

  private async ask(what: Omit<RequestMessage, 'requestId'>): Promise<GrantedMessage> {
    const requestId = randomBytes(12);
    const answer = await this.exchange(hex(requestId), encodeRequest({ requestId, ...what }));
    if (answer === undefined) {
      throw new AgentError('allocator-unreachable', 'the allocator does not answer', {
        mend: 'look whether the controller runs and this machine is at a client port',
      });
    }
    if (answer.granted === undefined) {
      const { code = 'unknown', message = '', retryAfterMs = 0 } = answer.refused ?? {};
      throw new AgentError('allocator-refused', `the allocator refused (${code}): ${message}`, {
        retryAfter: retryAfterMs,
      });
    }
    return answer.granted;
  }

  private exchange(key: string, request: Uint8Array): Promise<AnswerMessage | undefined> {
    const { host, port } = this.options;
    return new Promise(resolve => {
      let timer: Timer | undefined;
      const done = (answer: AnswerMessage | undefined) => {
        timer?.cancel();
        this.pending.delete(key);
        resolve(answer);
      };
      this.pending.set(key, { done });
      const send = (attempt: number) => {
        if (attempt >= RETRIES.length) return done(undefined);
        this.socket.send(request, port, host, () => undefined);
        timer = this.options.clock.after(RETRIES[attempt]!, () => send(attempt + 1));
      };
      send(0);
    });
  }
}

function grantedBy({ grants, networks }: GrantedMessage): GrantedAddress[] {
  return grants.flatMap(({ address, lifetimeMs, network }) => {
    const gateway = networks[network]?.gateway;
    if (gateway === undefined || !isAddress(address) || !isAddress(gateway)) return [];
    if (!isForHosts(address) || address.length !== gateway.length) return [];
    const lifetime = Math.min(lifetimeMs, LONGEST_LIFE);
    return [{ address: textOf(address), lifetime, gateway: textOf(gateway) }];
  });
}

/** No loopback, link-local or group address, and none that names nobody: taking one would break this machine's own traffic. */
function isForHosts(address: Uint8Array): boolean {
  const [first, second] = address as unknown as [number, number];
  if (address.length === 4) {
    const linkLocal = first === 169 && second === 254;
    return first !== 0 && first !== 127 && first < 224 && !linkLocal;
  }
  const hasPrefix = address.subarray(0, 12).some(byte => byte !== 0);
  const linkLocal = first === 0xfe && (second & 0xc0) === 0x80;
  return hasPrefix && first !== 0xff && !linkLocal;
}

function familyOf(address: string): Family {
  return address.includes(':') ? 6 : 4;
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

function isAddress(bytes: Uint8Array): boolean {
  return bytes.length === 4 || bytes.length === 16;
}

function textOf(bytes: Uint8Array): string {
  return bytes.length === 4 ? formatIpv4(Buffer.from(bytes).readUInt32BE()) : formatIpv6(bytes);
}

function bytesOf(address: string): Uint8Array {
  const ipv6 = parseIpv6(address);
  if (ipv6 !== undefined) return ipv6;
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(parseIpv4(address));
  return bytes;
}

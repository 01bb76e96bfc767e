import { parseIpv4, parseIpv6 } from '../../../controller/address/index.js';
import type { Query } from './query.js';
import type { Answer, AnswerRecord, RecordData, ZoneName } from './response.js';
import { nameBytes, RecordClass, RecordType, ResponseCode, uint32 } from './wire.js';

export interface Addresses {
  readonly ipv4: readonly string[];
  readonly ipv6: readonly string[];
}

export interface ZoneOptions {
  /** Canonical. */
  readonly domain: string;
  /** Names of this zone's servers, the primary first. */
  readonly nameServers: readonly string[];
  /** Mailbox of who is responsible, as a name (RFC 1035 section 3.3.13). */
  readonly hostmaster: string;
  readonly serial: number;
  /** Seconds that addresses of pseudonyms may be kept, and answers that there are none. */
  readonly ttl: number;
  readonly negativeTtl: number;
  /** Names of the cloud's own servers, by label; '' is the domain itself. */
  readonly records: ReadonlyMap<string, Addresses>;
  /** Addresses of a pseudonym, by its label in lower case; undefined for labels that are none. */
  readonly pseudonym: (label: string) => Addresses | undefined;
}

/** Seconds: how long other records of the zone may be kept. */
const INFRASTRUCTURE_TTL = 3600;
/** SOA (RFC 1912 section 2.2): refresh, retry, expire. Nobody transfers this zone. */
const TRANSFER_TIMES = [86_400, 7200, 3_600_000] as const;
/** What ANY gets (RFC 8482 section 4.2). */
const ANY_DATA: RecordData = [Buffer.from('\x07RFC8482\x00', 'latin1')];

/** What the zone of a cloud says; no I/O. */
export class Zone {
  readonly labelCount: number;
  private readonly options: ZoneOptions;
  private readonly suffix: readonly string[];
  private readonly servers: readonly ZoneName[];
  private readonly hostmaster: ZoneName;

  constructor(options: ZoneOptions) {
    this.options = options;
    this.suffix = options.domain.split('.');
    this.labelCount = this.suffix.length;
    this.servers = options.nameServers.map(name => this.zoneName(name));
    this.hostmaster = this.zoneName(options.hostmaster);
  }

  answer({ labels, type, class: recordClass, edns }: Query): Answer {
    if (edns !== undefined && edns.version !== 0) return refusal(ResponseCode.BADVERS);
    const isTransfer = type === RecordType.AXFR || type === RecordType.IXFR;
    if (recordClass !== RecordClass.IN || isTransfer || !this.holds(labels))
      return refusal(ResponseCode.REFUSED);
    const own = labels.slice(0, -this.labelCount);
    const addresses = own.length > 1 ? undefined : this.addressesOf(own[0] ?? '');
    if (addresses === undefined) return this.negative(ResponseCode.NXDOMAIN);
    const answers = this.recordsOf(own.length === 0, addresses, type);
    if (answers.length === 0) return this.negative(ResponseCode.NOERROR);
    return { code: ResponseCode.NOERROR, isAuthoritative: true, answers, authorities: [] };
  }

  private holds(labels: readonly string[]): boolean {
    const { suffix } = this;
    const start = labels.length - suffix.length;
    return start >= 0 && suffix.every((label, index) => labels[start + index] === label);
  }

  private addressesOf(label: string): (Addresses & { ttl: number }) | undefined {
    const { records, pseudonym, ttl } = this.options;
    const fixed = records.get(label);
    if (fixed !== undefined) return { ...fixed, ttl: INFRASTRUCTURE_TTL };
    if (label === '') return { ipv4: [], ipv6: [], ttl: INFRASTRUCTURE_TTL };
    const found = pseudonym(label);
    return found === undefined ? undefined : { ...found, ttl };
  }

  private recordsOf(
    isApex: boolean,
    { ipv4, ipv6, ttl }: Addresses & { ttl: number },
    type: number,
  ): AnswerRecord[] {
    const record = (data: RecordData): AnswerRecord => ({ owner: 'question', type, ttl, data });
    switch (type) {
      case RecordType.A:
        return ipv4.map(address => record([uint32(parseIpv4(address))]));
      case RecordType.AAAA:
        return ipv6.map(address => record([Buffer.from(parseIpv6(address)!)]));
      case RecordType.SOA:
        return isApex ? [this.soa(INFRASTRUCTURE_TTL)] : [];
      case RecordType.NS:
        return isApex ? this.servers.map(name => record([{ name }])) : [];
      case RecordType.ANY:
        return [{ owner: 'question', type: RecordType.HINFO, ttl, data: ANY_DATA }];
      default:
        return [];
    }
  }

  /** RFC 2308: the SOA record says how long the answer may be kept. */
  private negative(code: number): Answer {
    const authorities = [this.soa(this.options.negativeTtl)];
    return { code, isAuthoritative: true, answers: [], authorities };
  }

  private soa(ttl: number): AnswerRecord {
    const { serial, negativeTtl } = this.options;
    const numbers = Buffer.concat([serial, ...TRANSFER_TIMES, negativeTtl].map(uint32));
    const data = [{ name: this.servers[0]! }, { name: this.hostmaster }, numbers];
    return { owner: 'zone', type: RecordType.SOA, ttl, data };
  }

  private zoneName(text: string): ZoneName {
    const { domain } = this.options;
    if (text === domain) return { inZone: Buffer.alloc(0) };
    if (!text.endsWith(`.${domain}`)) return { whole: nameBytes(text) };
    return { inZone: nameBytes(text.slice(0, -domain.length - 1)).subarray(0, -1) };
  }
}

function refusal(code: number): Answer {
  return { code, isAuthoritative: false, answers: [], authorities: [] };
}

import { randomInt } from 'node:crypto';
import { connect } from 'node:net';
import { parseIpv4, parseIpv6 } from '../../../controller/address/index.js';
import type { Distribution, Pseudonym } from '../model.js';
import { DnsError } from './dns-error.js';
import { sign, type TsigKey, verify } from './tsig.js';
import {
  HEADER_LENGTH,
  nameBytes,
  Opcode,
  RecordClass,
  RecordType,
  ResponseCode,
  uint16,
  uint32,
} from './wire.js';
import type { Addresses } from './zone.js';

export interface UpdatePublisherOptions {
  /** The primary server of the zone. */
  readonly server: { readonly address: string; readonly port: number };
  /** Cloud domain, which is the zone. */
  readonly domain: string;
  readonly key: TsigKey;
  /** Seconds that others may keep the records. */
  readonly ttl: number;
  /** Milliseconds for one update. */
  readonly patience: number;
  /** Milliseconds since 1970. */
  readonly wallClock: () => number;
  /** Addresses of every name, given out or not: one record has them, and nothing tells which names there are. */
  readonly everyName?: Addresses | undefined;
}

const MAX_ANSWER_BYTES = 65_535;

/** Keeps the addresses of pseudonyms in somebody else's DNS server, by dynamic updates (RFC 2136) over TCP, signed (RFC 8945). */
export class UpdatePublisher implements Distribution {
  readonly label = 'dns';
  private readonly options: UpdatePublisherOptions;

  constructor(options: UpdatePublisherOptions) {
    this.options = options;
  }

  /** Replaces whatever the server has of the name, or of all names. Throws DnsError. */
  async publish(pseudonym: Pick<Pseudonym, 'name' | 'addresses'>): Promise<void> {
    const { everyName, domain } = this.options;
    // What is there already changes nothing, the serial number of the zone neither.
    const name = everyName === undefined ? pseudonym.name : `*.${domain}`;
    const addresses = everyName ?? pseudonym.addresses;
    const records = [
      ...addresses.ipv4.map(address => this.record(name, RecordType.A, uint32(parseIpv4(address)))),
      ...addresses.ipv6.map(address => this.record(name, RecordType.AAAA, Buffer.from(parseIpv6(address)!))),
    ];
    await this.update([this.removal(name), ...records]);
  }

  async withdraw(name: string): Promise<void> {
    if (this.options.everyName !== undefined) return;
    await this.update([this.removal(name)]);
  }

  private record(name: string, type: number, data: Buffer): Buffer {
    const { ttl } = this.options;
    const numbers = [uint16(type), uint16(RecordClass.IN), uint32(ttl), uint16(data.length)];
    return Buffer.concat([nameBytes(name), ...numbers, data]);
  }

  /** All records of a name (RFC 2136 section 2.5.3). */
  private removal(name: string): Buffer {
    const numbers = [uint16(RecordType.ANY), uint16(RecordClass.ANY), uint32(0), uint16(0)];
    return Buffer.concat([nameBytes(name), ...numbers]);
  }

  private async update(records: readonly Buffer[]): Promise<void> {
    const { domain, key, wallClock } = this.options;
    const id = randomInt(0x1_0000);
    const counts = [1, 0, records.length, 0].map(uint16);
    const zone = [nameBytes(domain), uint16(RecordType.SOA), uint16(RecordClass.IN)];
    const message = Buffer.concat([uint16(id), uint16(Opcode.UPDATE << 11), ...counts, ...zone, ...records]);
    const { signed, mac } = sign(message, key, wallClock() / 1000);
    const answer = await this.exchange(signed);
    const flags = answer.length < HEADER_LENGTH ? 0 : answer.readUInt16BE(2);
    if ((flags & 0xf800) !== (0x8000 | (Opcode.UPDATE << 11)) || answer.readUInt16BE(0) !== id) {
      throw new DnsError('dns-update-unauthentic', 'the answer to a DNS update is no answer to it');
    }
    const { isAuthentic, error } = verify(answer, key, mac, wallClock() / 1000);
    if (!isAuthentic || error !== 0) {
      throw new DnsError(
        'dns-update-unauthentic',
        `the DNS server and this controller do not accept each other's signatures (code ${flags & 0xf}, TSIG error ${error})`,
        { mend: 'Compare name, algorithm and secret of the key on both sides, and their clocks.' },
      );
    }
    const code = flags & 0xf;
    if (code === ResponseCode.NOERROR) return;
    throw new DnsError('dns-update-refused', `the DNS server refused an update with code ${code}`, {
      mend: 'Let the key update the zone (`allow-update` or `update-policy` of BIND), and name its primary server.',
      isUnheard: true,
    });
  }

  private exchange(message: Buffer): Promise<Buffer> {
    const { server, patience } = this.options;
    return new Promise((resolve, reject) => {
      const socket = connect({ host: server.address, port: server.port });
      let isUnheard = true;
      socket.once('connect', () => {
        isUnheard = false;
      });
      const fail = (why: string) => {
        socket.destroy();
        reject(
          new DnsError('dns-update-unreachable', `the DNS server cannot be reached: ${why}`, { isUnheard }),
        );
      };
      const timer = setTimeout(() => fail('no answer in time'), patience);
      const chunks: Buffer[] = [];
      let length = 0;
      socket.on('close', () => {
        clearTimeout(timer);
        fail('the connection ended');
      });
      socket.on('error', (error: NodeJS.ErrnoException) => fail(error.code ?? 'error'));
      socket.on('data', chunk => {
        chunks.push(chunk);
        length += chunk.length;
        if (length < 2) return;
        const all = Buffer.concat(chunks);
        const wanted = all.readUInt16BE(0);
        if (length > MAX_ANSWER_BYTES + 2) return fail('the answer is too long');
        if (all.length - 2 < wanted) return;
        resolve(all.subarray(2, 2 + wanted));
        socket.destroy();
      });
      socket.write(Buffer.concat([uint16(message.length), message]));
    });
  }
}

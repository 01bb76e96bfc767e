import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, isIPv6, type Server, type Socket } from 'node:net';
import { SourceConnections } from '../source-connections.js';
import { DnsError } from './dns-error.js';
import { readQuery } from './query.js';
import { truncated, writeAnswer, writeRefusal } from './response.js';
import { ResponseRate, type ResponseRateOptions } from './response-rate.js';
import { uint16 } from './wire.js';
import type { Zone } from './zone.js';

export interface DnsServerOptions {
  /** Where it listens, UDP and TCP both; port 0 for any that is free with both. */
  readonly listen: readonly { readonly address: string; readonly port: number }[];
  readonly rate: ResponseRateOptions;
  /** TCP connections at a time. */
  readonly maxConnections: number;
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number;
  /** An error of a socket that goes on. */
  readonly failed: (error: unknown) => void;
}

/** A connection may be idle for this many milliseconds (RFC 7766 section 6.2.3). */
const IDLE_MILLISECONDS = 10_000;
/** Queries of one connection, and bytes of answers that it has not taken yet. */
const MAX_QUERIES = 1000;
const MAX_WAITING_BYTES = 65_536;
/** A query of one question has 255 bytes of name at most; options may add some. */
const MAX_QUERY_BYTES = 1024;
const PORT_ATTEMPTS = 20;
/** Of the TCP connections that there may be, one source may have the fourth part. */
const SHARE = 4;

/** The authoritative server of a cloud's zone, over UDP and TCP. */
export class DnsServer {
  /** Queries and what became of them. */
  readonly counts = { udp: 0, tcp: 0, malformed: 0, limited: 0, refusedConnections: 0 };
  private readonly zone: Zone;
  private readonly options: DnsServerOptions;
  private readonly rate: ResponseRate;
  private readonly udp: UdpSocket[] = [];
  private readonly tcp: Server[] = [];
  private readonly connections = new Set<Socket>();
  private readonly sources: SourceConnections;

  private constructor(zone: Zone, options: DnsServerOptions) {
    this.zone = zone;
    this.options = options;
    this.rate = new ResponseRate(options.rate);
    this.sources = new SourceConnections(Math.ceil(options.maxConnections / SHARE));
  }

  /** Listens everywhere or nowhere. Throws `dns-listen`. */
  static async start(zone: Zone, options: DnsServerOptions): Promise<DnsServer> {
    const server = new DnsServer(zone, options);
    try {
      for (const { address, port } of options.listen) await server.listen(address, port);
    } catch (error) {
      await server.stop();
      throw error;
    }
    return server;
  }

  /** Where it listens, with the ports that the system chose. */
  get listening(): readonly { address: string; port: number }[] {
    return this.udp.map(socket => {
      const { address, port } = socket.address();
      return { address, port };
    });
  }

  async stop(): Promise<void> {
    for (const connection of this.connections) connection.destroy();
    await Promise.all([
      ...this.udp.splice(0).map(socket => new Promise<void>(resolve => void socket.close(() => resolve()))),
      ...this.tcp.splice(0).map(server => new Promise<void>(resolve => void server.close(() => resolve()))),
    ]);
  }

  /** Answer to one message; undefined where there is none. `isUdp` bounds its length. */
  private answer(bytes: Buffer, isUdp: boolean, isTruncated = false): Buffer | undefined {
    const query = readQuery(bytes);
    if ('reason' in query) {
      this.counts.malformed++;
      return isTruncated ? undefined : writeRefusal(query);
    }
    if (isTruncated) return truncated(query);
    return writeAnswer(
      query,
      this.zone.answer(query),
      this.zone.labelCount,
      isUdp ? bytes.length : undefined,
    );
  }

  private async listen(address: string, port: number): Promise<void> {
    // A free UDP port may be taken for TCP.
    for (let attempts = port === 0 ? PORT_ATTEMPTS : 1; ; attempts--) {
      const udp = createSocket({ type: isIPv6(address) ? 'udp6' : 'udp4', ipv6Only: isIPv6(address) });
      const tcp = createServer({ allowHalfOpen: false }, socket => this.connected(socket));
      try {
        udp.bind({ address, port });
        await once(udp, 'listening');
        tcp.maxConnections = this.options.maxConnections;
        tcp.listen({ host: address, port: udp.address().port, ipv6Only: isIPv6(address) });
        await once(tcp, 'listening');
      } catch (error) {
        udp.close();
        tcp.close();
        if (attempts > 1 && (error as NodeJS.ErrnoException).code === 'EADDRINUSE') continue;
        const { code = 'error' } = error as NodeJS.ErrnoException;
        throw new DnsError('dns-listen', `cannot listen for DNS on ${address} port ${port}: ${code}`, {
          mend: 'Ports below 1024 need root or CAP_NET_BIND_SERVICE; see which program holds it with `ss -lnp`.',
        });
      }
      udp.on('message', (bytes, { address: from, port: fromPort }) =>
        this.datagram(udp, bytes, from, fromPort),
      );
      udp.on('error', this.options.failed);
      tcp.on('error', this.options.failed);
      tcp.on('drop', () => this.counts.refusedConnections++);
      this.udp.push(udp);
      this.tcp.push(tcp);
      return;
    }
  }

  private datagram(socket: UdpSocket, bytes: Buffer, address: string, port: number): void {
    this.counts.udp++;
    const verdict = this.rate.judge(address, this.options.now());
    if (verdict !== 'answer') this.counts.limited++;
    if (verdict === 'drop' || bytes.length > MAX_QUERY_BYTES || port === 0) return;
    const answer = this.answer(bytes, true, verdict === 'truncate');
    // A source that cannot be reached is its own affair.
    if (answer !== undefined) socket.send(answer, port, address, () => {});
  }

  private connected(socket: Socket): void {
    if (!this.sources.admit(socket)) {
      this.counts.refusedConnections++;
      return;
    }
    this.connections.add(socket);
    let carry: Buffer = Buffer.alloc(0);
    let queries = 0;
    socket.setTimeout(IDLE_MILLISECONDS, () => socket.destroy());
    socket.on('error', () => {});
    socket.on('close', () => this.connections.delete(socket));
    socket.on('drain', () => socket.resume());
    socket.on('data', chunk => {
      carry = carry.length === 0 ? chunk : Buffer.concat([carry, chunk]);
      let offset = 0;
      while (carry.length - offset >= 2) {
        const length = carry.readUInt16BE(offset);
        if (length > MAX_QUERY_BYTES || ++queries > MAX_QUERIES) return void socket.destroy();
        if (carry.length - offset - 2 < length) {
          queries--;
          break;
        }
        this.counts.tcp++;
        const answer = this.answer(carry.subarray(offset + 2, offset + 2 + length), false);
        if (answer === undefined) return void socket.destroy();
        socket.write(Buffer.concat([uint16(answer.length), answer]));
        offset += 2 + length;
      }
      carry = carry.subarray(offset);
      if (socket.writableLength > MAX_WAITING_BYTES) socket.pause();
    });
  }
}

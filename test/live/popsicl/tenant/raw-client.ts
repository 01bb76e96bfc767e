import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import {
  buildFrame,
  findLayer,
  type PayloadLayer,
  parseFrame,
  type TcpFlagName,
  type TcpLayer,
  type TcpOption,
} from '../../../../controller/packet/index.js';
import { type Namespace, type RunningCommand, until } from '../../../../mininet/driver/index.js';
import { type ReferenceSyn, referenceCookie } from './reference-cookie.js';

const PROGRAM = fileURLToPath(new URL('./raw-port-program.js', import.meta.url));

export interface Segment extends TcpLayer {
  data: Buffer;
}

export interface Place {
  client: string;
  tenant: string;
  clientMac: string;
  tenantMac: string;
}

/** An interface on which frames are sent and segments to any port collected. */
export class RawPort implements AsyncDisposable {
  readonly segments: Segment[] = [];
  readonly place: Place;
  private readonly command: RunningCommand;

  private constructor(command: RunningCommand, place: Place) {
    this.command = command;
    this.place = place;
    createInterface({ input: command.output! }).on('line', line => this.receive(line));
  }

  static async open(namespace: Namespace, device: string, place: Place): Promise<RawPort> {
    const command = await namespace.spawn([process.execPath, PROGRAM, device, place.client]);
    const port = new RawPort(command, place);
    await command.printed(/^ready$/m);
    return port;
  }

  /** Sends one segment to the tenant's port 443. */
  send(
    sourcePort: number,
    fields: {
      sequence: number;
      acknowledgement: number;
      flags: TcpFlagName[];
      options?: TcpOption[];
      data?: Uint8Array;
    },
  ): void {
    const { client, tenant, clientMac, tenantMac } = this.place;
    const { data, ...header } = fields;
    const family = client.includes(':') ? ('ipv6' as const) : ('ipv4' as const);
    const frame = buildFrame([
      { type: 'ethernet', destination: tenantMac, source: clientMac },
      { type: family, source: client, destination: tenant },
      { type: 'tcp', sourcePort, destinationPort: 443, window: 502, ...header },
      ...(data ? [{ type: 'payload', data } as const] : []),
    ]);
    this.command.stdin!.write(`${Buffer.from(frame).toString('hex')}\n`);
  }

  /** Segments that came for one port of the client. */
  to(port: number): Segment[] {
    return this.segments.filter(segment => segment.destinationPort === port);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.command.stop('SIGKILL');
  }

  private receive(line: string): void {
    // The program's last line may be cut short.
    if (!line.endsWith('.')) return;
    const layers = parseFrame(Buffer.from(line.slice(0, -1), 'hex'));
    const tcp = findLayer(layers, 'tcp');
    if (!tcp) return;
    const payload = layers.find((layer): layer is PayloadLayer => layer.type === 'payload');
    this.segments.push({ ...tcp, data: Buffer.from(payload?.data ?? []) });
  }
}

export interface HandoffOptions {
  key: Uint8Array;
  port: number;
  sack?: boolean;
  timestamps?: boolean;
  /** undefined: not offered. */
  windowScale?: number | undefined;
  mssIndex?: number;
  clientIsn?: number;
}

/** A client after the controller's SYN-ACK: it believes to be connected, the tenant knows nothing of it. */
export class HandedOffClient {
  readonly raw: RawPort;
  readonly port: number;
  readonly clientIsn: number;
  readonly cookie: { sequence: number; tsval: number };
  readonly timestamps: boolean;
  readonly syn: ReferenceSyn;
  tsval = 1000;
  /** Segments that were there before this client. */
  private readonly before: number;

  constructor(raw: RawPort, options: HandoffOptions) {
    this.clientIsn = options.clientIsn ?? 0xfffffff0;
    this.before = raw.segments.length;
    const syn: ReferenceSyn = {
      client: raw.place.client,
      serverPort: 443,
      clientIsn: this.clientIsn,
      mssIndex: options.mssIndex ?? 6,
      sackPermitted: options.sack ?? true,
      windowScale: 'windowScale' in options ? options.windowScale : 7,
    };
    this.raw = raw;
    this.syn = syn;
    this.port = options.port;
    this.timestamps = options.timestamps ?? true;
    this.cookie = referenceCookie(options.key, syn);
  }

  /** Sends bytes of the stream that start at `offset`, and acknowledges what came; `change` alters the cookie. */
  send(text: string, offset = 0, change: { acknowledgement?: number; echo?: number } = {}): void {
    const { sequence, tsval } = this.cookie;
    this.raw.send(this.port, {
      sequence: (this.clientIsn + 1 + offset) >>> 0,
      acknowledgement: (sequence + 1 + this.stream().length + (change.acknowledgement ?? 0)) >>> 0,
      flags: ['psh', 'ack'],
      options: this.timestamps
        ? [{ type: 'timestamps', value: ++this.tsval, echo: (tsval + (change.echo ?? 0)) >>> 0 }]
        : [],
      data: Buffer.from(text),
    });
  }

  /** Waits for the listener's echo of `text`. */
  async echoed(text: string): Promise<Segment[]> {
    await until(`the echo of ${text}`, () => this.stream() === text);
    return this.heard();
  }

  /** Ends the stream of `length` bytes whose other end has been ended. */
  finish(length: number): void {
    const { sequence, tsval } = this.cookie;
    this.raw.send(this.port, {
      sequence: (this.clientIsn + 1 + length) >>> 0,
      acknowledgement: (sequence + 2 + this.stream().length) >>> 0,
      flags: ['fin', 'ack'],
      options: this.timestamps ? [{ type: 'timestamps', value: ++this.tsval, echo: tsval }] : [],
    });
  }

  /** Segments for this client's port since it began. */
  heard(): Segment[] {
    return this.raw.segments.slice(this.before).filter(segment => segment.destinationPort === this.port);
  }

  /** The bytes received, in order and once each. */
  stream(): string {
    const bytes = new Map<number, number>();
    for (const { sequence, data } of this.heard()) {
      const start = (sequence - this.cookie.sequence - 1) >>> 0;
      for (const [index, byte] of data.entries()) bytes.set(start + index, byte);
    }
    return Buffer.from([...bytes].sort(([a], [b]) => a - b).map(([, byte]) => byte)).toString();
  }

  resets(): Segment[] {
    return this.heard().filter(segment => segment.flags.includes('rst'));
  }
}

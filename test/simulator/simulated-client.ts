import {
  buildFrame,
  findLayer,
  type LayerInit,
  parseFrame,
  type TcpLayer,
  type TcpOption,
} from '../../controller/packet/index.js';
import type { SimulatedSwitch } from './simulated-switch.js';

export interface SimulatedClientOptions {
  address: string;
  port: number;
  pseudo: string;
  /** Default 443. */
  pseudoPort?: number;
  /** Of its SYN; default those of Linux. */
  options?: TcpOption[];
  initial?: number;
  /** Cookie of the packet-ins of SYNs and of other segments. */
  cookies: { syn: bigint; segment: bigint };
}

export const LINUX_OPTIONS: TcpOption[] = [
  { type: 'maximum-segment-size', size: 1460 },
  { type: 'sack-permitted' },
  { type: 'timestamps', value: 1000, echo: 0 },
  { type: 'window-scale', shift: 10 },
];

/** A TCP client whose every segment a simulated switch punts to the controller. */
export class SimulatedClient {
  readonly options: Required<SimulatedClientOptions>;
  /** What the controller answered to the SYN. */
  synAck: TcpLayer | undefined;
  private readonly sw: SimulatedSwitch;

  constructor(sw: SimulatedSwitch, options: SimulatedClientOptions) {
    this.sw = sw;
    this.options = { pseudoPort: 443, options: LINUX_OPTIONS, initial: 0xffff_fff0, ...options };
  }

  /** Sends a SYN. Read the answer by `hear`. */
  syn(flags: TcpLayer['flags'] = ['syn']): void {
    const { options, initial, cookies } = this.options;
    const frame = this.frame({ flags, sequence: initial, options });
    this.punt(frame, cookies.syn);
  }

  /** The TCP segments for this client among the packet-outs since the switch forgot last. */
  heard(): TcpLayer[] {
    const segments: TcpLayer[] = [];
    for (const message of this.sw.received) {
      if (message.type !== 'packet-out' || message.actions[0]?.type !== 'output') continue;
      const layers = parseFrame(message.data);
      const tcp = findLayer(layers, 'tcp');
      if (tcp === undefined || tcp.destinationPort !== this.options.port) continue;
      segments.push(tcp);
      if (tcp.flags.includes('syn')) this.synAck = tcp;
    }
    return segments;
  }

  /** Sends bytes of the stream from `offset` on, with the acknowledgement and timestamps that the SYN-ACK asks for. */
  data(bytes: Uint8Array, offset = 0, flags: TcpLayer['flags'] = ['ack', 'psh']): Uint8Array {
    const { initial, cookies } = this.options;
    const { synAck } = this;
    const stamps = synAck?.options.find(({ type }) => type === 'timestamps') as { value: number } | undefined;
    const frame = this.frame(
      {
        flags,
        sequence: (initial + 1 + offset) >>> 0,
        acknowledgement: ((synAck?.sequence ?? 0) + 1) >>> 0,
        options: stamps === undefined ? [] : [{ type: 'timestamps', value: 1001, echo: stamps.value }],
      },
      bytes,
    );
    this.punt(frame, cookies.segment);
    return frame;
  }

  private frame(
    tcp: Partial<Extract<LayerInit, { type: 'tcp' }>>,
    data: Uint8Array = new Uint8Array(0),
  ): Uint8Array {
    const { address, pseudo, port, pseudoPort } = this.options;
    const ip: LayerInit = pseudo.includes(':')
      ? { type: 'ipv6', source: address, destination: pseudo }
      : { type: 'ipv4', source: address, destination: pseudo };
    return buildFrame([
      { type: 'ethernet', source: '02:00:00:00:00:01', destination: '02:c1:0a:ff:ff:fe' },
      ip,
      { type: 'tcp', sourcePort: port, destinationPort: pseudoPort, ...tcp },
      { type: 'payload', data },
    ]);
  }

  private punt(frame: Uint8Array, cookie: bigint): void {
    this.sw.tell({
      type: 'packet-in',
      totalLen: frame.length,
      reason: 'action',
      cookie,
      match: { inPort: 1 },
      data: frame,
    });
  }
}

import { connect, type TLSSocket } from 'node:tls';
import { CodedError } from '../../../../controller/coded-error.js';
import { type Clock, systemClock, type Timer } from '../../../../controller/host/index.js';
import { Backoff } from '../../../../controller/transport/backoff.js';
import { ChannelError } from '../channel/channel-error.js';
import { CONTROLLER_NAME } from '../channel/control-authority.js';
import { Frames } from '../channel/frames.js';
import {
  decodeFromController,
  encodeFromAgent,
  type FromAgent,
  type FromController,
  type HelloMessage,
  type ServedMessage,
} from '../channel/messages.js';

export interface LinkOptions {
  readonly host: string;
  readonly port: number;
  readonly certificatePem: string;
  readonly keyPem: string;
  readonly authorityPem: string;
  /** What the agent says first. */
  hello(): Promise<HelloMessage>;
  /** What it serves, in parts. */
  inventory(): AsyncIterable<readonly ServedMessage[]>;
  /** Does what the controller asks; a CodedError's code is the answer. */
  handle(message: FromController): Promise<void>;
  onConnected?(): void;
  /** `reason`: a stable code. */
  onDisconnected?(reason: string): void;
  readonly clock?: Clock;
  readonly backoff?: Backoff;
}

/** Room for the domains of all tenants that a cloud can have. */
const MESSAGE_LIMIT = 8 * 1024 * 1024;
const SHORTEST_WAIT = 200;
const LONGEST_WAIT = 15_000;
/** Milliseconds after which a connection was a good one. */
const LASTING = 5_000;
/** The controller pings more often than this. */
const SILENCE_LIMIT = 40_000;

/** The agent's end of the channel: connects, and again whenever the connection is lost. */
export class ControllerLink {
  private readonly options: LinkOptions;
  private readonly clock: Clock;
  private readonly backoff: Backoff;
  private socket: TLSSocket | undefined;
  private retry: Timer | undefined;
  private closed = false;

  constructor(options: LinkOptions) {
    this.options = options;
    this.clock = options.clock ?? systemClock;
    this.backoff = options.backoff ?? new Backoff(SHORTEST_WAIT, LONGEST_WAIT);
    this.open();
  }

  close(): void {
    this.closed = true;
    this.retry?.cancel();
    this.socket?.destroy();
  }

  private open(): void {
    const { host, port, certificatePem: cert, keyPem: key, authorityPem: ca } = this.options;
    const socket = connect({ host, port, cert, key, ca, servername: CONTROLLER_NAME, minVersion: 'TLSv1.3' });
    const frames = new Frames(MESSAGE_LIMIT);
    let reason = 'closed';
    let connectedAt: number | undefined;
    this.socket = socket;
    socket.setNoDelay(true);
    socket.setTimeout(SILENCE_LIMIT, () => fail('silent'));
    const fail = (why: string) => {
      reason = why;
      socket.destroy();
    };
    socket.on('secureConnect', () => {
      this.greet(socket).catch(() => fail('internal'));
    });
    socket.on('data', chunk => {
      try {
        for (const bytes of frames.push(chunk)) {
          // A controller that turns an agent away closes without a word.
          if (connectedAt === undefined) this.options.onConnected?.();
          connectedAt ??= this.clock.now();
          this.receive(socket, decodeFromController(bytes));
        }
      } catch (error) {
        if (!(error instanceof ChannelError)) throw error;
        fail(error.code);
      }
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      reason = (error.code ?? 'failed').toLowerCase().replaceAll('_', '-');
    });
    socket.on('close', () => {
      if (this.closed) return;
      // Two agents of one tenant drive each other out: a connection that did not last is no success.
      if (connectedAt !== undefined && this.clock.now() - connectedAt > LASTING) this.backoff.succeeded();
      this.options.onDisconnected?.(reason);
      this.retry = this.clock.after(this.backoff.failed(), () => this.open());
    });
  }

  private async greet(socket: TLSSocket): Promise<void> {
    const { options } = this;
    send(socket, { id: 0, hello: await options.hello() });
    for await (const served of options.inventory()) {
      if (socket.destroyed) return;
      send(socket, { id: 0, inventory: { served, last: false } });
    }
    send(socket, { id: 0, inventory: { served: [], last: true } });
  }

  private receive(socket: TLSSocket, message: FromController): void {
    this.options.handle(message).then(
      () => send(socket, { id: message.id, done: { failure: '' } }),
      error =>
        send(socket, {
          id: message.id,
          done: { failure: error instanceof CodedError ? error.code : 'internal' },
        }),
    );
  }
}

function send(socket: TLSSocket, message: FromAgent): void {
  if (!socket.destroyed) socket.write(encodeFromAgent(message));
}

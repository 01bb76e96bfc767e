/** A connection to a switch that keeps every message as bytes; what it decodes, the tests judge. */
import { createConnection, type Socket } from 'node:net';
import {
  type DecodedMessage,
  decode,
  encodeToBytes,
  type Message,
  messageLength,
} from '../../../controller/openflow/index.js';
import { until } from '../../../mininet/driver/until.js';

export interface Received {
  readonly bytes: Uint8Array;
  readonly message: DecodedMessage;
}

export class RawConnection {
  /** Everything received that no call of `request` has taken. */
  readonly received: Received[] = [];
  readonly #socket: Socket;
  #pending: Buffer = Buffer.alloc(0);
  #failure: Error | undefined;
  #xid = 0x1000;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', chunk => this.#take(chunk));
    socket.on('error', error => {
      this.#failure = error;
    });
  }

  /** Connects to the unix socket at `path` and says hello. */
  static async open(path: string): Promise<RawConnection> {
    const connection = new RawConnection(createConnection(path));
    connection.send({ type: 'hello', elements: [{ type: 'version-bitmap', bitmaps: [0x10] }] });
    await connection.next('hello', message => message.type === 'hello');
    return connection;
  }

  close(): void {
    this.#socket.destroy();
  }

  /** Returns the transaction id. */
  send(message: Message): number {
    const xid = this.#xid++;
    this.#socket.write(encodeToBytes(message, xid));
    return xid;
  }

  /** Sends `message` and gives every reply to it up to that of the barrier behind it. */
  async request(message: Message): Promise<Received[]> {
    const xid = this.send(message);
    const barrier = this.send({ type: 'barrier-request' });
    await this.next('barrier reply', reply => reply.xid === barrier);
    return this.#remove(({ message: reply }) => reply.xid === xid);
  }

  /** Sends what has no reply; fails with the switch's error when it has. */
  async accepts(message: Message): Promise<void> {
    const [error] = await this.request(message);
    if (error !== undefined) throw new Error(`${message.type}: ${JSON.stringify(error.message, bigintText)}`);
  }

  /** Waits for a message that `wanted` is true of, and takes it. */
  async next(what: string, wanted: (message: DecodedMessage) => boolean): Promise<Received> {
    const find = () => {
      if (this.#failure !== undefined) throw this.#failure;
      return this.received.find(({ message }) => wanted(message));
    };
    const found = await until(what, find);
    this.received.splice(this.received.indexOf(found), 1);
    return found;
  }

  #remove(which: (received: Received) => boolean): Received[] {
    const taken = this.received.filter(which);
    for (const item of taken) this.received.splice(this.received.indexOf(item), 1);
    return taken;
  }

  #take(chunk: Buffer): void {
    this.#pending = Buffer.concat([this.#pending, chunk]);
    try {
      while (this.#pending.length >= 8 && this.#pending.length >= messageLength(this.#pending, 0)) {
        const length = messageLength(this.#pending, 0);
        const bytes = Uint8Array.from(this.#pending.subarray(0, length));
        this.#pending = this.#pending.subarray(length);
        const message = decode(bytes);
        if (message.type === 'echo-request') this.send({ type: 'echo-reply', data: message.data });
        else this.received.push({ bytes, message });
      }
    } catch (error) {
      this.#failure = error as Error;
    }
  }
}

const bigintText = (_: string, value: unknown): unknown => (typeof value === 'bigint' ? `${value}` : value);

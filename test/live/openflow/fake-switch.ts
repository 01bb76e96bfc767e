/** A switch with no datapath: it answers what ovs-ofctl asks, and keeps every message as it came. */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decode, encodeToBytes, type Message, messageLength } from '../../../controller/openflow/index.js';

/** Gives the replies to one request; an empty list leaves it unanswered. */
export type Answer = (request: Message) => Message[];

export class FakeSwitch {
  /** Every message received, as bytes, in order. */
  readonly received: Uint8Array[] = [];
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #folder: string;
  readonly #answer: Answer;

  constructor(answer: Answer) {
    this.#answer = answer;
    this.#folder = mkdtempSync(join(tmpdir(), 'cloakflow-switch-'));
    this.#server = createServer(socket => this.#serve(socket));
  }

  /** The name ovs-ofctl takes for this switch. */
  get target(): string {
    return `unix:${this.#path}`;
  }

  listen(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(this.#path, resolve);
    });
  }

  close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    return new Promise(resolve => {
      this.#server.close(() => {
        rmSync(this.#folder, { recursive: true, force: true });
        resolve();
      });
    });
  }

  get #path(): string {
    return join(this.#folder, 'switch.sock');
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    socket.write(
      encodeToBytes({ type: 'hello', elements: [{ type: 'version-bitmap', bitmaps: [0x10] }] }, 1),
    );
    let pending = Buffer.alloc(0);
    socket.on('data', chunk => {
      pending = Buffer.concat([pending, chunk]);
      while (pending.length >= 8 && pending.length >= messageLength(pending, 0)) {
        const length = messageLength(pending, 0);
        const bytes = Uint8Array.from(pending.subarray(0, length));
        pending = pending.subarray(length);
        this.received.push(bytes);
        for (const reply of this.#repliesTo(bytes)) socket.write(reply);
      }
    });
  }

  /** None to what does not decode: whoever looks at `received` finds out. */
  #repliesTo(bytes: Uint8Array): Uint8Array[] {
    let request: Message;
    try {
      request = decode(bytes);
    } catch {
      return [];
    }
    return this.#answer(request).map(reply => encodeToBytes(reply, request.xid));
  }
}

import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { JsonSplitter } from '../../../controller/ovsdb/json-splitter.js';

export interface FakeRequest {
  method: string;
  params: unknown[];
  id: unknown;
}

/** Gives the result of a request, or undefined for no answer at all. */
export type Respond = (request: FakeRequest, socket: Socket) => unknown;

export const TEST_SCHEMA = {
  name: 'Test',
  version: '1.0.0',
  tables: {
    Thing: {
      columns: {
        name: { type: 'string' },
        size: { type: { key: 'integer', min: 0, max: 1 } },
        tags: { type: { key: 'string', min: 0, max: 'unlimited' } },
        notes: { type: { key: 'string', value: 'string', min: 0, max: 'unlimited' } },
      },
    },
  },
};

/** An OVSDB server in name only: it says whatever a test wants, on a unix socket of its own. */
export class FakeServer {
  readonly requests: FakeRequest[] = [];
  readonly sockets = new Set<Socket>();
  readonly directory: string;
  respond: Respond;
  #server: Server | undefined;

  private constructor(directory: string, respond: Respond) {
    this.directory = directory;
    this.respond = respond;
  }

  static async start(respond: Respond): Promise<FakeServer> {
    const server = new FakeServer(await mkdtemp(join(tmpdir(), 'cloakflow-ovsdb-')), respond);
    await server.listen();
    return server;
  }

  get endpoint(): string {
    return `unix:${join(this.directory, 'db.sock')}`;
  }

  async listen(): Promise<void> {
    const server = createServer(socket => this.#serve(socket));
    this.#server = server;
    await new Promise<void>(resolve => server.listen(join(this.directory, 'db.sock'), resolve));
  }

  /** Drops every connection and takes no new ones. */
  async vanish(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    const closed = new Promise(resolve => server.close(resolve));
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }

  async stop(): Promise<void> {
    await this.vanish();
    await rm(this.directory, { recursive: true, force: true });
  }

  /** Says something to every client, as it stands or as JSON. */
  say(message: string | Uint8Array | object): void {
    const raw = typeof message === 'string' || message instanceof Uint8Array;
    for (const socket of this.sockets) socket.write(raw ? message : JSON.stringify(message));
  }

  #serve(socket: Socket): void {
    this.sockets.add(socket);
    socket.on('close', () => this.sockets.delete(socket));
    socket.on('error', () => {});
    const splitter = new JsonSplitter();
    socket.on('data', chunk => {
      for (const message of splitter.push(chunk)) {
        const request = message as FakeRequest;
        this.requests.push(request);
        if (request.id === null || request.method === undefined) continue;
        const result = this.respond(request, socket);
        if (result === undefined || socket.destroyed) continue;
        const error = result instanceof Error ? { error: result.message } : null;
        socket.write(JSON.stringify({ result: error === null ? result : null, error, id: request.id }));
      }
    });
  }
}

/** Looks again until `condition` holds. */
export async function eventually(condition: () => boolean, what: string): Promise<void> {
  const end = performance.now() + 60_000;
  while (!condition()) {
    if (performance.now() > end) throw new Error(`${what}: not within 60 s`);
    await new Promise(resolve => setTimeout(resolve, 2));
  }
}

/** The error that `promise` rejects with. */
export async function rejection(promise: Promise<unknown>): Promise<Error & { code?: string }> {
  try {
    await promise;
  } catch (error) {
    return error as Error & { code?: string };
  }
  throw new Error('it was expected to fail');
}

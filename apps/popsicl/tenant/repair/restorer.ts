import { createConnection, type Socket } from 'node:net';
import { getSystemErrorName } from 'node:util';
import { TenantError } from '../tenant-error.js';
import { decodeReply, encodeRequest, REPLY_LENGTH } from './restore-request.js';
import type { RestoredConnection } from './restored-connection.js';

/** Requests without an answer; more are refused, so that a helper that hangs costs no memory. */
const MAX_PENDING = 1024;

interface Pending {
  resolve: () => void;
  reject: (error: TenantError) => void;
}

/** The agent's side of `native/tcp-repair`. Connects when it is first needed, and again after a loss. */
export class Restorer {
  private readonly path: string;
  private socket: Socket | undefined;
  private rest: Buffer = Buffer.alloc(0);
  private nextId = 1;
  private readonly pending = new Map<number, Pending>();

  /** `path`: the unix-domain socket of the helper. */
  constructor(path: string) {
    this.path = path;
  }

  /**
   * Resolves when the web server holds the connection, and the client's first bytes may come.
   *
   * @throws TenantError `restore-failed` (the kernel said no), `helper-failed`
   */
  restore(connection: RestoredConnection): Promise<void> {
    if (this.pending.size >= MAX_PENDING) return Promise.reject(failed('the repair helper does not answer'));
    const id = this.nextId;
    const request = encodeRequest(id, connection);
    this.nextId = (id + 1) >>> 0 || 1;
    this.socket ??= this.connect();
    this.socket.write(request);
    return new Promise((resolve, reject) => this.pending.set(id, { resolve, reject }));
  }

  close(): void {
    this.lose('the agent has ended');
  }

  private connect(): Socket {
    const socket = createConnection(this.path);
    const lost = () => {
      if (this.socket === socket) this.lose('the repair helper is gone');
    };
    socket.on('data', bytes => this.receive(bytes));
    socket.on('error', lost);
    socket.on('close', lost);
    return socket;
  }

  private receive(bytes: Buffer): void {
    let rest = this.rest.length === 0 ? bytes : Buffer.concat([this.rest, bytes]);
    for (; rest.length >= REPLY_LENGTH; rest = rest.subarray(REPLY_LENGTH)) {
      const reply = decodeReply(rest);
      const pending = reply && this.pending.get(reply.id);
      if (!pending) {
        this.lose('the repair helper says what makes no sense');
        return;
      }
      this.pending.delete(reply.id);
      if (reply.failure === undefined) pending.resolve();
      else pending.reject(refused(reply.failure));
    }
    this.rest = rest;
  }

  private lose(why: string): void {
    this.socket?.destroy();
    this.socket = undefined;
    this.rest = Buffer.alloc(0);
    const waiting = [...this.pending.values()];
    this.pending.clear();
    for (const { reject } of waiting) reject(failed(why));
  }
}

function refused({ step, errno }: { step: string; errno: number }): TenantError {
  const name = errno === 0 ? '' : `: ${getSystemErrorName(-errno)}`;
  return new TenantError('restore-failed', `a connection could not be restored, at its ${step}${name}`);
}

function failed(why: string): TenantError {
  return new TenantError('helper-failed', why);
}

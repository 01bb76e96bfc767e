import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import type { Clock, Timer } from '../../../controller/host/clock.js';
import {
  type AgentMessage,
  type ApplicationMessage,
  applicationMessage,
  MAX_LINE,
} from '../client/agent-messages.js';
import { ClientError } from '../client/client-error.js';
import type { AddressStock, StockedAddress } from './address-stock.js';

/** Addresses that one application may have. */
const MAX_HELD = 64;
/** Connections of one user, whose number is known or not. */
const MAX_CONNECTIONS = 128;
/** Milliseconds that an application's addresses outlive its connection, for one that comes back. */
const GRACE = 2_000;
/** Bytes of answers that an application may leave unread. */
const MAX_UNREAD = 1 << 16;
/** Milliseconds that a request waits for the network when the stock is empty. */
const PATIENCE = 2_000;

interface Application {
  readonly socket: Socket;
  /** Number of its user, where that is known. */
  readonly user: number | undefined;
  readonly held: Map<string, string>;
  waiting: number;
  rest: string;
}

/** Serves applications on a unix socket. What an application has, nobody else can give back. */
export class ApplicationServer {
  private readonly stock: AddressStock;
  private readonly clock: Clock;
  private readonly perUser: number;
  private readonly applications = new Set<Application>();
  private readonly timers = new Set<Timer>();
  private closed = false;

  /** `perUser`: addresses that all applications of one user may have together. */
  constructor(stock: AddressStock, clock: Clock, perUser: number) {
    this.stock = stock;
    this.clock = clock;
    this.perUser = perUser;
  }

  /** Serves an application of `user`, where that is known. */
  accept(socket: Socket, user: number | undefined): void {
    const application: Application = { socket, user, held: new Map(), waiting: 0, rest: '' };
    socket.on('error', () => undefined);
    if (this.of(user).length >= MAX_CONNECTIONS) {
      this.refuse(application, `a user may have ${MAX_CONNECTIONS} connections`);
      return;
    }
    this.applications.add(application);
    socket.setEncoding('utf8');
    socket.on('data', (chunk: string) => this.receive(application, chunk));
    socket.on('close', () => this.gone(application));
  }

  /** Tells the application that has the address that it may not be used any more. */
  ended({ address, holder }: StockedAddress): void {
    for (const application of this.applications) {
      if (application.held.get(address) !== holder) continue;
      application.held.delete(address);
      send(application, { event: 'ended', address });
    }
  }

  close(): void {
    this.closed = true;
    for (const timer of this.timers) timer.cancel();
    for (const { socket } of this.applications) socket.destroy();
  }

  private receive(application: Application, chunk: string): void {
    const lines = (application.rest + chunk).split('\n');
    application.rest = lines.pop()!;
    if (application.rest.length > MAX_LINE) {
      this.refuse(application, 'a line is too long');
      return;
    }
    for (const line of lines) {
      const message = application.socket.destroyed ? undefined : parse(line);
      if (message === undefined) {
        this.refuse(application, 'that is no message for an agent');
        return;
      }
      void this.answer(application, message);
    }
  }

  private async answer(application: Application, message: ApplicationMessage): Promise<void> {
    const { id } = message;
    try {
      if (message.op === 'release') {
        const holder = application.held.get(message.address) ?? '';
        this.stock.release(message.address, holder);
        application.held.delete(message.address);
        send(application, { id, released: true });
        return;
      }
      const held =
        message.op === 'take' ? await this.take(application, message.family) : this.resume(message.secret);
      if (application.socket.destroyed) return this.stock.release(held.address, held.holder!);
      application.held.set(held.address, held.holder!);
      const lifetime = Math.max(0, held.endsAt - this.clock.now());
      send(application, { id, address: held.address, secret: held.holder!, lifetime });
    } catch (error) {
      if (!(error instanceof ClientError)) throw error;
      send(application, { id, error: { code: error.code, message: error.message } });
    }
  }

  private async take(application: Application, family: 4 | 6): Promise<StockedAddress> {
    const { user } = application;
    if (application.held.size + application.waiting >= MAX_HELD) {
      throw new ClientError('agent-refused', `an application may have ${MAX_HELD} addresses`);
    }
    const waiting = this.of(user).reduce((sum, each) => sum + each.waiting, 0);
    if (user !== undefined && this.stock.heldByUser(user) + waiting >= this.perUser) {
      throw new ClientError('agent-refused', `a user may have ${this.perUser} addresses`);
    }
    application.waiting++;
    try {
      return await this.stock.take(family, { holder: randomBytes(16).toString('hex'), user }, PATIENCE);
    } finally {
      application.waiting--;
    }
  }

  private of(user: number | undefined): Application[] {
    return [...this.applications].filter(application => application.user === user);
  }

  private resume(secret: string): StockedAddress {
    const held = secret === '' ? undefined : this.stock.heldBy(secret);
    if (held === undefined) throw new ClientError('agent-refused', 'that address is gone');
    for (const other of this.applications) {
      if (other.held.get(held.address) === secret) {
        throw new ClientError('agent-refused', 'that address is held over another connection');
      }
    }
    return held;
  }

  private refuse(application: Application, message: string): void {
    send(application, { id: -1, error: { code: 'agent-refused', message } });
    application.socket.destroySoon();
  }

  private gone(application: Application): void {
    this.applications.delete(application);
    if (application.held.size === 0 || this.closed) return;
    const timer = this.clock.after(GRACE, () => {
      this.timers.delete(timer);
      this.reclaim([...application.held]);
    });
    this.timers.add(timer);
  }

  /** Gives back what nobody has come back for. */
  reclaim(addresses: Iterable<readonly [address: string, holder: string]>): void {
    for (const [address, holder] of addresses) {
      const resumed = [...this.applications].some(({ held }) => held.get(address) === holder);
      if (!resumed && this.stock.heldBy(holder) !== undefined) this.stock.release(address, holder);
    }
  }
}

function parse(line: string): ApplicationMessage | undefined {
  try {
    return applicationMessage.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}

function send({ socket }: Application, message: AgentMessage): void {
  if (socket.destroyed) return;
  socket.write(`${JSON.stringify(message)}\n`);
  if (socket.writableLength > MAX_UNREAD) socket.destroy();
}

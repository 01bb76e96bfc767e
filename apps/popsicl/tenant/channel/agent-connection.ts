import type { Socket } from 'node:net';
import type { Clock, Timer } from '../../../../controller/host/index.js';
import { CHANGE_PATIENCE } from '../change-limit.js';
import { ChannelError } from './channel-error.js';
import { DEFAULT_SHARE, FairShare, type Share } from './fair-share.js';
import { Frames } from './frames.js';
import {
  decodeFromAgent,
  encodeFromController,
  type FromController,
  type HelloMessage,
  PROTOCOL_VERSION,
  type ServedMessage,
} from './messages.js';

export interface AgentLimits {
  /** Bytes of a message from an agent. */
  readonly messageBytes: number;
  /** What is read from an agent. */
  readonly share: Share;
  /** Requests that wait for their answers. */
  readonly pending: number;
  /** Bytes that wait to be sent. */
  readonly waitingBytes: number;
  /** Milliseconds for an answer, for Hello, and between two pings. */
  readonly patience: number;
  /** Milliseconds for an answer where the web server has to follow: pseudonyms and revocations. */
  readonly changePatience: number;
}

export const DEFAULT_AGENT_LIMITS: AgentLimits = {
  messageBytes: 64 * 1024,
  share: DEFAULT_SHARE,
  pending: 4096,
  waitingBytes: 8 * 1024 * 1024,
  patience: 10_000,
  changePatience: CHANGE_PATIENCE,
};

export interface AgentEvents {
  /** The agent has said who it is. */
  ready(connection: AgentConnection): void;
  /** Pseudonyms that the agent serves, a part of them. Nothing comes after the last. */
  inventory(connection: AgentConnection, served: readonly ServedMessage[], last: boolean): void;
  closed(connection: AgentConnection, reason: ChannelError): void;
}

/** Words of an agent that go into logs and texts. */
const CODE = /^[a-z0-9-]{1,40}$/;
/** Strategies and hindrances of an agent; more than there are. */
const MOST_CODES = 64;

interface Pending {
  resolve: () => void;
  reject: (error: ChannelError) => void;
  timer: Timer;
}

/** The controller's end of one agent's connection. */
export class AgentConnection {
  /** Domain of the tenant, by its certificate. */
  readonly domain: string;
  hello: HelloMessage | undefined;
  private readonly socket: Socket;
  private readonly events: AgentEvents;
  private readonly limits: AgentLimits;
  private readonly clock: Clock;
  private readonly frames: Frames;
  private readonly share: FairShare;
  private readonly pending = new Map<number, Pending>();
  /** Requests that nobody waits for any more, the oldest first; their answers may yet come. */
  private readonly late = new Set<number>();
  private readonly watch: Timer;
  private nextId = 1;
  private hasToldAll = false;
  private closed = false;

  constructor(socket: Socket, domain: string, events: AgentEvents, limits: AgentLimits, clock: Clock) {
    this.socket = socket;
    this.domain = domain;
    this.events = events;
    this.limits = limits;
    this.clock = clock;
    this.frames = new Frames(limits.messageBytes);
    this.share = new FairShare(socket, limits.share);
    socket.on('data', chunk => this.receive(chunk));
    socket.on('error', () => this.close(lost()));
    socket.on('close', () => this.close(lost()));
    this.watch = clock.every(limits.patience, () => this.ping());
  }

  /**
   * Sends a request and resolves when the agent has done it.
   *
   * @throws ChannelError `tenant-unreachable`, `tenant-silent`, `tenant-congested`, `tenant-refused`
   */
  request(body: Omit<FromController, 'id'>): Promise<void> {
    if (this.closed) return Promise.reject(lost());
    const { pending, waitingBytes, patience, changePatience } = this.limits;
    if (this.pending.size >= pending || this.socket.writableLength > waitingBytes)
      return Promise.reject(new ChannelError('tenant-congested', 'the agent of the tenant does not keep up'));
    const id = this.nextId;
    this.nextId = (id + 1) >>> 0 || 1;
    this.socket.write(encodeFromController({ id, ...body }));
    return new Promise((resolve, reject) => {
      const isChange = body.material !== undefined || body.revoke !== undefined;
      const timer = this.clock.after(isChange ? changePatience : patience, () => {
        this.pending.delete(id);
        this.late.add(id);
        if (this.late.size > pending) this.late.delete(this.late.values().next().value!);
        reject(new ChannelError('tenant-silent', 'the agent of the tenant did not answer in time'));
      });
      this.pending.set(id, { resolve, reject, timer });
    });
  }

  get isClosed(): boolean {
    return this.closed;
  }

  close(reason: ChannelError): void {
    if (this.closed) return;
    this.closed = true;
    this.watch.cancel();
    this.socket.destroy();
    for (const { reject, timer } of this.pending.values()) {
      timer.cancel();
      reject(lost());
    }
    this.pending.clear();
    this.events.closed(this, reason);
  }

  /** An agent that does not answer pings, or never says Hello, is let go. */
  private ping(): void {
    if (this.hello === undefined) {
      this.close(new ChannelError('tenant-silent', 'an agent did not say Hello in time'));
      return;
    }
    this.request({ ping: {} }).catch((error: ChannelError) => {
      if (error.code === 'tenant-silent') this.close(error);
    });
  }

  private receive(chunk: Buffer): void {
    try {
      for (const bytes of this.frames.push(chunk)) {
        if (this.closed) return;
        this.share.spend(bytes.length);
        this.handle(bytes);
      }
    } catch (error) {
      if (!(error instanceof ChannelError)) throw error;
      this.close(error);
    }
  }

  private handle(bytes: Uint8Array): void {
    const { id, hello, inventory, done } = decodeFromAgent(bytes);
    if (hello !== undefined) {
      if (this.hello !== undefined || hello.version !== PROTOCOL_VERSION)
        throw new ChannelError('bad-message', 'an agent said Hello twice, or speaks another version');
      const codes = [...hello.strategies, ...hello.hindrances];
      if (codes.length > MOST_CODES || !codes.every(code => CODE.test(code)))
        throw new ChannelError('bad-message', 'an agent said in Hello what are no codes');
      this.hello = hello;
      this.events.ready(this);
    } else if (this.hello === undefined) {
      throw new ChannelError('bad-message', 'an agent did not begin with Hello');
    } else if (inventory !== undefined) {
      if (this.hasToldAll) throw new ChannelError('bad-message', 'an agent told twice what it serves');
      this.hasToldAll = inventory.last;
      this.events.inventory(this, inventory.served, inventory.last);
    } else if (done !== undefined) {
      this.answered(id, done.failure);
    }
  }

  /** An answer that came too late has nobody waiting for it; one to a question never asked is no answer. */
  private answered(id: number, failure: string): void {
    const pending = this.pending.get(id);
    if (!pending) {
      if (this.late.delete(id)) return;
      throw new ChannelError('bad-message', 'an agent answered what it was not asked');
    }
    this.pending.delete(id);
    pending.timer.cancel();
    if (failure === '') pending.resolve();
    else
      pending.reject(
        new ChannelError('tenant-refused', `the agent of the tenant said no: ${codeOf(failure)}`),
      );
  }
}

/** What an agent gives as its reason goes into texts only where it is a code. */
function codeOf(failure: string): string {
  return CODE.test(failure) ? failure : 'unknown';
}

function lost(): ChannelError {
  return new ChannelError('tenant-unreachable', 'no agent of the tenant is connected', {
    mend: 'Start `cloakflow tenant agent` on the tenant.',
  });
}

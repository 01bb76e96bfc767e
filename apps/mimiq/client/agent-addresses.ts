import { connect, type Socket } from 'node:net';
import type { AddressSource, Family, HeldAddress } from './address-source.js';
import { type AgentMessage, agentMessage, DEFAULT_SOCKET, MAX_LINE } from './agent-messages.js';
import { ClientError, type ClientErrorCode } from './client-error.js';

/** Milliseconds before its end when an address is left, or a quarter of what is left where that is less. */
const LEAVE_BEFORE = 3_000;
const RECONNECT = 200;
const PATIENCE = 5_000;

type Answer = Exclude<AgentMessage, { event: 'ended' }>;

interface Held {
  readonly secret: string;
  readonly ended: AbortController;
  readonly ending: AbortController;
  readonly timers: NodeJS.Timeout[];
  /** The agent is being told of it. */
  isResuming: boolean;
}

/**
 * Addresses from the agent of this machine (section 3.2). While the agent is away, addresses that are held stay usable until
 * their lease ends; when it is back it is told of them.
 */
export class AgentAddresses implements AddressSource {
  private readonly path: string;
  private readonly patience: number;
  private connecting: Promise<Socket> | undefined;
  private current: Socket | undefined;
  private readonly waiting = new Map<number, (answer: Answer | Error) => void>();
  private readonly held = new Map<string, Held>();
  private nextId = 1;
  private closed = false;

  /** `patience`: milliseconds that a request waits for an agent that is being restarted. */
  constructor(path: string = DEFAULT_SOCKET, patience: number = PATIENCE) {
    this.path = path;
    this.patience = patience;
  }

  async take(family: Family): Promise<HeldAddress> {
    const answer = await this.ask({ op: 'take', family });
    if (!('address' in answer)) throw new ClientError('agent-refused', 'the agent answered something else');
    return this.hold(answer.address, answer.secret, answer.lifetime);
  }

  /** Gives everything back. */
  close(): void {
    this.closed = true;
    for (const { timers } of this.held.values()) for (const timer of timers) clearTimeout(timer);
    void this.connecting?.then(
      socket => socket.end(),
      () => undefined,
    );
  }

  private hold(address: string, secret: string, lifetime: number): HeldAddress {
    const ended = new AbortController();
    const ending = new AbortController();
    const leave = Math.max(lifetime - LEAVE_BEFORE, lifetime * 0.75);
    const timers = [setTimeout(() => ending.abort(), leave), setTimeout(() => this.end(address), lifetime)];
    for (const timer of timers) timer.unref();
    this.held.set(address, { secret, ended, ending, timers, isResuming: false });
    return {
      address,
      ending: ending.signal,
      ended: ended.signal,
      release: () => {
        if (this.held.get(address)?.secret !== secret) return;
        this.forget(address);
        if (!this.closed) this.ask({ op: 'release', address }).catch(() => undefined);
      },
    };
  }

  private end(address: string): void {
    const held = this.held.get(address);
    this.forget(address);
    held?.ending.abort();
    held?.ended.abort();
  }

  private forget(address: string): void {
    for (const timer of this.held.get(address)?.timers ?? []) clearTimeout(timer);
    this.held.delete(address);
  }

  private async ask(message: Record<string, unknown>): Promise<Answer> {
    const socket = await this.connection();
    const id = this.nextId++;
    const answer = await new Promise<Answer | Error>(resolve => {
      this.waiting.set(id, resolve);
      socket.ref(); // only what is waited for keeps the process alive
      socket.write(`${JSON.stringify({ ...message, id })}\n`);
    });
    this.waiting.delete(id);
    if (this.waiting.size === 0) socket.unref();
    if (answer instanceof Error) throw answer;
    if ('error' in answer) throw new ClientError(codeOf(answer.error.code), answer.error.message);
    return answer;
  }

  private connection(): Promise<Socket> {
    // What is not said yet: it has ended.
    if (this.current?.destroyed) this.lost(this.current);
    this.connecting ??= this.open(Date.now() + (this.held.size > 0 ? this.patience : 0));
    this.connecting.catch(() => {
      this.connecting = undefined;
    });
    return this.connecting;
  }

  private async open(until: number): Promise<Socket> {
    for (;;) {
      try {
        const socket = await connected(this.path);
        this.listen(socket);
        return socket;
      } catch (cause) {
        if (this.closed || Date.now() >= until) {
          throw new ClientError('agent-unreachable', `no agent answers on ${this.path}`, {
            mend: 'start `cloakflow mimiq agent`',
            cause,
          });
        }
        await new Promise(resolve => setTimeout(resolve, RECONNECT));
      }
    }
  }

  private listen(socket: Socket): void {
    socket.on('error', () => undefined);
    this.current = socket;
    socket.on('close', () => this.lost(socket));
    let rest = '';
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop()!;
      if (rest.length > MAX_LINE) socket.destroy();
      for (const line of lines) this.receive(socket, line);
    });
    socket.unref();
  }

  private receive(socket: Socket, line: string): void {
    const message = parse(line);
    if (message === undefined) socket.destroy();
    else if ('event' in message) this.end(message.address);
    else this.waiting.get(message.id)?.(message);
  }

  /** The agent went away; once it is back it is told what is held. */
  private lost(socket: Socket): void {
    if (this.current !== socket) return;
    this.current = undefined;
    this.connecting = undefined;
    const gone = new ClientError('agent-unreachable', 'the agent went away');
    for (const resolve of this.waiting.values()) resolve(gone);
    if (this.closed || this.held.size === 0) return;
    for (const [address, held] of this.held) void this.resume(address, held);
  }

  /** For as long as the agent is away: one that does not hear of the address takes it back. */
  private async resume(address: string, held: Held): Promise<void> {
    if (held.isResuming) return;
    held.isResuming = true;
    while (!this.closed && this.held.get(address) === held) {
      try {
        await this.ask({ op: 'resume', secret: held.secret });
        break;
      } catch (error) {
        if (error instanceof ClientError && error.code === 'agent-refused') this.end(address);
        else await new Promise(resolve => setTimeout(resolve, RECONNECT).unref());
      }
    }
    held.isResuming = false;
  }
}

function connected(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(path, () => {
      socket.off('error', reject);
      resolve(socket);
    });
    socket.once('error', reject);
  });
}

function parse(line: string): AgentMessage | undefined {
  try {
    return agentMessage.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}

function codeOf(code: string): ClientErrorCode {
  return code === 'no-address' ? 'no-address' : 'agent-refused';
}

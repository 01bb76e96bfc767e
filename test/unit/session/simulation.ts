import type { Message, OpenflowError } from '../../../controller/openflow/index.js';
import { Session, type SessionError, type SessionOptions } from '../../../controller/session/index.js';
import { decodeAll, encodeAll, featuresReply, HELLO } from './fake-switch.js';

/** What a handler was told, in order. */
export type Event =
  | { event: 'ready' }
  | { event: 'packet-in'; packet: Message }
  | { event: 'message'; message: Message }
  | { event: 'malformed'; error: OpenflowError }
  | { event: 'congested'; congested: boolean }
  | { event: 'closed'; reason: SessionError };

/** A session with simulated bytes and a simulated clock. */
export class Simulation {
  readonly session: Session;
  readonly events: Event[] = [];
  now = 1000;
  /** Runs on each packet-in, within the handler. */
  onPacketIn: () => void = () => {};

  constructor(options: Partial<SessionOptions> = {}) {
    const { events } = this;
    this.session = new Session(
      {
        ready: () => events.push({ event: 'ready' }),
        packetIn: (_session, view) => {
          events.push({ event: 'packet-in', packet: view.toObject() });
          this.onPacketIn();
        },
        message: (_session, message) => events.push({ event: 'message', message }),
        malformed: (_session, error) => events.push({ event: 'malformed', error }),
        congested: (_session, congested) => events.push({ event: 'congested', congested }),
        closed: (_session, reason) => events.push({ event: 'closed', reason }),
        output: () => {},
      },
      options,
      this.now,
    );
  }

  /** A session that has just become ready, its first words and events forgotten. */
  static ready(options: Partial<SessionOptions> = {}, datapathId = 1n): Simulation {
    const simulation = new Simulation(options);
    simulation.deliver(HELLO);
    const request = simulation.said().at(-1)!;
    simulation.deliver({ ...featuresReply(datapathId), xid: request.xid ?? 0 });
    simulation.events.length = 0;
    return simulation;
  }

  /** The switch says `messages`. */
  deliver(...messages: Message[]): void {
    this.bytes(encodeAll(messages));
  }

  /** The switch sends `bytes`, in chunks of `chunk` bytes. */
  bytes(bytes: Uint8Array, chunk = bytes.length): void {
    for (let start = 0; start < bytes.length; start += chunk) {
      const end = Math.min(bytes.length, start + chunk);
      this.session.receive(bytes.subarray(start, end), 0, end - start, this.now);
    }
  }

  /** What the controller has said since the last call. */
  said(): Message[] {
    const messages: Message[] = [];
    for (let writer = this.session.takeOutput(); writer; writer = this.session.takeOutput()) {
      messages.push(...decodeAll(writer.buf.slice(0, writer.pos)));
    }
    return messages;
  }

  /** Lets `milliseconds` pass. */
  pass(milliseconds: number): void {
    this.now += milliseconds;
    this.session.tick(this.now);
  }

  /** Lets time pass until there is something to do. */
  passToDeadline(): void {
    this.pass(this.session.deadline - this.now);
  }

  /** Why the session ended; undefined while it lives. */
  get closedWith(): string | undefined {
    return this.session.reason?.code;
  }
}

/** The error that `promise` rejects with; throws when it resolves. */
export async function rejection(promise: Promise<unknown>): Promise<Error & { code?: string }> {
  let value: unknown;
  try {
    value = await promise;
  } catch (error) {
    return error as Error;
  }
  throw new Error(`resolved with ${JSON.stringify(value)}`);
}

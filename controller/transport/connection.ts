import type { Socket } from 'node:net';
import type { DecodedMessage, OpenflowError, PacketInView, Writer } from '../openflow/index.js';
import { Session, SessionError, type SessionHandler, type SessionOptions } from '../session/index.js';
import { InputGate } from './input-gate.js';
import type { PeerCertificate } from './peer-certificate.js';
import { tlsFailure } from './tls-refusal.js';
import type { LoopMember, LoopReader, TransportLoop } from './transport-loop.js';

/** What the owner of a connection hears of its session; output is the connection's own affair. */
export type ConnectionHandler = Omit<SessionHandler, 'output'>;

/** Gives a new connection its handler; called before the first event. */
export type HandlerFactory = (connection: Connection) => ConnectionHandler;

/** What a connection is made of. */
export interface ConnectionParts {
  /** Connected, TLS included, and not yet read. */
  readonly socket: Socket;
  /** The other end, such as `tcp:192.0.2.1:51234`. */
  readonly remote: string;
  /** What the other end showed; undefined without TLS. */
  readonly certificate?: PeerCertificate | undefined;
  readonly handlerFor: HandlerFactory;
  readonly session: Partial<SessionOptions>;
  readonly loop: TransportLoop;
  /** Called once, when the handshake of OpenFlow is over. */
  readonly onReady?: () => void;
}

/** How long the peer may take to read the last words and to close its side, in milliseconds. */
const LINGER = 1000;
/** Reasons to end a session whose peer does not read: last words would wait for ever. */
const UNREAD = new Set(['output-overflow', 'output-stalled', 'liveness-timeout', 'connection-lost']);

/**
 * One socket and the session that speaks over it. Output is written once a turn of the event loop; while the
 * kernel has not taken all of it, more stays with the session, whose bounds then hold.
 */
export class Connection implements LoopMember, LoopReader {
  readonly session: Session;
  /** The other end, such as `tcp:192.0.2.1:51234`; `unix:` alone for an accepted unix-domain socket. */
  readonly remote: string;
  /** The certificate that the other end showed and proved to have the key of; undefined without TLS. */
  readonly certificate: PeerCertificate | undefined;

  readonly #socket: Socket;
  readonly #loop: TransportLoop;
  readonly #handler: ConnectionHandler;
  readonly #input: InputGate;
  readonly #onReady: (() => void) | undefined;
  readonly #written: (error?: Error | null) => void;
  /** The writer whose bytes the kernel has not taken yet. */
  #inFlight: Writer | undefined;
  #lingerUntil = Number.POSITIVE_INFINITY;

  constructor(parts: ConnectionParts) {
    const { socket, loop } = parts;
    this.#socket = socket;
    this.#loop = loop;
    this.#input = new InputGate(socket);
    this.#onReady = parts.onReady;
    this.remote = parts.remote;
    this.certificate = parts.certificate;
    this.#written = error => this.#onWritten(error);
    this.#handler = parts.handlerFor(this);
    this.session = new Session(
      this.#sessionHandler(),
      { ...parts.session, writers: loop.writers },
      loop.now(),
    );
    socket.setNoDelay(true);
    socket.on('end', () =>
      this.session.close(new SessionError('peer-closed', 'The switch closed the connection.')),
    );
    socket.on('error', cause => this.session.close(lost(cause)));
    socket.on('close', () => this.#onClose());
    socket.resume();
    loop.add(this);
    loop.flushSoon(this);
  }

  /** Ends the session; what it has said already is still sent. */
  close(reason?: SessionError): void {
    this.session.close(reason);
  }

  /** Takes the bytes that the socket has read. A buffer that they do not fill had room for more. */
  received(length: number, buffer: Uint8Array): void {
    this.#loop.read(this, length, buffer);
  }

  receive(length: number, buffer: Uint8Array, now: number): void {
    this.session.receive(buffer, 0, length, now);
    this.#input.received(length, length < buffer.length);
  }

  flush(now: number): void {
    if (this.#inFlight !== undefined) return;
    this.session.tick(now);
    this.#write();
  }

  tick(now: number): void {
    this.#input.tick();
    if (now >= this.#lingerUntil) this.#socket.destroy();
    else if (now >= this.session.deadline) this.session.tick(now);
  }

  #sessionHandler(): SessionHandler {
    const handler = this.#handler;
    return {
      ready: session => {
        this.#onReady?.();
        handler.ready(session);
      },
      packetIn: (session: Session, view: PacketInView) => handler.packetIn(session, view),
      message: (session: Session, message: DecodedMessage) => handler.message(session, message),
      malformed: (session: Session, error: OpenflowError) => handler.malformed?.(session, error),
      output: (_session, urgent) => {
        if (urgent) this.#write();
        else this.#loop.flushSoon(this);
      },
      congested: (session, congested) => this.#congested(session, congested),
      closed: (session, reason) => this.#closed(session, reason),
    };
  }

  #write(): void {
    if (this.#inFlight !== undefined || this.#socket.destroyed || this.#socket.writableEnded) return;
    const writer = this.session.takeOutput();
    if (writer === undefined) return;
    this.#socket.write(writer.buf.subarray(0, writer.pos), this.#written);
    // Nothing left in the socket means that the kernel has copied the bytes.
    if (this.#socket.writableLength === 0) this.#loop.writers.give(writer);
    else this.#inFlight = writer;
  }

  #onWritten(error?: Error | null): void {
    const writer = this.#inFlight;
    if (writer === undefined || error) return;
    this.#inFlight = undefined;
    this.#loop.writers.give(writer);
    this.#write();
  }

  /**
   * A switch that does not read what it is sent is read slowly too: what it sends asks for more answers. Runs
   * within a flush of many connections, which an exception must not stop.
   */
  #congested(session: Session, congested: boolean): void {
    this.#input.throttle(congested);
    try {
      this.#handler.congested?.(session, congested);
    } catch (cause) {
      session.close(new SessionError('handler-failed', 'The handler of congestion failed.', { cause }));
    }
  }

  #closed(session: Session, reason: SessionError): void {
    // What the peer still sends must be read, or the end of the stream would not be seen.
    this.#input.throttle(false);
    if (UNREAD.has(reason.code)) {
      this.#socket.destroy();
    } else {
      const writer = session.takeOutput();
      if (writer !== undefined) this.#socket.write(writer.buf.subarray(0, writer.pos));
      this.#socket.end();
      this.#lingerUntil = this.#loop.now() + LINGER;
    }
    try {
      this.#handler.closed(session, reason);
    } catch (error) {
      process.nextTick(() => {
        throw error;
      });
    }
  }

  #onClose(): void {
    this.#loop.remove(this);
    this.session.close(lost());
  }
}

function lost(cause?: Error): SessionError {
  // A switch may refuse the controller's certificate when TLS seems to be established (RFC 8446 section 4.4.2.4).
  const refusal = cause === undefined ? undefined : tlsFailure(cause);
  if (refusal === undefined) {
    return new SessionError('connection-lost', 'The connection to the switch was lost.', { cause });
  }
  const { message, mend } = refusal;
  const text = `The connection to the switch was lost. ${message}`;
  return new SessionError('connection-lost', text, {
    cause: refusal,
    ...(mend === undefined ? {} : { mend }),
  });
}

import type { Timer } from '../../../../controller/host/clock.js';
import type { Family } from '../address-source.js';
import { ClientError } from '../client-error.js';
import { type HostPort, type QuicheConnection, quiche } from './binding.js';
import { MAX_SEND } from './config.js';
import { faultOf } from './faults.js';
import { HandshakeCopies } from './handshake-copies.js';
import { Hopper, type Hopping } from './hopper.js';
import { LocalSocket } from './local-socket.js';
import type { QuicHandler, QuicOptions } from './options.js';
import { firstLabel, type LocalPath, LocalPaths } from './paths.js';
import { Settling } from './settling.js';
import { Watchdog } from './watchdog.js';

const NO_ERROR = 0x100; // H3_NO_ERROR
/** Silent periods after which another address is tried. */
const ATTEMPTS_PER_PATH = 4;
/**
 * The first datagrams at an address that traffic has moved to: the server's challenges are among them, two at a time, and it
 * closes the connection when it gets no answer to the last two.
 */
const ANSWERED_ALONE = 12;
/**
 * Lost part of what was sent from which on traffic moves with a large datagram. The server then asks with large challenges at
 * once, and goes back when they are not answered, instead of closing; where nothing is lost that would cost time.
 */
const LOSSY = 0.01;
/** Round trips in which the server validates an address that traffic has moved to. */
const FRESH_RTTS = 1.2;

/**
 * One QUIC connection whose address on this end can change at any time. quiche does the protocol; this class owns the
 * sockets and the clock, and `Hopper` the order of a hop.
 */
export class QuicConnection implements Hopping {
  readonly native: QuicheConnection;
  readonly handler: QuicHandler;
  readonly options: QuicOptions;
  readonly paths: LocalPaths;
  /** True once the handshake is done. */
  up = false;
  /** Why the connection ended. */
  ended: ClientError | undefined;
  private readonly hopper = new Hopper(this);
  private readonly out = new Uint8Array(MAX_SEND);
  private readonly watchdog: Watchdog;
  private readonly copies: HandshakeCopies;
  private readonly settling: Settling;
  private timer: Timer | undefined;
  private patience: Timer | undefined;
  private timerAt = Number.POSITIVE_INFINITY;
  private scheduled: NodeJS.Immediate | undefined;
  private movedAt = Number.NEGATIVE_INFINITY;
  /** Datagrams yet to come that are answered one by one. */
  private answersAlone = 0;

  private constructor(
    native: QuicheConnection,
    paths: LocalPaths,
    options: QuicOptions,
    handler: QuicHandler,
  ) {
    this.native = native;
    this.paths = paths;
    this.options = options;
    this.handler = handler;
    this.copies = new HandshakeCopies(options.clock, copy => paths.current.socket?.send(copy));
    this.settling = new Settling(options.clock, () => this.moveAgain());
    this.watchdog = new Watchdog(options.clock, {
      waiting: () => handler.waiting(),
      rtt: () => this.rtt(),
      received: () => native.stats().recv,
      nudge: attempt => this.nudge(attempt),
      lost: () => this.end(new ClientError('connection-lost', 'the server has not answered for too long')),
    });
  }

  /** Takes an address and begins the handshake; `handler` hears of the rest. Rejects with ClientError. */
  static async open(options: QuicOptions, handler: QuicHandler): Promise<QuicConnection> {
    const { remote, serverName, config, clock } = options;
    const family = familyOf(remote);
    let connection: QuicConnection | undefined;
    const held = await options.addresses.take(family);
    const socket: LocalSocket = await LocalSocket.open(held, remote, 0, datagram =>
      connection?.receive(first!, socket, datagram),
    );
    let first: LocalPath | undefined;
    try {
      const label = firstLabel(family);
      const id = new Uint8Array(0); // packets to this end carry no connection ID that could link them
      const native = quiche().Connection.connect(serverName ?? null, id, label, remote, config);
      const paths = new LocalPaths(family, native, remote, socket);
      first = paths.current;
      connection = new QuicConnection(native, paths, options, handler);
    } catch (cause) {
      socket.close();
      throw new ClientError('connect-failed', 'a QUIC connection could not be set up', { cause });
    }
    connection.hopper.watchAddress(first);
    connection.patience = clock.after(options.connectTimeout, () => connection.giveUp());
    connection.flush();
    return connection;
  }

  get closed(): boolean {
    return this.ended !== undefined;
  }

  /** Address from which the next request goes. */
  get address(): string | undefined {
    return this.hopper.next.socket?.held.address;
  }

  /**
   * Makes a fresh address ready, from which the next request goes. Rejects with ClientError when the hop is not made
   * (`HOP_REFUSALS`): the connection then goes on where it is. A hop asked for while one is under way is that hop.
   */
  hop(): Promise<void> {
    return this.hopper.hop(this.options.proveFirst);
  }

  /** True while the server may not have validated the address in use, so that it sends little there. */
  get justMoved(): boolean {
    return this.options.clock.now() - this.movedAt < FRESH_RTTS * this.rtt();
  }

  /** Sends everything that is due; the timer follows. */
  flush(): void {
    if (this.ended !== undefined) return;
    try {
      for (const path of this.paths.sending(this.hopper.candidate)) this.sendOn(path);
    } catch (cause) {
      this.end(faultOf(this.native, cause));
      return;
    }
    if (this.native.isClosed()) this.end(faultOf(this.native));
    else this.arm();
  }

  /** A request was sent: from now on silence is noticed, and a hop may be made. */
  requestSent(): void {
    this.hopper.requestSent();
    this.watchdog.start();
  }

  /** Makes the server answer, so that neither end takes the other for gone. */
  keepAlive(): void {
    if (this.ended !== undefined) return;
    this.speak();
    this.flush();
  }

  /** Closes with an application's code. */
  close(
    code = NO_ERROR,
    error = new ClientError('connection-closed', 'this end closed the connection'),
  ): void {
    if (this.ended !== undefined) return;
    try {
      this.native.close(true, code, new Uint8Array(0));
    } catch {
      // It was closing already.
    }
    this.flush();
    this.end(error);
  }

  /** A datagram came to the socket that a path had when it was opened. */
  receive(opened: LocalPath, socket: LocalSocket, datagram: Uint8Array): void {
    if (this.ended !== undefined) return;
    this.settling.heard(socket, socket === this.paths.current.socket);
    // Its label may have another socket by now, on an address that the server knows nothing of: what is late is taken for the
    // path in use then, since some servers send nothing again that was lost on a path that was left.
    const path = opened.socket === socket ? opened : this.paths.current;
    const before = this.hopper.candidate === path ? this.received(path) : undefined;
    try {
      this.native.recv(datagram, { from: this.options.remote, to: path.label });
    } catch (cause) {
      if (this.native.isClosed() || this.native.localError() !== null) {
        this.flush();
        this.end(faultOf(this.native, cause));
        return;
      }
      // A datagram that is not this connection's, or that is malformed, is dropped (RFC 9000 section 10.3).
    }
    this.watchdog.heard();
    path.due = 1;
    // What the server sends to an address that traffic has not moved to is its answer to the challenge. (quiche reports a
    // path as validated once only, and a label can have been used before.)
    if (before !== undefined && this.received(path) > before) this.hopper.proven(true);
    if (path === this.paths.current && this.answersAlone > 0) {
      this.answersAlone--;
      this.flush();
    }
    // Whatever arrives in one turn of the event loop is answered together.
    this.scheduled ??= setImmediate(() => {
      this.scheduled = undefined;
      this.process();
    });
  }

  private sendOn(path: LocalPath): void {
    // Where traffic is not, quiche also asks for what it has not heard of (RFC 9002 section 6.2.4): that is dropped, since
    // it is no probing packet, and a server follows it there (RFC 9000 section 9.1).
    let due = this.paths.carriesTraffic(path) ? Number.POSITIVE_INFINITY : path.due;
    path.due = 0;
    for (;;) {
      const sent = this.native.sendOnPath(this.out, path.label, this.options.remote);
      if (sent === null) return;
      if (due-- <= 0) continue;
      const datagram = this.out.subarray(0, sent[0]);
      path.socket?.send(datagram);
      this.copies.keep(datagram);
    }
  }

  /** Packets that were received on a path and could be decrypted. */
  private received(path: LocalPath): number {
    return this.native.pathStats().find(({ localHost }) => localHost.port === path.label.port)?.recv ?? 0;
  }

  /** Milliseconds, as measured on the path in use. */
  rtt(): number {
    return this.native.pathStats().find(path => path.active)?.rtt ?? 0;
  }

  waiting(): boolean {
    return this.handler.waiting();
  }

  moved(left: LocalSocket | undefined): void {
    this.movedAt = this.options.clock.now();
    this.answersAlone = ANSWERED_ALONE;
    this.settling.moved(left);
    if (!this.speak()) {
      this.revive();
      this.speak();
    }
    const { lost, sent } = this.native.stats();
    if (lost > LOSSY * sent) this.handler.nudge();
    this.handler.hopped(true);
    this.flush();
  }

  notMoved(): void {
    this.handler.hopped(false);
  }

  /**
   * quiche gives a path up when challenges were lost there, also the one in use, and then takes another, which may have no
   * socket. Whether the path in use is dead is for the watchdog to say: a challenge makes quiche take it again.
   */
  private revive(): void {
    const { current } = this.paths;
    this.paths.challengeAgain(current);
    this.sendOn(current);
    this.native.migrateSource(current.label);
  }

  /** Once something was lost: a challenge of the server may be what was. */
  private moveAgain(): boolean {
    if (this.ended !== undefined || this.native.stats().lost === 0) return false;
    this.hopper.move(true);
    return true;
  }

  private process(): void {
    if (this.ended !== undefined) return;
    if (!this.up && this.native.isEstablished()) {
      this.up = true;
      this.patience?.cancel();
      this.copies.answered();
      this.handler.established();
    }
    this.pathEvents();
    if (this.up && this.ended === undefined) {
      // Which come when the server has all of the handshake.
      if (this.native.availableDcids() > 0) this.copies.stop();
      if (this.options.hops) this.paths.acquaint();
      for (const id of this.native.readable()) this.handler.readable(id);
      for (const id of this.native.writable()) this.handler.writable(id);
      this.handler.progressed();
      if (this.ended === undefined) this.hopper.giveBack();
    }
    // The server has closed the connection; quiche would wait until the last packets have drained, for seconds maybe.
    if (this.native.peerError() !== null) this.end(faultOf(this.native));
    else this.flush();
  }

  private pathEvents(): void {
    for (let event = this.native.pathEventNext(); event !== null; event = this.native.pathEventNext()) {
      this.paths.acquainted(event.local);
      const proven = event.type === 'Validated' && event.local.port === this.hopper.candidate?.label.port;
      if (proven) this.hopper.proven(true);
    }
  }

  private arm(): void {
    const left = this.native.timeout();
    if (left === null) return;
    const { clock } = this.options;
    const at = clock.now() + left;
    if (this.timer !== undefined && this.timerAt <= at) return;
    this.timer?.cancel();
    this.timerAt = at;
    this.timer = clock.after(Math.max(left, 1), () => {
      this.timer = undefined;
      if (this.ended !== undefined) return;
      if (this.native.timeout() === 0) this.timedOut();
      this.process();
    });
  }

  private timedOut(): void {
    this.native.onTimeout();
    if (this.native.isClosed()) return;
    const active = this.native.pathStats().find(path => path.active);
    if (active?.localHost.port === this.paths.current.label.port) return;
    try {
      this.revive();
    } catch (cause) {
      this.end(faultOf(this.native, cause));
    }
  }

  /** Nothing has come for a while: makes both ends speak, and in the end tries another address. */
  private nudge(attempt: number): void {
    if (this.ended !== undefined || !this.up) return;
    this.speak();
    // Once for each path: more would fill the congestion window, so that nothing could be sent any more.
    if (attempt % ATTEMPTS_PER_PATH === 1) this.handler.nudge();
    this.flush();
    if (attempt % ATTEMPTS_PER_PATH === 0) this.hopper.move(false);
  }

  /** False when quiche has given up the path in use. */
  private speak(): boolean {
    try {
      this.native.sendAckEliciting();
      return true;
    } catch {
      return false;
    }
  }

  private giveUp(): void {
    if (this.up || this.ended !== undefined) return;
    this.end(new ClientError('connect-timeout', 'the server did not finish a QUIC handshake in time'));
  }

  end(error: ClientError): void {
    if (this.ended !== undefined) return;
    this.ended = error;
    this.timer?.cancel();
    this.patience?.cancel();
    this.watchdog.stop();
    this.copies.stop();
    this.settling.stop();
    if (this.scheduled !== undefined) clearImmediate(this.scheduled);
    this.hopper.stop();
    this.paths.closeAll();
    this.handler.closed(error);
  }
}

function familyOf(remote: HostPort): Family {
  return remote.host.includes(':') ? 6 : 4;
}

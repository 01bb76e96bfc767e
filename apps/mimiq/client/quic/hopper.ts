import type { Timer } from '../../../../controller/host/clock.js';
import { ClientError } from '../client-error.js';
import type { QuicheConnection } from './binding.js';
import { LocalSocket } from './local-socket.js';
import type { QuicOptions } from './options.js';
import type { LocalPath, LocalPaths } from './paths.js';

/** What a hop needs of its connection. */
export interface Hopping {
  readonly native: QuicheConnection;
  readonly paths: LocalPaths;
  readonly options: QuicOptions;
  /** Why the connection ended. */
  readonly ended: ClientError | undefined;
  /** True once the handshake is done. */
  readonly up: boolean;
  rtt(): number;
  receive(path: LocalPath, socket: LocalSocket, datagram: Uint8Array): void;
  flush(): void;
  /** True while an answer is waited for. */
  waiting(): boolean;
  /** Traffic has moved away from `left`: what is sent next goes from the new address. Throws when quiche cannot go on. */
  moved(left: LocalSocket | undefined): void;
  /** The address that traffic was to move to is gone already. */
  notMoved(): void;
  /** The connection cannot go on. */
  end(error: ClientError): void;
}

/** A proven path that nothing has been sent on yet. */
interface Ready {
  readonly path: LocalPath;
  timer: Timer | undefined;
  /** Traffic moves when the timer ends. */
  leaving: boolean;
}

/** Round trips after which what was sent on a path that was left has arrived. */
const REST_RTTS = 2;
/** Milliseconds that a proven path waits for a request at least, while a response is under way. */
const LEAST_WAIT = 5;
/** How long an answer to a challenge is waited for: milliseconds, and round trips on top. */
const LEAST_PATIENCE = 100;
const PATIENCE_RTTS = 8;
/** When a challenge is sent again. */
const LEAST_RETRY = 10;
const RETRY_RTTS = 1.5;
/** Milliseconds after a request when traffic moves. */
const AFTER_REQUEST = 1;
/** Part of a round trip after a request in which traffic may still move before its answer has come. */
const JUST_ASKED = 0.3;

/**
 * The order of a hop: a fresh socket on a fresh address, a path that the server has answered, only then the move; the old
 * socket lingers for what is in flight. A hop that would link two addresses is not made.
 */
export class Hopper {
  private readonly connection: Hopping;
  private hopping: Promise<void> | undefined;
  /** The path whose challenge is out, and what to tell the hop that waits for it. */
  private proving: { path: LocalPath; done: (ok: boolean) => void } | undefined;
  private ready: Ready | undefined;
  private requestedAt = Number.NEGATIVE_INFINITY;

  constructor(connection: Hopping) {
    this.connection = connection;
  }

  /** The path that a challenge was sent on. */
  get candidate(): LocalPath | undefined {
    return this.proving?.path;
  }

  /** The path that the next request takes. */
  get next(): LocalPath {
    return this.ready?.path ?? this.connection.paths.current;
  }

  /**
   * With `validate` the path is proven before traffic moves to it, at the next request; otherwise traffic moves at once and
   * proves it. Rejects with ClientError when the hop is not made. A hop asked for while one is under way is that hop.
   */
  hop(validate: boolean): Promise<void> {
    if (this.ready !== undefined) {
      if (!validate) this.moveNow();
      return Promise.resolve();
    }
    this.hopping ??= this.prepare(validate).finally(() => {
      this.hopping = undefined;
    });
    return this.hopping;
  }

  /** The same, and traffic moves without waiting for a request. A hop that is refused is not made. */
  move(validate: boolean): void {
    this.hop(validate).then(
      () => this.moveNow(),
      () => undefined,
    );
  }

  /** The server answered, or did not answer, on the candidate. */
  proven(ok: boolean): void {
    this.proving?.done(ok);
  }

  /**
   * A request was just sent on the old path: traffic moves as soon as the server has begun to answer there. Until the server
   * has validated an address itself, it may send little to it; this way that takes place while the answer is under way.
   */
  requestSent(): void {
    const { clock } = this.connection.options;
    this.requestedAt = clock.now();
    const { ready } = this;
    if (ready === undefined || ready.leaving) return;
    ready.leaving = true;
    ready.timer?.cancel();
    ready.timer = clock.after(AFTER_REQUEST, () => this.moveNow());
  }

  /** Connection IDs of paths that were left go back, as the supply of spare ones needs it. */
  giveBack(): void {
    const { paths, options } = this.connection;
    paths.giveBack(options.clock.now() - REST_RTTS * this.connection.rtt());
  }

  /** Leaves an address whose lease is about to end; where that fails the socket closes by itself at the end. */
  watchAddress(path: LocalPath): void {
    const { ending, ended } = path.socket!.held;
    const inUse = () => this.connection.ended === undefined && this.connection.paths.current === path;
    const leave = () => {
      if (inUse()) this.move(true);
    };
    const flee = () => {
      if (inUse()) void this.escape(path);
    };
    if (ended.aborted) flee();
    else ended.addEventListener('abort', flee, { once: true });
    if (ending.aborted) leave();
    else ending.addEventListener('abort', leave, { once: true });
  }

  /** The connection has ended. */
  stop(): void {
    this.ready?.timer?.cancel();
    this.proven(false);
  }

  private async prepare(validate: boolean): Promise<void> {
    const { connection } = this;
    const { paths, options } = connection;
    this.mayHop();
    const held = await options.addresses.take(options.remote.host.includes(':') ? 6 : 4);
    const port = options.freshPort ? 0 : (paths.current.socket?.port ?? 0);
    let path: LocalPath | undefined;
    const socket: LocalSocket = await LocalSocket.open(held, options.remote, port, datagram => {
      if (path !== undefined) connection.receive(path, socket, datagram);
    });
    try {
      this.mayHop();
      path = paths.take(socket);
      if (path === undefined) throw noSpare();
      if (validate && !(await this.prove(path))) {
        throw new ClientError('path-unreachable', 'the server did not answer at a fresh address');
      }
      if (connection.ended !== undefined) throw connection.ended;
    } catch (error) {
      socket.close();
      if (path !== undefined) paths.leave(path, options.clock.now());
      if (error instanceof ClientError) throw error;
      throw new ClientError('path-unreachable', 'a hop failed', { cause: error });
    }
    this.ready = { path, timer: undefined, leaving: false };
    if (validate) this.awaitTraffic(this.ready);
    else this.moveNow();
  }

  /** Sends a challenge from the path's socket; false when it is not answered in time. */
  private prove(path: LocalPath): Promise<boolean> {
    const { options, paths } = this.connection;
    return new Promise(resolve => {
      const patience = Math.min(options.pathTimeout, LEAST_PATIENCE + PATIENCE_RTTS * this.connection.rtt());
      const timer = options.clock.after(patience, () => done(false));
      const again = options.clock.every(LEAST_RETRY + RETRY_RTTS * this.connection.rtt(), () => {
        paths.challengeAgain(path);
        this.connection.flush();
      });
      const done = (ok: boolean) => {
        timer.cancel();
        again.cancel();
        this.proving = undefined;
        resolve(ok);
      };
      this.proving = { path, done };
      this.connection.flush();
    });
  }

  /** Where no request comes while a response is under way, a proven path is used from then on. */
  private awaitTraffic(ready: Ready): void {
    const { options } = this.connection;
    const rtt = this.connection.rtt();
    const justAsked = options.clock.now() - this.requestedAt < rtt * JUST_ASKED;
    const patience = justAsked ? AFTER_REQUEST : Math.max(LEAST_WAIT, rtt);
    ready.timer = options.clock.after(patience, () => {
      if (this.connection.waiting()) this.moveNow();
    });
  }

  /** Moves to the path that waits, if one does. */
  private moveNow(): void {
    const { ready, connection } = this;
    if (ready === undefined || connection.ended !== undefined) return;
    this.ready = undefined;
    ready.timer?.cancel();
    const { paths, options } = connection;
    const now = options.clock.now();
    if (ready.path.socket?.isOpen !== true) {
      this.drop(ready);
      return;
    }
    try {
      // The socket, not the path: its label may be in use again by then.
      const { socket } = paths.moveTo(ready.path, now);
      options.clock.after(options.linger, () => socket?.close());
      this.watchAddress(ready.path);
      connection.moved(socket);
    } catch (cause) {
      const text = 'the address that traffic moved to cannot be used';
      connection.end(new ClientError('connection-lost', text, { cause }));
    }
  }

  /** Gives up a path that waits. */
  private drop(ready: Ready): void {
    const { connection } = this;
    if (this.ready === ready) this.ready = undefined;
    ready.timer?.cancel();
    ready.path.socket?.close();
    connection.paths.leave(ready.path, connection.options.clock.now());
    connection.notMoved();
  }

  /** The address in use cannot be used any more: moves without asking on the old path, or ends the connection. */
  private async escape(path: LocalPath): Promise<void> {
    const { connection } = this;
    try {
      await this.hopping?.catch(() => undefined);
      this.moveNow();
      if (connection.paths.current === path) await this.hop(false);
    } catch (cause) {
      const text = 'the address in use ended and no other could be used';
      connection.end(new ClientError('address-ended', text, { cause }));
    }
  }

  /** Throws ClientError when a hop would link two addresses, or when the server does not want hops. */
  private mayHop(): void {
    const { ended, up, native, paths } = this.connection;
    if (ended !== undefined) throw ended;
    if (!up)
      throw new ClientError('path-unreachable', 'a connection cannot hop before its handshake is done');
    if (native.stats().peerDisableActiveMigration) {
      throw new ClientError(
        'migration-disabled',
        'the server does not allow the client to change its address',
      );
    }
    this.giveBack();
    if (paths.spares === 0) throw noSpare();
  }
}

function noSpare(): ClientError {
  const text = 'the server has given no connection ID that another address could use unlinkably';
  return new ClientError('no-spare-connection-id', text, { mend: 'hop less often' });
}

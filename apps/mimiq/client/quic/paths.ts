import type { Family } from '../address-source.js';
import type { HostPort, QuicheConnection } from './binding.js';
import type { LocalSocket } from './local-socket.js';

/** One path as quiche sees it: a label for this end's address, and the server's connection ID that belongs to it. */
export interface LocalPath {
  /** What quiche takes for the local address. No packet carries it. */
  readonly label: HostPort;
  /** Sequence number of its destination connection ID. */
  sequence: number;
  /** The socket behind the label; undefined while nothing is sent there. */
  socket: LocalSocket | undefined;
  /** When the connection left it, by the connection's clock. */
  leftAt: number;
  /** Datagrams that may be sent where traffic is not: a challenge that was asked for, an answer to what came. */
  due: number;
}

/** Labels, and connection IDs of the server that they are used with. */
export const PATHS = 8;
/**
 * Connection IDs that quiche takes from the server, and paths that it keeps: it uses one number for both. More than there are
 * labels: one that was given back counts anew when the server, which has not heard of that, repeats it.
 */
export const ID_LIMIT = 12;
/** Connection IDs that were given back and that a server may still repeat. */
const REMEMBERED = 256;
/** Spare connection IDs below which a path that was left gives its own back early. */
const FEW_SPARES = 4;

/** Labels that are made acquainted with the server: as many as hops one round trip apart need. */
const ACQUAINTED = 4;

const HOSTS: Record<Family, string> = { 4: '192.0.2.1', 6: '2001:db8::1' };

/** The label of a connection's first path. */
export function firstLabel(family: Family): HostPort {
  return { host: HOSTS[family], port: 1 };
}

/**
 * The paths of one connection. quiche keeps every path that it was ever shown, binds each new connection ID to the first of
 * them that has none, and would answer challenges there, also where the connection left long ago: one connection ID at two
 * addresses. So it is shown a few labels only, sends on none but those that have a socket, and a label is used again, with
 * a fresh socket on a fresh address, when a connection ID that no packet has carried is bound to it.
 */
export class LocalPaths {
  current: LocalPath;
  private readonly connection: QuicheConnection;
  private readonly remote: HostPort;
  private readonly host: string;
  private readonly all: LocalPath[];
  /** Left, with the connection IDs that were used there; the oldest first. */
  private readonly left: LocalPath[] = [];
  /** Those whose connection ID was given back; they have a fresh one, or get one when the server sends it. */
  private readonly idle: LocalPath[] = [];
  /** Being made acquainted with the server. */
  private readonly meeting: LocalPath[] = [];
  /** Sequence numbers of connection IDs that were given back, the last ones. */
  private readonly given = new Set<number>();
  /** Every socket that may be open. */
  private readonly sockets = new Set<LocalSocket>();

  /** `connection` was made with `firstLabel(family)`. */
  constructor(family: Family, connection: QuicheConnection, remote: HostPort, socket: LocalSocket) {
    this.host = HOSTS[family];
    this.connection = connection;
    this.remote = remote;
    this.current = { label: firstLabel(family), sequence: 0, socket, leftAt: 0, due: 0 };
    this.all = [this.current];
    this.sockets.add(socket);
  }

  /** Connection IDs that a hop could use now. */
  get spares(): number {
    const bound = this.idle.filter(path => this.request(path)).length;
    return bound + Math.min(this.connection.availableDcids(), PATHS - this.all.length);
  }

  /** Paths on which something may be sent now: the one in use, `proving`, and those left, for late challenges. */
  *sending(proving: LocalPath | undefined): Iterable<LocalPath> {
    yield this.current;
    if (proving !== undefined) yield proving;
    yield* this.meeting;
    for (const path of this.left) if (path.socket?.isOpen) yield path;
  }

  /**
   * Has labels validated from the address in use, with connection IDs that are given back right after. quiche fills up the
   * first challenges of a label; from a fresh address that would show, and ngtcp2 would answer with full datagrams, which it
   * paces as if a round trip took 333 ms. To be called whenever connection IDs may have come.
   */
  acquaint(): void {
    while (this.all.length <= ACQUAINTED) {
      const path = this.unusedLabel();
      if (path === undefined) return;
      path.socket = this.current.socket;
      this.meeting.push(path);
    }
  }

  /** quiche has something to say about the path of `label`: its acquaintance is made, or cannot be. */
  acquainted(label: HostPort): void {
    const index = this.meeting.findIndex(path => path.label.port === label.port);
    if (index >= 0) this.rest(this.meeting.splice(index, 1)[0]!);
  }

  /**
   * Puts `socket` behind a label whose connection ID no packet has carried, and asks for a challenge there; undefined when
   * the server has given no such connection ID.
   */
  take(socket: LocalSocket): LocalPath | undefined {
    const path = this.idle.find(candidate => this.request(candidate)) ?? this.unusedLabel();
    if (path === undefined) return undefined;
    const index = this.idle.indexOf(path);
    if (index >= 0) this.idle.splice(index, 1);
    path.socket = socket;
    for (const old of this.sockets) if (!old.isOpen) this.sockets.delete(old);
    this.sockets.add(socket);
    return path;
  }

  /** True for the path in use, and for labels that share its socket. */
  carriesTraffic(path: LocalPath): boolean {
    return path.socket === this.current.socket;
  }

  /** Asks for another challenge on a path that was taken. */
  challengeAgain(path: LocalPath): void {
    this.request(path);
  }

  /** Traffic moves to `path`; the path that it came from is returned. */
  moveTo(path: LocalPath, now: number): LocalPath {
    const old = this.current;
    this.connection.migrateSource(path.label);
    this.current = path;
    this.leave(old, now);
    return old;
  }

  /** Nothing is sent on the path any more but answers to challenges. */
  leave(path: LocalPath, now: number): void {
    path.leftAt = now;
    this.left.push(path);
  }

  /**
   * Gives back connection IDs of paths that were left and whose sockets are closed; when few are spare, also of the oldest
   * that was left before `before`.
   */
  giveBack(before: number): void {
    for (const path of [...this.left]) {
      // An answer that is still owed there would be sent from where the label is used next.
      const rested = path.leftAt < before && path.due === 0;
      if (!path.socket?.isOpen || (rested && this.spares < FEW_SPARES)) this.retire(path);
    }
  }

  closeAll(): void {
    for (const socket of this.sockets) socket.close();
  }

  private retire(path: LocalPath): void {
    this.left.splice(this.left.indexOf(path), 1);
    this.rest(path);
  }

  private rest(path: LocalPath): void {
    path.socket = undefined;
    this.idle.push(path);
    try {
      this.giveUp(path.sequence);
    } catch {
      // The server had it retired already.
    }
  }

  private giveUp(sequence: number): void {
    this.connection.retireDestinationCid(sequence);
    this.given.add(sequence);
    if (this.given.size > REMEMBERED) this.given.delete(this.given.values().next().value!);
  }

  private unusedLabel(): LocalPath | undefined {
    if (this.connection.availableDcids() === 0 || this.all.length >= PATHS) return undefined;
    const label = { host: this.host, port: this.all.length + 1 };
    const path: LocalPath = { label, sequence: 0, socket: undefined, leftAt: 0, due: 0 };
    if (!this.request(path)) return undefined;
    this.all.push(path);
    return path;
  }

  /**
   * Asks for a challenge, which is sent when the path has a socket; false when the path has no connection ID. quiche takes one
   * that the server repeats after it was given back for a fresh one, also binds it to a path, and never returns from sending there
   * while the server is still to be told that it was given back.
   */
  private request(path: LocalPath): boolean {
    try {
      path.sequence = this.connection.probePath(path.label, this.remote);
      while (this.given.has(path.sequence)) {
        this.giveUp(path.sequence);
        path.sequence = this.connection.probePath(path.label, this.remote);
      }
      path.due = 1;
      return true;
    } catch {
      return false;
    }
  }
}

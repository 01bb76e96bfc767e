import type { HostPort, ServerNative } from '../client/quic/binding.js';
import { MAX_SEND } from '../client/quic/config.js';
import type { ClientLabels } from './client-labels.js';

/** What one connection's end at the server sends, and where: on the path in use, and on those that the client has left. */
export class Outgoing {
  private readonly native: ServerNative;
  private readonly local: HostPort;
  private readonly labels: ClientLabels;
  private readonly send: (bytes: Uint8Array, to: HostPort) => void;
  private readonly buffer = new Uint8Array(MAX_SEND);
  /** The datagram that was sent last. */
  last: Uint8Array | undefined;

  constructor(
    native: ServerNative,
    local: HostPort,
    labels: ClientLabels,
    send: (bytes: Uint8Array, to: HostPort) => void,
  ) {
    this.native = native;
    this.local = local;
    this.labels = labels;
    this.send = send;
  }

  /** Sends everything that is due. Throws Error when quiche cannot go on. */
  flush(): void {
    this.onLeft();
    for (let sent = this.native.send(this.buffer); sent !== null; sent = this.native.send(this.buffer)) {
      this.put(sent[0], sent[1].to);
    }
  }

  /**
   * Sends what is due on paths that were left. That is their probes (RFC 9002 section 6.2.4), which quiche sends by itself only on
   * the path in use: their acknowledgements tell it what was lost there. And it is new connection IDs: here they go without data of
   * streams. What comes with such data quiche repeats when an acknowledgement is late; if a repeated one is lost when the client has
   * given the connection ID back, quiche can send nothing any more.
   */
  onLeft(): void {
    for (const label of this.labels.left) {
      try {
        this.on(label);
      } catch {
        // quiche has forgotten the path.
      }
    }
  }

  /**
   * quiche takes a path that it has given up for active when the client moves there: one where three challenges were not answered in
   * time, or one that had used up what may be sent to an address that is not validated. The next packet would close the connection
   * (`InvalidState`). A challenge makes it a path that is being validated; where none can be sent, quiche takes a validated one.
   */
  revive(): void {
    const { native, local } = this;
    if (!native.isEstablished() || native.sendQuantum() > 0) return;
    const active = native.pathStats().find(path => path.active);
    if (active === undefined) return;
    native.probePath(local, active.peerHost);
    this.on(active.peerHost);
    if (native.sendQuantum() > 0) return;
    if (native.pathStats().some(path => native.isPathValidated(local, path.peerHost))) native.onTimeout();
  }

  private on(label: HostPort): void {
    const next = () => this.native.sendOnPath(this.buffer, this.local, label);
    for (let sent = next(); sent !== null; sent = next()) this.put(sent[0], label);
  }

  private put(length: number, label: HostPort): void {
    this.last = this.buffer.slice(0, length);
    this.send(this.last, this.labels.realOf(label));
  }
}

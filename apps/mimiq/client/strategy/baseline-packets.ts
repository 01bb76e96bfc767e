/** Payload of a full QUIC packet, as the count assumes it. */
const PACKET = 1200;

/**
 * Counts the packets that this end would have sent had it never hopped: one for each full or last packet of a request, and
 * one acknowledgement for every two full packets received. (The paper's request of 2.7 kB is two.) Packets on the wire are
 * not counted, because probes of new paths would then cause hops.
 */
export class BaselinePackets {
  private sent = 0;
  private received = 0;

  get count(): number {
    return this.sent + Math.floor(this.received / (2 * PACKET));
  }

  /** Bytes of one message, or of one part of it. */
  send(bytes: number): void {
    this.sent += Math.max(1, Math.ceil(bytes / PACKET));
  }

  receive(bytes: number): void {
    this.received += bytes;
  }
}

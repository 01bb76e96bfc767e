/** What a strategy knows of one connection. Packets are baseline packets: see `BaselinePackets`. */
export interface Progress {
  /** Since the connection began. */
  readonly packets: number;
  /** Since the last hop, or since the connection began. */
  readonly packetsHere: number;
  readonly hops: number;
  /** Milliseconds since the connection began, and since the last hop. */
  readonly age: number;
  readonly ageHere: number;
}

/** A connection that the controller began and a tenant is to go on with (4.2, step ii), nothing of it sent yet. */
export interface RestoredConnection {
  readonly family: 4 | 6;
  /** As the tenant sees them, after the switch's translation; addresses as text. */
  readonly tenant: { readonly address: string; readonly port: number };
  readonly client: { readonly address: string; readonly port: number };
  /** Sequence numbers of the first byte of either side: the initial one + 1. */
  readonly sendSequence: number;
  readonly receiveSequence: number;
  /** TSval that the tenant goes on with, above that of the SYN-ACK; undefined: no timestamps were agreed on. */
  readonly tsval: number | undefined;
  readonly sackPermitted: boolean;
  /** undefined: none was agreed on. */
  readonly windowScale: { readonly client: number; readonly tenant: number } | undefined;
  /** Of the client. */
  readonly mss: number;
  /** Bytes, after scaling. */
  readonly clientWindow: number;
  /** Bytes that the SYN-ACK offered. */
  readonly offeredWindow: number;
}

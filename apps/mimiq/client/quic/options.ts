import type { Clock } from '../../../../controller/host/clock.js';
import type { AddressSource } from '../address-source.js';
import type { ClientError } from '../client-error.js';
import type { HostPort, QuicheConfig } from './binding.js';

export interface QuicOptions {
  readonly remote: HostPort;
  /** Name for SNI and for the certificate; undefined for a server that is named by its address. */
  readonly serverName: string | undefined;
  readonly config: QuicheConfig;
  readonly addresses: AddressSource;
  readonly clock: Clock;
  /** Milliseconds until a handshake is given up. */
  readonly connectTimeout: number;
  /** Milliseconds that an old socket still receives what was in flight. */
  readonly linger: number;
  /** Milliseconds after which an address that the server does not answer is given up at the latest. */
  readonly pathTimeout: number;
  /** False for a connection that is never going to hop. */
  readonly hops: boolean;
  /** Whether every hop also takes a fresh UDP port. */
  readonly freshPort: boolean;
  /** Whether traffic moves to an address only when the server has answered there; otherwise it proves it. */
  readonly proveFirst: boolean;
}

export interface QuicHandler {
  /** The handshake is done. */
  established(): void;
  readable(stream: number): void;
  writable(stream: number): void;
  /** Called after each batch of datagrams. */
  progressed(): void;
  /** The connection has moved, and what is sent next goes from the new address; or, false, it was too late for that. */
  hopped(made: boolean): void;
  /** Silence: what is sent now makes the server speak, and lifts what it may send to an address not yet validated. */
  nudge(): void;
  /** True while an answer is waited for. */
  waiting(): boolean;
  closed(error: ClientError): void;
}

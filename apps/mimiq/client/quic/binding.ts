import { createRequire } from 'node:module';
import { ClientError } from '../client-error.js';

/**
 * quiche as the N-API module inside @matrixai/quic's platform package exposes it: exactly what is used here. Methods
 * throw Error with quiche's name of the error as the message; "Done" is null or -1.
 */
export interface HostPort {
  host: string;
  port: number;
}

export interface QuicheConfig {
  grease(grease: boolean): void;
  setMaxIdleTimeout(milliseconds: number): void;
  setMaxRecvUdpPayloadSize(size: number): void;
  setMaxSendUdpPayloadSize(size: number): void;
  setInitialMaxData(bytes: number): void;
  setInitialMaxStreamDataBidiLocal(bytes: number): void;
  setInitialMaxStreamDataBidiRemote(bytes: number): void;
  setInitialMaxStreamDataUni(bytes: number): void;
  setInitialMaxStreamsBidi(count: number): void;
  setInitialMaxStreamsUni(count: number): void;
  setMaxConnectionWindow(bytes: number): void;
  setMaxStreamWindow(bytes: number): void;
  setActiveConnectionIdLimit(count: number): void;
  setDisableActiveMigration(disable: boolean): void;
  setApplicationProtos(protocols: string[]): void;
  setCcAlgorithmName(name: string): void;
  enablePacing(enable: boolean): void;
  enableHystart(enable: boolean): void;
}

export interface PathEvent {
  type: 'New' | 'Validated' | 'FailedValidation' | 'Closed' | 'ReusedSourceConnectionId' | 'PeerMigrated';
  local: HostPort;
}

export interface PathStats {
  localHost: HostPort;
  peerHost: HostPort;
  active: boolean;
  /** Packets that were received on it. */
  recv: number;
  /** Milliseconds. */
  rtt: number;
  cwnd: number;
  lost: number;
}

export interface ConnectionStats {
  recv: number;
  sent: number;
  lost: number;
  peerDisableActiveMigration: boolean;
}

export interface ConnectionFault {
  isApp: boolean;
  errorCode: number;
  reason: Uint8Array;
}

export interface QuicheConnection {
  recv(datagram: Uint8Array, info: { from: HostPort; to: HostPort }): number;
  sendOnPath(
    into: Uint8Array,
    from: HostPort,
    to: HostPort,
  ): [length: number, info: { from: HostPort; to: HostPort }] | null;
  timeout(): number | null;
  onTimeout(): void;
  streamRecv(id: number, into: Uint8Array): [length: number, end: boolean] | null;
  streamSend(id: number, bytes: Uint8Array, end: boolean): number | null;
  streamShutdown(id: number, direction: number, code: number): void;
  readable(): Iterable<number>;
  writable(): Iterable<number>;
  peerStreamsLeftBidi(): number;
  probePath(local: HostPort, peer: HostPort): number;
  migrateSource(local: HostPort): number;
  retireDestinationCid(sequence: number): void;
  availableDcids(): number;
  pathEventNext(): PathEvent | null;
  pathStats(): PathStats[];
  sendAckEliciting(): void;
  applicationProto(): Uint8Array;
  peerCertChain(): Uint8Array[] | null;
  isEstablished(): boolean;
  isDraining(): boolean;
  isClosed(): boolean;
  isTimedOut(): boolean;
  peerError(): ConnectionFault | null;
  localError(): ConnectionFault | null;
  stats(): ConnectionStats;
  close(app: boolean, code: number, reason: Uint8Array): void;
}

/** What only a server uses. */
export interface ServerNative
  extends Pick<
    QuicheConnection,
    | 'recv'
    | 'sendOnPath'
    | 'timeout'
    | 'onTimeout'
    | 'streamRecv'
    | 'streamSend'
    | 'streamShutdown'
    | 'readable'
    | 'writable'
    | 'pathStats'
    | 'probePath'
    | 'localError'
    | 'isEstablished'
    | 'isClosed'
    | 'close'
  > {
  send(into: Uint8Array): [length: number, info: { from: HostPort; to: HostPort }] | null;
  /** `token` has 128 bits. */
  newSourceCid(id: Uint8Array, token: bigint, retireIfNeeded: boolean): number;
  sourceCidsLeft(): number;
  /** 0 while quiche takes no path for active that it has not given up. */
  sendQuantum(): number;
  /** Throws where there is no such path. */
  isPathValidated(local: HostPort, peer: HostPort): boolean;
  retiredScidNext(): Uint8Array | null;
}

export interface Quiche {
  Header: {
    /** `idLength` is the length of connection IDs in short headers. */
    fromSlice(datagram: Uint8Array, idLength: number): { ty: number; version: number; dcid: Uint8Array };
  };
  Config: {
    withBoringSslCtx(
      verifyPeer: boolean,
      allowFailure: boolean,
      authorities?: Uint8Array | null,
      keys?: Uint8Array[] | null,
      certificates?: Uint8Array[] | null,
      signatureAlgorithms?: string | null,
    ): QuicheConfig;
  };
  Connection: {
    connect(
      serverName: string | null,
      sourceId: Uint8Array,
      local: HostPort,
      remote: HostPort,
      config: QuicheConfig,
    ): QuicheConnection;
    accept(
      sourceId: Uint8Array,
      originalId: Uint8Array | null,
      local: HostPort,
      remote: HostPort,
      config: QuicheConfig,
    ): ServerNative;
  };
}

let loaded: Quiche | undefined;

/** Throws ClientError `binding-missing` where no binary was published for this machine, or it was not installed. */
export function quiche(): Quiche {
  if (loaded !== undefined) return loaded;
  const name = `@matrixai/quic-${process.platform}-${process.arch}`;
  try {
    loaded = createRequire(import.meta.url)(name) as Quiche;
    return loaded;
  } catch (cause) {
    throw new ClientError('binding-missing', `QUIC needs the package ${name}, which does not load`, {
      mend: 'run npm install with optional packages, on Linux on x64',
      cause,
    });
  }
}

import type { AddressInfo, Socket } from 'node:net';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import { type Clock, systemClock } from '../../../../controller/host/index.js';
import { Anteroom } from './anteroom.js';
import { domainOfAgent } from './control-authority.js';
import { serveEnrolment } from './enrol-connection.js';

export interface AgentListenerOptions {
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
  /** The controller's own; see `control-authority.ts`. */
  readonly certificatePem: string;
  readonly keyPem: string;
  /** Certificate of the authority that agents' certificates are from. */
  readonly authorityPem: string;
  /** Whether the domain is a tenant of this cloud. */
  isTenant(domain: string): boolean;
  /** For those without a certificate: whether anybody is invited, and the certificate for an invitation. */
  readonly enrolment?: {
    isOpen(): boolean;
    enrol(secret: Uint8Array, request: string): Promise<string | undefined>;
  };
  readonly clock?: Clock;
  /** Connections at a time that have not got through TLS, in all and of one source. */
  readonly halfOpen?: { readonly places: number; readonly perSource: number };
}

export interface AgentListenerEvents {
  /** The agent of a tenant has come, with a certificate that says so. */
  agent(socket: TLSSocket, domain: string): void;
  /** Somebody got a certificate for an invitation. */
  enrolled(): void;
  /** Somebody was turned away before it was anybody. */
  refused(): void;
}

const HANDSHAKE_LIMIT = 5_000;
const HALF_OPEN = { places: 512, perSource: 64 };
/** Connections without a certificate at a time that have not asked for one. */
const ENROLLING = 8;

/**
 * Where the agents of tenants connect to: mutual TLS, except for those that come to enrol. Places before TLS, for enrolling and for
 * agents are counted apart: strangers keep no agent out. Of agents there are two connections a tenant at most.
 */
export class AgentListener {
  private readonly options: AgentListenerOptions;
  private readonly patience: number;
  private readonly events: AgentListenerEvents;
  private readonly server: Server;
  /** Every connection, also those that have not got through TLS. */
  private readonly sockets = new Set<Socket>();
  private readonly halfOpen: Anteroom;
  private readonly enrolling = new Anteroom(ENROLLING, ENROLLING);

  /** `patience`: milliseconds for whoever enrols. */
  constructor(options: AgentListenerOptions, patience: number, events: AgentListenerEvents) {
    this.options = options;
    this.patience = patience;
    this.events = events;
    this.server = createServer({
      // With its authority, which who enrols knows by a fingerprint.
      cert: options.certificatePem + options.authorityPem,
      key: options.keyPem,
      ca: options.authorityPem,
      requestCert: true,
      // Looked at in `accept`: who enrols has none yet.
      rejectUnauthorized: false,
      minVersion: 'TLSv1.3',
      handshakeTimeout: HANDSHAKE_LIMIT,
    });
    const { places, perSource } = options.halfOpen ?? HALF_OPEN;
    this.halfOpen = new Anteroom(places, perSource);
    const underTls = new Map<string, Socket>();
    this.server.on('connection', (socket: Socket) => {
      const peer = peerOf(socket);
      this.sockets.add(socket);
      underTls.set(peer, socket);
      this.halfOpen.enter(socket);
      socket.once('close', () => {
        this.sockets.delete(socket);
        if (underTls.get(peer) === socket) underTls.delete(peer);
      });
    });
    this.server.on('secureConnection', socket => {
      const inner = underTls.get(peerOf(socket));
      if (inner !== undefined) this.halfOpen.leave(inner);
      this.accept(socket);
    });
    this.server.on('tlsClientError', (_error, socket) => {
      socket.destroy();
      events.refused();
    });
  }

  /** Resolves when agents may connect. */
  async listen(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(this.options.port, this.options.host, resolve);
    });
    this.server.on('error', () => {});
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Ends every connection. */
  async close(): Promise<void> {
    const closed = new Promise(resolve => this.server.close(resolve));
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }

  private accept(socket: TLSSocket): void {
    if (this.mayEnrol(socket)) {
      this.enrol(socket);
      return;
    }
    const domain = socket.authorized ? domainOfAgent(socket.getPeerCertificate().subject?.CN) : undefined;
    if (domain === undefined || !this.options.isTenant(domain)) {
      socket.on('error', () => {});
      socket.destroy();
      this.events.refused();
      return;
    }
    this.events.agent(socket, domain);
  }

  private mayEnrol(socket: TLSSocket): boolean {
    const { enrolment } = this.options;
    const hasNone = socket.getPeerX509Certificate() === undefined;
    return hasNone && enrolment?.isOpen() === true;
  }

  private enrol(socket: TLSSocket): void {
    this.enrolling.enter(socket);
    const { enrolment, clock = systemClock } = this.options;
    const asked = () => this.enrolling.leave(socket);
    const done = (isEnrolled: boolean) => {
      if (isEnrolled) this.events.enrolled();
      else this.events.refused();
    };
    serveEnrolment(socket, { enrol: enrolment!.enrol, asked, done }, clock, this.patience);
  }
}

const peerOf = ({ remoteAddress, remotePort }: Socket) => `${remoteAddress} ${remotePort}`;

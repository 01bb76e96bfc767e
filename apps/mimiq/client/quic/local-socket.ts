import { createSocket, type Socket } from 'node:dgram';
import type { HeldAddress } from '../address-source.js';
import { ClientError } from '../client-error.js';
import type { HostPort } from './binding.js';

/**
 * A UDP socket on one held address, connected to the server: it takes datagrams from nobody else. Its buffer is the system's
 * small one: quiche takes a packet that is 128 packets late for a duplicate, and two sockets are not read in turn.
 */
export class LocalSocket {
  readonly held: HeldAddress;
  readonly port: number;
  private readonly socket: Socket;
  private open = true;
  private readonly gone: () => void;

  private constructor(held: HeldAddress, socket: Socket, port: number) {
    this.held = held;
    this.socket = socket;
    this.port = port;
    this.gone = () => this.close();
    held.ended.addEventListener('abort', this.gone, { once: true });
  }

  /**
   * Takes over `held`: it is released when the socket is closed, also when this rejects. `port` 0 is a fresh one.
   * Rejects with ClientError `address-ended` when the address is not (any more) on this machine.
   */
  static async open(
    held: HeldAddress,
    remote: HostPort,
    port: number,
    receive: (datagram: Uint8Array) => void,
  ): Promise<LocalSocket> {
    const socket = createSocket({ type: held.address.includes(':') ? 'udp6' : 'udp4' });
    try {
      await new Promise<void>((resolve, reject) => {
        socket.once('error', reject);
        socket.bind({ address: held.address, port, exclusive: true }, () => {
          // With an error where there is no route from this address, which its types do not say.
          socket.connect(remote.port, remote.host, ((error?: Error) => {
            socket.off('error', reject);
            if (error) reject(error);
            else resolve();
          }) as () => void);
        });
      });
      if (held.ended.aborted) throw new Error('the lease ended');
    } catch (cause) {
      socket.close(() => held.release());
      throw new ClientError('address-ended', 'an address could not be used', {
        mend: 'look whether the agent runs and has configured it',
        cause,
      });
    }
    // ICMP errors say that datagrams are lost, which QUIC finds out by itself.
    socket.on('error', () => undefined);
    socket.on('message', receive);
    return new LocalSocket(held, socket, socket.address().port);
  }

  get isOpen(): boolean {
    return this.open;
  }

  /** Sends a copy of `bytes`; nothing once the socket is closed. */
  send(bytes: Uint8Array): void {
    if (this.open) this.socket.send(Buffer.from(bytes), () => undefined);
  }

  /** Closes the socket at once, then gives the address back. */
  close(): void {
    if (!this.open) return;
    this.open = false;
    this.held.ended.removeEventListener('abort', this.gone);
    this.socket.close(() => this.held.release());
  }
}

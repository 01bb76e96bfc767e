import { createSocket, type Socket } from 'node:dgram';

/** Between clients and a server on loopback: drops what `drops` says, and lets the server see the clients' own addresses. */
export class LossyRelay {
  private readonly front = createSocket('udp4');
  private readonly behind = new Map<string, Socket>();
  private readonly server: number;
  /** Whether the next datagram is lost. */
  drops: (toClient: boolean) => boolean;

  private constructor(server: number, drops: (toClient: boolean) => boolean) {
    this.server = server;
    this.drops = drops;
  }

  /** Before the server at port `server` of 127.0.0.1. */
  static async open(server: number, drops: (toClient: boolean) => boolean): Promise<LossyRelay> {
    const relay = new LossyRelay(server, drops);
    relay.front.on('message', (datagram, { address, port }) => {
      if (!relay.drops(false)) relay.socketOf(address, port).send(datagram, server, '127.0.0.1', ignore);
    });
    await new Promise<void>(resolve => relay.front.bind(0, '127.0.0.1', resolve));
    return relay;
  }

  get port(): number {
    return this.front.address().port;
  }

  close(): void {
    this.front.close();
    for (const socket of this.behind.values()) socket.close();
  }

  private socketOf(address: string, port: number): Socket {
    const key = `${address} ${port}`;
    let socket = this.behind.get(key);
    if (socket === undefined) {
      socket = createSocket('udp4');
      socket.bind(0, address);
      socket.on('error', ignore).on('message', (datagram, from) => {
        if (from.port === this.server && !this.drops(true)) this.front.send(datagram, port, address, ignore);
      });
      this.behind.set(key, socket);
    }
    return socket;
  }
}

/** The same losses each time: true once in `oneIn` datagrams, on the average. */
export function losses(oneIn: number, seed = 1): () => boolean {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state < 2 ** 32 / oneIn;
  };
}

function ignore(): void {}

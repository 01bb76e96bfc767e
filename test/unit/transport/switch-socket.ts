import { createServer, connect as openSocket, type Server, type Socket } from 'node:net';
import { FakeSwitch } from '../session/fake-switch.js';

/** A fake switch at the other end of a real socket. */
export class SwitchSocket {
  readonly fake: FakeSwitch;
  readonly socket: Socket;
  /** The controller closed its side. */
  ended = false;
  closed = false;

  constructor(socket: Socket, fake = new FakeSwitch()) {
    this.socket = socket;
    this.fake = fake;
    socket.on('data', bytes => {
      const answer = fake.receive(bytes);
      if (answer.length > 0) socket.write(answer);
    });
    socket.on('end', () => {
      this.ended = true;
    });
    socket.on('close', () => {
      this.closed = true;
    });
    socket.on('error', () => {});
    socket.write(fake.greeting());
  }

  /** Connects to a controller that listens. */
  static connect(
    target: { port: number; host?: string } | { path: string },
    fake?: FakeSwitch,
  ): SwitchSocket {
    return new SwitchSocket(openSocket(target), fake);
  }
}

/** A switch that listens, as a bridge with a passive controller target does. */
export class SwitchServer {
  readonly server: Server;
  readonly switches: SwitchSocket[] = [];

  private constructor(fake: () => FakeSwitch) {
    this.server = createServer(socket => this.switches.push(new SwitchSocket(socket, fake())));
  }

  static async listen(
    target: { port: number; host: string } | { path: string },
    fake = () => new FakeSwitch(),
  ): Promise<SwitchServer> {
    const created = new SwitchServer(fake);
    await new Promise<void>((resolve, reject) => {
      created.server.once('error', reject);
      created.server.listen(target, resolve);
    });
    return created;
  }

  get port(): number {
    const address = this.server.address();
    return address !== null && typeof address === 'object' ? address.port : 0;
  }

  /** Stops listening and cuts every connection. */
  async close(): Promise<void> {
    const closed = new Promise<void>(resolve => this.server.close(() => resolve()));
    for (const { socket } of this.switches) socket.destroy();
    await closed;
  }
}

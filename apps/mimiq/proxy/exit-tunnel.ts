import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { MimiqClient } from '../client/client.js';
import { ClientError } from '../client/client-error.js';

/** Carries TCP connections through one hopping connection to an exit. */
export class ExitTunnel {
  private readonly client: MimiqClient;
  private readonly exit: URL;
  private readonly token: string;

  constructor(client: MimiqClient, exit: URL, token: string) {
    this.client = client;
    this.exit = exit;
    this.token = token;
  }

  /**
   * Carries `socket` (half-open allowed) to `authority`; `opened` is called when the far end has connected. Resolves when
   * both directions have ended. Rejects with ClientError; the socket is then destroyed, unless nothing was opened.
   */
  async carry(socket: Duplex, authority: string, opened: () => void = () => undefined): Promise<void> {
    const headers: [string, string][] = [['proxy-authorization', `Bearer ${this.token}`]];
    let open: () => void = () => undefined;
    const mayRead = new Promise<void>(resolve => {
      open = resolve;
    });
    const upload = async function* (): AsyncGenerator<Uint8Array> {
      await mayRead;
      // The end of one direction is not the end of the other.
      yield* socket.iterator({ destroyOnReturn: false });
    };
    const response = await this.client.tunnel(this.exit, authority, upload(), headers);
    if (response.status >= 300) throw refusal(response.status);
    opened();
    open();
    try {
      for await (const chunk of response.body) {
        if (socket.destroyed) throw new ClientError('aborted', 'the application closed its connection');
        if (!socket.write(chunk))
          await new Promise(resolve => socket.once('drain', resolve).once('close', resolve));
      }
      socket.end();
    } catch (error) {
      // Not an end, which the application would take for the far end's.
      if (socket instanceof Socket) socket.resetAndDestroy();
      else socket.destroy();
      throw error;
    }
  }
}

function refusal(status: number): ClientError {
  const [text, mend] =
    status === 407
      ? ['the exit does not know this token', 'give the token that the exit was started with']
      : status === 403
        ? ['the exit does not take clients there', 'let its operator allow it']
        : [`the exit could not open the connection (${status})`, undefined];
  return new ClientError('request-refused', text, mend === undefined ? {} : { mend });
}

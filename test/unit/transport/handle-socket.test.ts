import { createServer, connect as openSocket, type Socket } from 'node:net';
import { expect } from 'chai';
import { adoptAccepted } from '../../../controller/transport/handle-socket.js';
import { until } from '../../../mininet/driver/until.js';

describe('adoptAccepted', () => {
  /** Sends `text` through an adopted socket and back; says into which buffers it was read. */
  async function echoed(text: string, prepare: (accepted: Socket) => void) {
    const shared = new Uint8Array(1024);
    const buffers = new Set<Uint8Array>();
    let closed = false;
    const server = createServer({ pauseOnConnect: true, allowHalfOpen: true }, accepted => {
      prepare(accepted);
      const socket = adoptAccepted(accepted, shared, (length, buffer) => {
        buffers.add(buffer);
        socket.write(buffer.slice(0, length));
      });
      socket.on('end', () => socket.end());
      socket.on('close', () => {
        closed = true;
      });
      socket.resume();
    }).listen(0, '127.0.0.1');
    await until('the server', () => server.listening);
    const client = openSocket((server.address() as { port: number }).port, '127.0.0.1');
    let received = '';
    client.on('data', chunk => {
      received += chunk;
      if (received.length >= text.length) client.end();
    });
    client.write(text);
    await until('the close', () => closed && client.destroyed);
    server.close();
    return { received, shared: buffers.size === 1 && buffers.has(shared) };
  }

  it('reads into the shared buffer', async () => {
    expect(await echoed('hello', () => {})).to.deep.equal({ received: 'hello', shared: true });
  });

  it('reads by events where Node keeps its handles elsewhere', async () => {
    const prepare = (accepted: Socket) => Object.assign(accepted, { _server: undefined });
    expect(await echoed('hello', prepare)).to.deep.equal({ received: 'hello', shared: false });
  });
});

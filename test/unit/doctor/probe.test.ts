import { type AddressInfo, createServer, type Server } from 'node:net';
import { expect } from 'chai';
import { findNearby, probeController } from '../../../controller/doctor/facts/probe-controller.js';

const HELLO = Uint8Array.of(4, 0, 0, 8, 0, 0, 0, 0);

describe('a probe of a controller’s address', () => {
  const servers: Server[] = [];
  /** A listener that answers `answer` to whatever it hears, or hangs up. */
  const listen = async (answer: Uint8Array | string | 'hang up'): Promise<number> => {
    const server = createServer(socket => {
      socket.on('error', () => {});
      socket.on('data', () => (answer === 'hang up' ? socket.end() : socket.write(answer)));
    });
    servers.push(server);
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    return (server.address() as AddressInfo).port;
  };
  const closed = async (): Promise<number> => {
    const port = await listen(HELLO);
    await new Promise(resolve => servers.pop()!.close(resolve));
    return port;
  };
  afterEach(() =>
    Promise.all(servers.splice(0).map(server => new Promise(resolve => server.close(resolve)))),
  );

  it('tells an OpenFlow controller from other services', async () => {
    expect(await probeController(`tcp:127.0.0.1:${await listen(HELLO)}`)).to.deep.equal({ kind: 'openflow' });
    for (const answer of ['SSH-2.0-OpenSSH_9.2\r\n', 'HTTP/1.1 400 Bad Request\r\n\r\n', 'hang up']) {
      const target = `tcp:127.0.0.1:${await listen(answer)}`;
      expect(await probeController(target), answer).to.deep.equal({ kind: 'not-openflow' });
    }
  });

  it('says that nobody listens, and tries nothing where the switch itself listens', async () => {
    expect(await probeController(`tcp:127.0.0.1:${await closed()}`)).to.deep.equal({
      kind: 'unreachable',
      reason: 'connection refused',
    });
    expect(await probeController('unix:/nowhere/at/all')).to.deep.equal({
      kind: 'unreachable',
      reason: 'no such socket',
    });
    expect(await probeController('ptcp:6653')).to.equal(undefined);
    expect(await probeController('nonsense')).to.include({ kind: 'unreachable' });
  });

  it('finds the controller at another usual port of the same host', async () => {
    const [wrong, web, right] = [
      await closed(),
      await listen('HTTP/1.1 400 Bad Request\r\n\r\n'),
      await listen(HELLO),
    ];
    const target = `tcp:127.0.0.1:${wrong}`;
    expect(await findNearby(target, [wrong, web, right])).to.equal(`tcp:127.0.0.1:${right}`);
    expect(await findNearby(target, [wrong, web])).to.equal(undefined);
    expect(await findNearby('unix:/a', [right])).to.equal(undefined);
  });
});

import { connect, createServer, type Server, type Socket } from 'node:net';
import { expect } from 'chai';
import { FairShare } from '../../../../apps/popsicl/tenant/channel/fair-share.js';
import { until } from '../../../../mininet/driver/until.js';

describe('what is read from one peer', () => {
  let server: Server;
  let client: Socket;
  let peer: Socket;

  beforeEach(async () => {
    server = createServer();
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    const accepted = new Promise<Socket>(resolve => server.once('connection', resolve));
    client = connect(port, '127.0.0.1');
    peer = await accepted;
  });
  afterEach(async () => {
    client.destroy();
    peer.destroy();
    await new Promise(resolve => server.close(resolve));
  });

  it('is bounded: it is not read from until it is even, and then is', async () => {
    const share = new FairShare(peer, { rate: 1000, burst: 10 });
    let heard = '';
    peer.on('data', chunk => {
      heard += chunk;
    });
    for (let message = 0; message < 100; message++) share.spend(0);
    expect(peer.isPaused()).to.equal(true);
    client.write('later');
    await until('what it sent', () => heard === 'later');
    expect(peer.isPaused()).to.equal(false);
  });

  it('is enough for who has little to say', () => {
    const share = new FairShare(peer, { rate: 0.001, burst: 1000 });
    for (let message = 0; message < 1000; message++) share.spend(0);
    expect(peer.isPaused()).to.equal(false);
    share.spend(64);
    expect(peer.isPaused()).to.equal(true);
  });
});

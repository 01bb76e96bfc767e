import { expect } from 'chai';
import type { ClientError } from '../../../apps/mimiq/client/index.js';
import { Loopback } from '../../unit/mimiq/exit/loopback.js';
import { LossyRelay, losses } from '../../unit/mimiq/exit/lossy-relay.js';

const CONNECTIONS = 16;
const AT_ONCE = 4;
const REQUESTS = 50;
const BODY = Buffer.alloc(2700, 7);

describe('connections that hop to an exit where one packet in ten is lost each way', () => {
  const loopback = new Loopback();
  after(() => loopback.close());

  it('last: quiche, as the server, closes none of them', async () => {
    const server = await loopback.http3(BODY);
    const relay = loopback.closing(await LossyRelay.open(server.port, losses(10)));
    const ended: string[] = [];
    let hops = 0;
    const run = async () => {
      const connection = await loopback.client('every:4').connect(`https://127.0.0.1:${relay.port}/`);
      const head = { method: 'GET', scheme: 'https', authority: 'exit', path: '/', headers: [] };
      try {
        for (let index = 0; index < REQUESTS; index++) {
          const chunks: Uint8Array[] = [];
          for await (const chunk of (await connection.request(head)).body) chunks.push(chunk);
          expect(Buffer.concat(chunks).equals(BODY)).to.equal(true);
        }
      } catch (error) {
        ended.push((error as ClientError).message);
      }
      hops += connection.hops.made;
      connection.close();
    };
    for (let made = 0; made < CONNECTIONS; made += AT_ONCE) {
      await Promise.all(Array.from({ length: AT_ONCE }, run));
    }
    expect(ended.filter(message => message.includes('0xa'))).to.deep.equal([]);
    // On a busy machine one may be silent for so long that it is given up.
    expect(ended.length, ended.join()).to.be.at.most(1);
    expect(hops).to.be.at.least(CONNECTIONS * 5);
  });
});

import { createServer, type Server } from 'node:http';
import { expect } from 'chai';
import { protect, TenantWeb } from '../../../../apps/popsicl/tenant/web/tenant-web.js';
import { CAPABILITY, get, listening, OPTIONS } from './web-client.js';

const C = `c=${CAPABILITY}`;

describe('popsicl: decoys of the traffic-analysis defence', () => {
  const servers: Server[] = [];
  let asked = 0;
  const serve = (ladder?: number) => {
    const server = createServer((_request, response) => {
      asked++;
      response.writeHead(200, { 'Content-Type': 'text/html' }).end('<p>');
    });
    const defence = { largest: 64 * 1024, ...(ladder !== undefined && { ladder }) };
    servers.push(protect(server, { ...OPTIONS, script: true, defence }));
    return listening(server);
  };
  after(() => {
    for (const server of servers) server.close();
  });

  it('have the length that is asked for, without the application', async () => {
    const port = await serve(2);
    asked = 0;
    for (const [wanted, length] of Object.entries({ 512: 512, 51200: 51_200, 1: 512, 999999: 65_536 })) {
      const { status, body, headers } = await get(port, `/?${C}`, { headers: { 'popsicl-decoy': wanted } });
      expect([status, body.length, headers['cache-control']]).to.deep.equal([200, length, 'no-store']);
    }
    expect(asked).to.equal(0);
    expect((await get(port, '/', { headers: { 'popsicl-decoy': '512' } })).status).to.equal(404);
  });

  it('are not to be had without a ladder, nor by what is no number', async () => {
    const plain = await serve();
    const laddered = await serve(2);
    for (const [port, wanted] of [
      [plain, '512'],
      [laddered, '-1'],
      [laddered, 'x'],
    ] as const) {
      const { text } = await get(port, `/?${C}`, { headers: { 'popsicl-decoy': wanted } });
      expect(text).to.include('<p>');
    }
  });

  it('a page on a ladder is filled up to a step, and its script is told of it', async () => {
    const { body, text } = await get(await serve(2), `/?${C}`);
    expect(Math.log2(body.length / 512) % 1).to.equal(0);
    expect(text).to.match(/data-popsicl="[^"]*&quot;ladder&quot;:2,&quot;unit&quot;:512/);
  });

  it('a factor that makes no ladder is refused', () => {
    for (const ladder of [1, 0, -2, 5, Number.NaN])
      expect(() => new TenantWeb({ ...OPTIONS, defence: { ladder } }))
        .to.throw()
        .with.property('code', 'bad-configuration');
  });
});

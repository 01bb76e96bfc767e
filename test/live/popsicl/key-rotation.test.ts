import { expect } from 'chai';
import { Cloud, hasProgram, NAME, PAGE, PSEUDO4, PSEUDO6 } from './cloud.js';
import { TlsClient } from './tls-client.js';

describe('connections while cookie keys rotate', () => {
  let cloud: Cloud;
  let client: TlsClient;
  let port = 22_000;
  before(async function () {
    if (!hasProgram()) this.skip();
    cloud = await Cloud.start({ strategy: { ipv4: 'cookie', ipv6: 'cookie' } });
    client = await TlsClient.start(cloud.client, NAME);
  });
  after(async () => {
    await client?.stop();
    await cloud?.stop();
  });

  /** As the controller does it: the tenant knows the key first. */
  async function rotate(): Promise<void> {
    const key = cloud.keys.next();
    await cloud.tellTenant(key);
    cloud.keys.use(key);
  }

  for (const [family, pseudo] of Object.entries({ IPv4: PSEUDO4, IPv6: PSEUDO6 })) {
    it(`complete when one rotation is between SYN-ACK and ClientHello, and are refused after two, over ${family}`, async () => {
      for (const [name, rotations] of [
        ['once', 1],
        ['twice', 2],
      ] as const) {
        const half = `${name}-${family}`;
        await client.order(`connect ${half} ${pseudo} ${port++}`, new RegExp(`^connected ${half}$`, 'm'));
        for (let round = 0; round < rotations; round++) await rotate();
        const outcome = rotations === 1 ? `^secure ${half}$` : `^(closed|failed) ${half}`;
        await client.order(`tls ${half}`, new RegExp(outcome, 'm'));
      }
    });

    it(`go on when a rotation is in the middle of a ClientHello, or later, over ${family}`, async () => {
      const [half, lasting] = [`half-${family}`, `lasting-${family}`];
      await client.order(`connect ${lasting} ${pseudo} ${port++}`, new RegExp(`^connected ${lasting}$`, 'm'));
      await client.order(`tls ${lasting}`, new RegExp(`^secure ${lasting}$`, 'm'));
      await client.order(`connect ${half} ${pseudo} ${port++}`, new RegExp(`^connected ${half}$`, 'm'));
      await client.order(`halve ${half}`, new RegExp(`^halved ${half}$`, 'm'));
      await rotate();
      await client.order(`rest ${half}`, new RegExp(`^secure ${half}$`, 'm'));
      for (let round = 0; round < 2; round++) await rotate();
      for (const name of [half, lasting]) {
        const answer = await client.order(`get ${name} /index.html`, new RegExp(`^body ${name} (\\d+)`, 'm'));
        expect(Number(answer[1])).to.equal(PAGE.length);
      }
    });
  }
});

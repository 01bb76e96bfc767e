import { expect } from 'chai';
import { readShortLivedFlows } from '../../../controller/switch/index.js';
import type { ActualFlow, RequestChannel } from '../../../controller/switch/types.js';

const COOKIE = 0xc10a_0007n << 32n;
const MASK = 0xffff_ffff_0000_0000n;
const SHORT_LIVED = 0x8000_0000n;

describe('short-lived flows of a switch', () => {
  /** A switch that says it has so many flows, and has those with these cookies. */
  function read(count: number | undefined, cookies: readonly bigint[]) {
    const asked: bigint[] = [];
    const visited: bigint[] = [];
    const channel = {
      async request(
        { body }: { body: { type: string; cookie: bigint; cookieMask: bigint } },
        options: object,
      ) {
        if (body.type === 'aggregate') {
          if (count === undefined) throw new Error('unknown');
          return { body: { flowCount: count } };
        }
        asked.push(body.cookieMask);
        const flows = cookies.filter(cookie => (cookie & body.cookieMask) === body.cookie);
        const { onPart } = options as { onPart: (part: object) => void };
        onPart({ body: { type: 'flow', flows: flows.map(cookie => ({ cookie })) } });
        return {};
      },
    } as unknown as RequestChannel;
    const visit = ({ cookie }: ActualFlow) => visited.push(cookie);
    return readShortLivedFlows(channel, COOKIE, MASK, { visit }).then(() => ({ asked, visited }));
  }

  const own = (number: bigint) => COOKIE | SHORT_LIVED | number;

  it('are asked for at once where there are few, or nobody counts them', async () => {
    for (const count of [0, 100_000, undefined]) {
      const { asked, visited } = await read(count, [own(1n), own(2n), COOKIE | 3n]);
      expect(asked).to.deep.equal([MASK | SHORT_LIVED]);
      expect(visited).to.deep.equal([own(1n), own(2n)]);
    }
  });

  it('are asked for in portions where there are very many, and each comes once', async () => {
    const cookies = Array.from({ length: 64 }, (_, index) => own(BigInt(index * 7)));
    const { asked, visited } = await read(2_000_000, [...cookies, COOKIE | 3n]);
    expect(asked).to.have.length(16);
    expect(new Set(asked)).to.deep.equal(new Set([MASK | SHORT_LIVED | 15n]));
    expect(visited).to.have.length(64);
    expect(new Set(visited)).to.deep.equal(new Set(cookies));
  });
});

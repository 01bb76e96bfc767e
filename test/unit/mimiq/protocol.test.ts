import { expect } from 'chai';
import fc from 'fast-check';
import type { Attachment } from '../../../apps/mimiq/model.js';
import {
  type AnswerMessage,
  decodeAnswer,
  encodeRequest,
  MAX_DATAGRAM,
  type RequestMessage,
} from '../../../apps/mimiq/protocol/codec.js';
import { FrontEnds } from '../../../apps/mimiq/protocol/front-ends.js';
import { client, FakeNetwork } from './fake-network.js';

const ID = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);

async function start(changes: Record<string, unknown> = {}) {
  const network = await FakeNetwork.start(changes);
  const frontEnds = new FrontEnds(network.allocator, network.config);
  const send = async (bytes: Uint8Array, from: Attachment = client(1)): Promise<AnswerMessage> =>
    decodeAnswer((await frontEnds.udp(bytes, from))!)!;
  const ask = (request: Omit<RequestMessage, 'requestId'>, requestId = ID, from = client(1)) =>
    send(encodeRequest({ requestId, ...request }), from);
  return { network, frontEnds, send, ask };
}

describe('mimiq protocol', () => {
  it('grants a set of addresses with their lifetimes, gateway and lingering time', async () => {
    const { ask } = await start();
    const { requestId, granted } = await ask({ allocate: { family: 6, count: 3 } });
    expect([...requestId]).to.deep.equal([...ID]);
    expect([granted!.grants.length, granted!.held, granted!.lingerMs]).to.deep.equal([3, 3, 5000]);
    for (const { address, lifetimeMs, network } of granted!.grants) {
      expect(address).to.have.length(16);
      expect(lifetimeMs).to.be.within(9_000, 20_000);
      expect(granted!.networks[network]!.prefixLength).to.equal(64);
    }
  });

  it('does a request once, however often it comes', async () => {
    const { ask } = await start();
    const [one, two] = await Promise.all([1, 2].map(() => ask({ allocate: { family: 4, count: 2 } })));
    const three = await ask({ allocate: { family: 4, count: 2 } });
    for (const other of [two, three]) {
      expect(other!.granted!.grants.map(({ address }) => [...address])).to.deep.equal(
        one!.granted!.grants.map(({ address }) => [...address]),
      );
    }
  });

  it('renews, releases and tells what a client holds, and takes each twice', async () => {
    const { ask } = await start();
    const { granted } = await ask({ allocate: { family: 4, count: 2 } });
    const addresses = granted!.grants.map(({ address }) => address);
    const renewed = await ask({ renew: { addresses: [...addresses, ...addresses] } });
    expect(renewed.granted!.grants).to.have.length(2);
    for (let time = 0; time < 2; time++) {
      expect((await ask({ release: { addresses: addresses.slice(1) } })).granted!.held).to.equal(1);
    }
    expect((await ask({ status: {} })).granted!.grants).to.have.length(1);
  });

  it('refuses what no client may ask, each with its reason', async () => {
    const { ask } = await start();
    const codes = async (request: Omit<RequestMessage, 'requestId'>, id = ID) =>
      (await ask(request, id)).refused?.code;
    expect(await codes({})).to.equal('bad-request');
    expect(await codes({ status: {} }, Uint8Array.of(1))).to.equal('bad-request');
    expect(await codes({ allocate: { family: 5, count: 1 } })).to.equal('bad-request');
    expect(await codes({ allocate: { family: 4, count: 0 } })).to.equal('bad-request');
    expect(await codes({ allocate: { family: 4, count: 33 } })).to.equal('bad-request');
    expect(await codes({ renew: { addresses: [] } })).to.equal('bad-request');
    expect(await codes({ renew: { addresses: [Uint8Array.of(1)] } })).to.equal('bad-request');
    expect(await codes({ renew: { addresses: [Uint8Array.of(1, 2, 3, 4)] } })).to.equal('not-held');
  });

  it('says that addresses are exhausted, and when to ask again', async () => {
    const pool = { ipv4: [{ prefix: '198.51.100.0/30', gateway: '198.51.100.1' }] };
    const { ask } = await start(pool);
    expect((await ask({ allocate: { family: 4, count: 1 } })).granted!.grants).to.have.length(1);
    const { refused } = await ask({ allocate: { family: 4, count: 1 } }, ID.toReversed(), client(2));
    expect(refused).to.deep.include({ code: 'exhausted', retryAfterMs: 5000 });
  });

  it('answers garbage of any kind, and is unimpressed', async () => {
    const { frontEnds, network } = await start({
      limits: { requestsPerSecond: 1_000_000, burst: 1_000_000 },
    });
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 1500 }), async bytes => {
        const answer = decodeAnswer((await frontEnds.udp(bytes, client(1)))!);
        expect(answer!.refused ?? answer!.granted).to.not.equal(undefined);
      }),
    );
    expect(network.allocator.clients).to.equal(0);
  });

  it('keeps the largest answer within one packet', async () => {
    const { frontEnds } = await start({ limits: { perRequest: 40, perClient: 40 } });
    const request = encodeRequest({ requestId: new Uint8Array(16), allocate: { family: 6, count: 40 } });
    expect((await frontEnds.udp(request, client(1)))!.length).to.be.below(MAX_DATAGRAM);
  });

  it('holds a flooding port to its rate, tells it once a second, and serves the others', async () => {
    const { frontEnds, ask, network } = await start({ limits: { requestsPerSecond: 1, burst: 3 } });
    for (let time = 0; time < 3; time++) expect((await ask({ status: {} })).granted).to.not.equal(undefined);
    expect((await ask({ status: {} })).refused!.code).to.equal('rate-limit');
    expect(await frontEnds.udp(encodeRequest({ requestId: ID, status: {} }), client(1))).to.equal(undefined);
    expect((await ask({ status: {} }, ID, client(2))).granted).to.not.equal(undefined);
    await network.pass(1);
    expect((await ask({ status: {} })).granted).to.not.equal(undefined);
  });
});

import { createHash } from 'node:crypto';
import { expect } from 'chai';
import { QuicNetwork, type QuicNetworkOptions, quicNetworkPossible, type Seen } from './quic-network.js';

/** Length of the connection IDs that ngtcp2's server gives. */
const CONNECTION_ID = 18;

const sha = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

/** Addresses (with ports) by connection ID, of the client's packets behind the handshake. */
function connectionIds(seen: readonly Seen[]): Map<string, Set<string>> {
  const ids = new Map<string, Set<string>>();
  for (const { fromClient, payload, client, clientPort } of seen) {
    if (!fromClient || (payload[0]! & 0x80) !== 0) continue;
    const id = payload.subarray(1, 1 + CONNECTION_ID).toString('hex');
    const places = ids.get(id) ?? new Set();
    ids.set(id, places.add(`${client} ${clientPort}`));
  }
  return ids;
}

function linked(seen: readonly Seen[]): string[] {
  return [...connectionIds(seen)].filter(([, places]) => places.size > 1).map(([id]) => id);
}

describe('a hopping client and an unmodified server', function () {
  this.timeout(120_000);
  let network: QuicNetwork | undefined;
  before(function () {
    if (!quicNetworkPossible()) this.skip();
  });
  afterEach(async () => {
    await network?.close();
    network = undefined;
  });
  const build = async (options: QuicNetworkOptions): Promise<QuicNetwork> => {
    network = await QuicNetwork.create(options);
    return network;
  };

  for (const family of [4, 6] as const) {
    it(`IPv${family}: hops many times in one connection, with no connection ID at two addresses and every body whole`, async () => {
      const net = await build({ family, addresses: 300, roundTripMs: 10 });
      let report: Awaited<ReturnType<QuicNetwork['run']>> | undefined;
      const seen = await net.observe(async () => {
        report = await net.run({ strategy: 'every:6', path: 'small', requests: 200 });
      });
      expect(report?.failed).to.deep.equal({});
      expect(report?.bodies).to.deep.equal({ [`200 ${sha(net.files.small!)}`]: 200 });
      expect(report?.hops).to.be.at.least(20);
      expect(linked(seen)).to.deep.equal([]);
      const places = new Set(seen.map(({ client, clientPort }) => `${client} ${clientPort}`));
      expect(places.size).to.be.at.least(20);
      expect(new Set(seen.map(({ clientPort }) => clientPort)).size).to.be.at.least(15);
    });
  }

  it('loses no request where one packet in ten is lost', async () => {
    const net = await build({ family: 4, addresses: 300, roundTripMs: 10, lossPpm: 100_000 });
    const report = await net.run({ strategy: 'random:8-24', path: 'small', requests: 100 });
    expect(report.failed).to.deep.equal({});
    expect(report.bodies).to.deep.equal({ [`200 ${sha(net.files.small!)}`]: 100 });
    expect(report.hops).to.be.at.least(5);
  });

  it('hops in the middle of large bodies, on several connections, each on addresses of its own', async () => {
    const net = await build({ family: 4, addresses: 300, roundTripMs: 10 });
    let report: Awaited<ReturnType<QuicNetwork['run']>> | undefined;
    const seen = await net.observe(async () => {
      report = await net.run({ strategy: 'random:200-400', path: 'large', requests: 2, connections: 3 });
    });
    expect(report?.failed).to.deep.equal({});
    expect(report?.bodies).to.deep.equal({ [`200 ${sha(net.files.large!)}`]: 6 });
    expect(report?.hops).to.be.at.least(3);
    expect(linked(seen)).to.deep.equal([]);
  });

  it('refuses a certificate that nobody it trusts has signed', async () => {
    const net = await build({ family: 4, addresses: 4, roundTripMs: 0 });
    const report = await net.run({
      strategy: 'never',
      path: 'small',
      requests: 1,
      authority: '/etc/ssl/certs/ca-certificates.crt',
    });
    expect(Object.keys(report.failed).join()).to.match(/^certificate-rejected: /);
  });

  it('goes on after a restart of the server, on a new connection', async () => {
    const net = await build({ family: 4, addresses: 50, roundTripMs: 0 });
    const report = await net.run({ strategy: 'every:50', path: 'small', requests: 300 }, () =>
      net.startServer(),
    );
    expect(report.failed).to.deep.equal({});
    expect(report.bodies).to.deep.equal({ [`200 ${sha(net.files.small!)}`]: 300 });
  });
});

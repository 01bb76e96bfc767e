import { createHash } from 'node:crypto';
import { expect } from 'chai';
import { observe } from '../../../mininet/traffic/quic-observer.js';
import { QuicNetwork, type QuicNetworkOptions, quicNetworkPossible } from './quic-network.js';

/** For handshakes that lose packet after packet. */
const PATIENT = { connectTimeout: 60_000 };
const sha = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

describe('a hopping client and an unmodified server', () => {
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
      expect(observe(seen).linkingIds).to.deep.equal([]);
      const places = new Set(seen.map(({ client, clientPort }) => `${client} ${clientPort}`));
      expect(places.size).to.be.at.least(20);
      expect(new Set(seen.map(({ clientPort }) => clientPort)).size).to.be.at.least(15);
    });
  }

  it('loses no request where one packet in ten is lost', async () => {
    const net = await build({ family: 4, addresses: 300, roundTripMs: 10, lossPpm: 100_000 });
    const report = await net.run({ strategy: 'random:8-24', path: 'small', requests: 100, ...PATIENT });
    expect(report.failed).to.deep.equal({});
    expect(report.bodies).to.deep.equal({ [`200 ${sha(net.files.small!)}`]: 100 });
    expect(report.hops).to.be.at.least(5);
  });

  it('sends nothing but probes where its traffic is not, so that no server takes it for back', async () => {
    const net = await build({ family: 6, addresses: 600, roundTripMs: 50, lossPpm: 100_000 });
    // ngtcp2 0.12.1 without path MTU discovery fails an assertion as soon as a client comes back to where it was.
    await net.startServer(['--no-pmtud']);
    const asked = { strategy: 'every:2', path: 'small', requests: 40, connections: 3 };
    const report = await net.run({ ...asked, ...PATIENT });
    expect(net.serverFault).to.equal(undefined);
    expect(report.failed).to.deep.equal({});
    // Each of them had left the server on another path than the client; how many fit in depends on the machine.
    expect(report.hops).to.be.at.least(10);
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
    expect(observe(seen).linkingIds).to.deep.equal([]);
  });

  it('finishes with a server that validates addresses by Retry', async () => {
    const net = await build({ family: 4, addresses: 60, roundTripMs: 4 });
    await net.startServer(['--validate-addr']);
    const report = await net.run({ strategy: 'every:6', path: 'small', requests: 40 });
    expect(report.failed).to.deep.equal({});
    expect(report.bodies).to.deep.equal({ [`200 ${sha(net.files.small!)}`]: 40 });
    expect(report.hops).to.be.at.least(5);
  });

  it('makes no hop to an address whose packets go nowhere, says so, and goes on from the one that it has', async () => {
    const net = await build({ family: 4, addresses: 60, roundTripMs: 4 });
    await net.atServer(
      net.clientAddresses
        .filter((_, index) => index % 2 === 1)
        .map(address => `ip route add blackhole ${address}/32`),
    );
    const report = await net.run({ strategy: 'every:6', path: 'small', requests: 250 });
    expect(report.failed).to.deep.equal({});
    expect(report.bodies).to.deep.equal({ [`200 ${sha(net.files.small!)}`]: 250 });
    expect(report.hops).to.be.at.least(1);
    expect(report.refused).to.have.property('path-unreachable').which.is.at.least(1);
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

  it('goes on after a restart of the server, on a new connection, and fails at most the answer that broke off', async () => {
    const net = await build({ family: 4, addresses: 50, roundTripMs: 0 });
    const report = await net.run({ strategy: 'every:50', path: 'small', requests: 300 }, () =>
      net.startServer(),
    );
    const whole = report.bodies[`200 ${sha(net.files.small!)}`]!;
    const broken = Object.entries(report.failed);
    expect(Object.keys(report.bodies)).to.have.length(1);
    expect(broken.every(([text]) => text.startsWith('connection-lost: '))).to.equal(true);
    expect(broken.reduce((sum, [, count]) => sum + count, 0)).to.be.at.most(1);
    expect(whole).to.be.at.least(299);
  });
});

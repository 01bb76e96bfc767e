import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { until } from '../../../mininet/driver/index.js';
import type { RunReport } from '../../../mininet/traffic/hopping-program.js';
import { isLong, observe, readObserved, type Seen } from '../../../mininet/traffic/quic-observer.js';
import { quicServerProgram } from '../../../mininet/traffic/quic-server.js';
import { HoppingNetwork } from './hopping-network.js';
import { SERVER6 } from './mimiq-network.js';

/** t_remove of this network, in microseconds. */
const T_REMOVE = 2e6;
/** For handshakes that lose packet after packet, or outlast an outage on a slow machine. */
const PATIENT = { connectTimeout: 60_000 };

describe('hopping clients in the network of MIMIQ', () => {
  let all: HoppingNetwork;
  before(async function () {
    if (quicServerProgram() === undefined) this.skip();
    all = await HoppingNetwork.start();
    for (const name of ['c1', 'c3', 'c5']) await all.startAgent(name, '--family', '46');
  });
  after(async () => all?.[Symbol.asyncDispose]());
  afterEach(async () => all?.shape(10));

  const sha = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
  const expectWhole = (report: RunReport, count: number, body = all.files.small) => {
    expect(report.failed).to.deep.equal({});
    expect(report.bodies).to.deep.equal({ [`200 ${sha(body)}`]: count });
  };
  /** What clients sent, by name, as they sent it. */
  const sentBy = async (names: readonly string[], during: () => Promise<void>) => {
    const captures = await Promise.all(
      names.map(name => all.host(name).capture({ filter: 'udp', snapshotLength: 200 })),
    );
    try {
      await during();
      const files = await Promise.all(captures.map(async capture => (await capture.stop()).file));
      const seen = files.map(file => readObserved(readFileSync(file)).filter(({ fromClient }) => fromClient));
      return new Map(names.map((name, index) => [name, seen[index]!]));
    } finally {
      for (const capture of captures) await capture.discard();
    }
  };

  describe('outside', () => {
    const clients = ['c1', 'c3', 'c5'];
    let outside: Seen[];
    let sent: Map<string, Seen[]>;
    let reports: RunReport[];
    before(async () => {
      await all.shape(10);
      const request = { path: 'small', requests: 150 };
      outside = await all.observe(async () => {
        sent = await sentBy(clients, async () => {
          reports = await Promise.all([
            all.run('c1', 6, { ...request, strategy: 'every:2' }),
            all.run('c3', 4, { ...request, strategy: 'every:4' }),
            all.run('c5', 6, { ...request, strategy: 'random:6-18' }),
          ]);
        });
      });
    });

    it('every body is whole, over both families, and hops are many', () => {
      for (const report of reports) expectWhole(report, 150);
      const [often, seldom, random] = reports.map(({ hops }) => hops);
      expect(often).to.be.at.least(40);
      expect(seldom).to.be.at.least(30);
      expect(random).to.be.at.least(12);
    });

    it('no connection ID is seen at two addresses, and each address looks like a client of its own', () => {
      const seen = observe(outside);
      expect(seen.linkingIds).to.deep.equal([]);
      expect(seen.clients).to.equal(seen.addresses);
      expect(seen.addresses).to.be.at.least(75);
    });

    it('no address belongs to two clients within t_remove', () => {
      const uses = new Map<string, { name: string; first: number; last: number }[]>();
      for (const [name, seen] of sent) {
        for (const { client, at } of seen) {
          const list = uses.get(client) ?? [];
          uses.set(client, list);
          const own = list.find(use => use.name === name);
          if (own === undefined) list.push({ name, first: at, last: at });
          else own.last = at;
        }
      }
      for (const list of uses.values()) {
        list.sort((a, b) => a.first - b.first);
        for (const [index, use] of list.slice(1).entries()) {
          expect(use.first - list[index]!.last).to.be.at.least(T_REMOVE);
        }
      }
    });

    it('every hop takes a fresh port', () => {
      for (const seen of sent.values()) {
        /** Where an address was used last. An IPv4 address may come again once it has rested; IPv6 has too many for that. */
        const last = new Map<string, Seen>();
        let hops = 0;
        for (const datagram of seen) {
          const before = last.get(datagram.client);
          if (before?.clientPort !== datagram.clientPort) {
            hops++;
            expect(datagram.at - (before?.at ?? 0)).to.be.at.least(T_REMOVE);
          }
          last.set(datagram.client, datagram);
        }
        // Drawn from some 28,000 ports: of 120 hops, seven that meet by chance come once in a hundred million runs.
        expect(new Set(seen.map(({ clientPort }) => clientPort)).size).to.be.at.least(hops - 6);
      }
    });

    it('what comes first from an address has a size that other datagrams have too', () => {
      const known = new Set<string>();
      const first: number[] = [];
      const others = new Set<number>();
      for (const { fromClient, client, length, payload } of outside) {
        if (!fromClient || isLong(payload)) known.add(client);
        if (!fromClient || isLong(payload)) continue;
        if (known.has(client)) others.add(length);
        else first.push(length);
        known.add(client);
      }
      expect(first.length).to.be.at.least(75);
      expect(first.filter(length => !others.has(length))).to.deep.equal([]);
    });

    it('nothing leaves from an address that was given back', async () => {
      const { client: address } = sent.get('c1')!.at(0)!;
      const host = all.host('c1');
      await until('the lease to end', async () => !(await all.leases()).includes(address), {
        timeout: 60_000,
      });
      await host.run(['ip', '-6', 'addr', 'add', `${address}/128`, 'dev', 'eth0', 'nodad'], { check: true });
      await using capture = await all.network
        .link('observer', 'server')
        .capture({ node: 'observer', filter: `host ${address}` });
      const { exitCode } = await host.run(['ping', '-n', '-c3', '-i0.1', '-W1', '-I', address, SERVER6]);
      await host.run(['ip', '-6', 'addr', 'del', `${address}/128`, 'dev', 'eth0'], { check: true });
      expect(exitCode).to.not.equal(0);
      expect((await capture.stop()).frames).to.equal(0);
    });
  });

  describe('whatever happens', () => {
    it('no request fails where one packet in ten is lost each way and a round trip takes 50 ms', async () => {
      await all.shape(50, '10%');
      const [often, random, large] = await Promise.all([
        all.run('c1', 4, { path: 'small', requests: 50, strategy: 'every:2', ...PATIENT }),
        all.run('c3', 6, { path: 'small', requests: 50, strategy: 'random:4-12', ...PATIENT }),
        all.run('c5', 6, { path: 'large', requests: 1, strategy: 'every:40', ...PATIENT }),
      ]);
      expectWhole(often, 50);
      expectWhole(random, 50);
      expectWhole(large, 1, all.files.large);
      expect(often.hops).to.be.at.least(10);
      expect(random.hops).to.be.at.least(5);
    });

    it('requests go on while the agent is killed and started again, and so do hops', async () => {
      const report = await all.run(
        'c1',
        6,
        { path: 'small', requests: 200, strategy: 'every:10' },
        async () => {
          all.agent('c1').kill('SIGKILL');
          await all.agent('c1').exited;
          await all.startAgent('c1', '--family', '46');
        },
      );
      expectWhole(report, 200);
      expect(report.hops).to.be.at.least(10);
    });

    it('requests go on while the controller is away and addresses run out; hops are refused until it is back', async () => {
      const report = await all.run(
        'c3',
        6,
        { path: 'small', requests: 500, strategy: 'every:4' },
        async () => {
          await all.killController();
        },
      );
      expectWhole(report, 500);
      expect(report.hops).to.be.at.least(20);
      expect(Object.keys(report.refused)).to.include('no-address');
      await all.startController();
      await all.connected();
      await until(
        'hops again',
        async () => (await all.run('c3', 6, { path: 'small', requests: 20, strategy: 'every:4' })).hops >= 3,
        { timeout: 60_000 },
      );
    });

    it('a killed server costs at most the answer that broke off, who asks meanwhile is told so, and all go on when it is back', async () => {
      let meanwhile: RunReport | undefined;
      const outage = async () => {
        await all.server.stop();
        meanwhile = await all.run('c3', 6, { path: 'small', requests: 1, strategy: 'never' });
        await all.server.start();
      };
      // No handshake is given up but by who asks meanwhile.
      const small = { path: 'small', requests: 150, pauseMs: 20, strategy: 'every:10', ...PATIENT };
      const runs = await Promise.all([
        all.run('c1', 6, small).then(report => [report, 150, all.files.small] as const),
        all.run('c3', 4, small).then(report => [report, 150, all.files.small] as const),
        // The server dies when the sixth of these has just been asked for.
        all
          .run('c5', 6, { path: 'large', requests: 10, strategy: 'every:100', ...PATIENT }, outage)
          .then(report => [report, 10, all.files.large] as const),
      ]);
      expect(Object.keys(meanwhile!.failed).join()).to.match(/^connect-(timeout|failed): /);
      for (const [{ failed, bodies, hops }, count, body] of runs) {
        const whole = bodies[`200 ${sha(body)}`];
        expect(Object.keys(bodies)).to.have.length(1);
        expect(whole).to.be.at.least(count - 1);
        for (const text of Object.keys(failed))
          expect(text).to.match(/^connect(ion)?-(lost|closed|timeout|failed): /);
        expect(whole! + Object.values(failed).reduce((sum, each) => sum + each, 0)).to.equal(count);
        expect(hops).to.be.at.least(3);
      }
    });

    it('a connection survives that its machine is moved to another port of the switch', async () => {
      const request = { path: 'small', requests: 60, pauseMs: 150, strategy: 'every:40' };
      const report = await all.run('c5', 6, request, () => all.moveToPort('c5', 'dhcp-only'));
      expectWhole(report, 60);
    });
  });
});

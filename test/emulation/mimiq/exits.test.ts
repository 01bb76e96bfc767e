import { expect } from 'chai';
import { type RunningCommand, until } from '../../../mininet/driver/index.js';
import { Stream, type StreamState, startEcho } from '../../../mininet/traffic/stream.js';
import { DirectAllocator } from '../../simulator/direct-allocator.js';
import { MimiqNetwork, SERVER4, SERVER6 } from './mimiq-network.js';

const EDGE1 = '10.99.0.1';
const EDGE2 = '10.99.0.2';
const PATIENCE = { timeout: 60_000, interval: 100 };
const MTU = 1400;
/** Milliseconds between two datagrams of a stream, and how many of them are to come back before and after an event. */
const INTERVAL = 10;
const SOME = 50;

/** c1 is at access1, whose clients leave by edge1 as long as it is there. */
describe('the ways out of the network of MIMIQ', () => {
  let all: MimiqNetwork;
  let from4: string;
  let from6: string;
  let echo: RunningCommand;
  before(async () => {
    const allocator = new DirectAllocator();
    all = await MimiqNetwork.start(allocator, { mtu: MTU });
    await allocator.rotate(all.accessIds);
    const [lease4] = await allocator.lease(all.attachmentOf('c1'), 4);
    const [lease6] = await allocator.lease(all.attachmentOf('c1'), 6);
    [from4, from6] = [await all.use('c1', lease4!), await all.use('c1', lease6!)];
    await reaches();
    echo = await startEcho(all.host('server'));
  });
  after(async () => {
    await echo?.stop();
    await all?.[Symbol.asyncDispose]();
  });

  const reaches = async () => {
    await until('the server over IPv4', () => all.pings('c1', from4, SERVER4), PATIENCE);
    await until('the server over IPv6', () => all.pings('c1', from6, SERVER6), PATIENCE);
  };
  /** Far ends of the tunnel that access1 sends packets for nobody inside into. */
  const exits = async () => {
    const flows = await all.network.switch('access1').ofctl('dump-flows');
    const out = flows.split('\n').filter(line => /reg8=0x1\b/.test(line) && line.includes('tun_dst'));
    return new Set(out.map(line => /set_field:([\d.]+)->tun_dst/.exec(line)![1]));
  };
  const exitIs = (edge: string) =>
    until(`${edge} as the exit`, async () => [...(await exits())].join() === edge, PATIENCE);
  /** Interface of the observer towards edge1. */
  const link = () =>
    all.host('observer').interfaces.find(({ addresses }) => addresses.includes('192.0.2.2/30'))!.interface;
  const onObserver = (...argv: string[]) => all.host('observer').run(argv, { check: true });
  const said = async (name: string, ...argv: string[]) => {
    const { stdout, stderr } = await all.host(name).run(['ping', '-n', '-c1', '-W2', ...argv]);
    return stdout + stderr;
  };
  /** A packet may be lost on a busy machine; the answer comes at last. */
  const hears = (what: RegExp, name: string, ...argv: string[]) =>
    until(`${what} at ${name}`, async () => what.test(await said(name, ...argv)), PATIENCE);

  it('follow the next router: its MAC address is found by asking, and found again when it is another', async () => {
    await exitIs(EDGE1);
    await onObserver('ip', 'link', 'set', link(), 'address', '02:0b:5e:00:00:77');
    await reaches();
    const flows = await all.network.switch('edge1').ofctl('dump-flows');
    await until(
      'the new MAC address for both families',
      async () => {
        const now = await all.network.switch('edge1').ofctl('dump-flows');
        return now.match(/set_field:02:0b:5e:00:00:77->eth_dst/g)?.length === 2;
      },
      PATIENCE,
    );
    expect(flows).not.to.include('02:0b:5e:00:00:01');
  });

  it('are kept by the switch when the controller starts anew', async () => {
    await all.controller.stop();
    all.log.length = 0;
    await all.startController();
    await all.connected();
    for (const { added, changed, removed } of all.log.filter(({ id }) => id === 'switch-connected')) {
      expect({ added, changed, removed }).to.deep.equal({ added: 0, changed: 0, removed: 0 });
    }
    await reaches();
  });

  it('tell clients and servers that a packet is too long for tunnels, and how long it may be', async () => {
    const too = ['-Mdo', '-s', '1440'];
    const told = new RegExp(`mtu ?[:=] ?${MTU}`);
    await hears(told, 'c1', ...too, '-I', from4, SERVER4);
    await hears(told, 'c1', ...too, '-I', from6, SERVER6);
    await hears(told, 'server', ...too, from4);
    await hears(told, 'server', ...too, from6);
    await hears(/ 0% packet loss/, 'c1', '-Mdo', '-s', String(MTU - 28), '-I', from4, SERVER4);
    await hears(/ 0% packet loss/, 'c1', '-Mdo', '-s', String(MTU - 48), '-I', from6, SERVER6);
  });

  it('tell who sends a packet without a hop left, inside and outside', async () => {
    const once = ['-t', '1'];
    await hears(/From 10\.64\.0\.1 .*Time to live exceeded/, 'c1', ...once, '-I', from4, SERVER4);
    await hears(/From fe80::1\S* .*Time exceeded: Hop limit/, 'c1', ...once, '-I', from6, SERVER6);
    // The observer takes the first hop.
    const twice = ['-t', '2'];
    await hears(/From 192\.0\.2\.[15] .*Time to live exceeded/, 'server', ...twice, from4);
    await hears(/From 2001:db8:e[12]::1 .*Time exceeded: Hop limit/, 'server', ...twice, from6);
  });

  it('let errors of routers outside back to the client, through its alias and its IPv4 route', async () => {
    await onObserver('ip', 'route', 'add', 'unreachable', '203.0.113.0/24');
    await onObserver('ip', '-6', 'route', 'add', 'unreachable', '2001:db8:dead::/48');
    await hears(/Destination Host Unreachable/, 'c1', '-I', from4, '203.0.113.9');
    await hears(/Destination unreachable: /, 'c1', '-I', from6, '2001:db8:dead::9');
  });

  /** One stream of each family from c1, each with what has come back already. */
  const startStreams = async () => {
    const streams = await Promise.all(
      ([SERVER4, SERVER6] as const).map(server => Stream.start(all.host('c1'), server, INTERVAL)),
    );
    await streams[0]!.hop(from4);
    await streams[1]!.hop(from6);
    return streams;
  };
  const flow = (streams: readonly Stream[]) =>
    Promise.all(
      streams.map(async stream => {
        const { sent } = await stream.now();
        await until(
          `${SOME} more datagrams`,
          async () => {
            const now = await stream.now();
            return now.sent - now.missing.length >= SOME && now.sent >= sent + SOME;
          },
          PATIENCE,
        );
      }),
    );
  const states = (streams: readonly Stream[]) => Promise.all(streams.map(stream => stream.now()));
  /** Ends streams. What was lost was on its way when an outage began, or sent before the outage was over. */
  const losesIn = async (
    streams: readonly Stream[],
    outages: readonly (readonly [began: readonly StreamState[], over: readonly StreamState[]])[],
  ) => {
    for (const [index, stream] of streams.entries()) {
      const { sent, missing } = await stream.stop();
      const others = missing.filter(number =>
        outages.every(([began, over]) => {
          const [first, last] = [began[index]!, over[index]!];
          return !first.missing.includes(number) && !(number > first.sent && number <= last.sent);
        }),
      );
      expect(others, `lost outside of outages, of ${sent} over IPv${index === 0 ? 4 : 6}`).to.deep.equal([]);
    }
  };

  it('lead over another edge while the link of one is down, and back again, and lose nothing before and after', async () => {
    await exitIs(EDGE1);
    const streams = await startStreams();
    await flow(streams);
    const down = await states(streams);
    await onObserver('ip', 'link', 'set', link(), 'down');
    await exitIs(EDGE2);
    await reaches();
    const moved = await states(streams);
    await flow(streams);
    const up = await states(streams);
    await onObserver('ip', 'link', 'set', link(), 'up');
    await exitIs(EDGE1);
    await reaches();
    const back = await states(streams);
    await flow(streams);
    await losesIn(streams, [
      [down, moved],
      [up, back],
    ]);
  });

  it('lead over another edge when one has stopped, and lose nothing from then on', async () => {
    const edge = all.network.switch('edge1');
    await exitIs(EDGE1);
    const streams = await startStreams();
    await flow(streams);
    const stopped = await states(streams);
    await edge.run(['ovs-appctl', '-t', `${edge.directory}/ovs-vswitchd.ctl`, 'exit'], { check: true });
    await onObserver('ip', 'link', 'set', link(), 'down');
    await exitIs(EDGE2);
    await onObserver('ip', 'route', 'replace', '10.64.0.0/16', 'via', '192.0.2.5');
    await onObserver('ip', '-6', 'route', 'replace', '2001:db8:64::/64', 'via', '2001:db8:e2::1');
    await reaches();
    const moved = await states(streams);
    await flow(streams);
    await losesIn(streams, [[stopped, moved]]);
  });

  it('stay where they are when the controller starts anew while an edge is gone', async () => {
    const streams = await startStreams();
    await flow(streams);
    await all.controller.stop();
    all.log.length = 0;
    await all.startController();
    await until('four switches', () => all.controller.connected.size === 4, PATIENCE);
    for (const sw of all.controller.connected.values()) await sw.confirmed();
    expect([...(await exits())]).to.deep.equal([EDGE2]);
    for (const { added, changed, removed } of all.log.filter(({ id }) => id === 'switch-connected')) {
      expect({ added, changed, removed }).to.deep.equal({ added: 0, changed: 0, removed: 0 });
    }
    await flow(streams);
    await losesIn(streams, []);
  });
});

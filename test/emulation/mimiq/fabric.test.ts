import { expect } from 'chai';
import { findLayer, parseFrame } from '../../../controller/packet/index.js';
import { until } from '../../../mininet/driver/index.js';
import { DirectAllocator } from '../../simulator/direct-allocator.js';
import { framesOf, insideVxlan, isNeighbourTalk } from './captured-frames.js';
import { MimiqNetwork, SERVER4, SERVER6 } from './mimiq-network.js';

const SWITCHES = ['edge1', 'edge2', 'access1', 'access2', 'access3'];

describe('the network of MIMIQ', () => {
  let all: MimiqNetwork;
  let allocator: DirectAllocator;
  before(async () => {
    allocator = new DirectAllocator();
    all = await MimiqNetwork.start(allocator);
    await allocator.rotate(all.accessIds);
  });
  after(async () => all?.[Symbol.asyncDispose]());

  const both = async (name: string): Promise<[string, string]> => {
    const [lease4] = await allocator.lease(all.attachmentOf(name), 4);
    const [lease6] = await allocator.lease(all.attachmentOf(name), 6);
    return [await all.use(name, lease4!), await all.use(name, lease6!)];
  };

  it('carries packets between every client and the server, over both families', async () => {
    for (const name of all.clientNames) {
      const [from4, from6] = await both(name);
      await until(`${name} reaches the server over IPv4`, () => all.pings(name, from4, SERVER4));
      await until(`${name} reaches the server over IPv6`, () => all.pings(name, from6, SERVER6));
    }
    expect(all.log.filter(({ id }) => id === 'flow-refused' || id === 'app-failed')).to.deep.equal([]);
  });

  it('carries packets between clients: at one switch, and at different ones', async () => {
    const [first, neighbour, far] = [await both('c1'), await both('c2'), await both('c5')];
    for (const to of [...neighbour, ...far]) {
      const from = first.find(address => address.includes(':') === to.includes(':'))!;
      await until(`c1 reaches ${to}`, () => all.pings('c1', from, to));
    }
  });

  it('lets every packet leave with one hop limit, which would tell systems apart', async () => {
    const from = await both('c1');
    const filter = 'icmp[icmptype] == icmp-echo or icmp6[icmp6type] == icmp6-echo';
    await using capture = await all.host('server').capture({ filter });
    for (const hopLimit of ['33', '128', '255']) {
      for (const [index, to] of [SERVER4, SERVER6].entries()) {
        const argv = ['ping', '-n', '-c1', '-W1', '-t', hopLimit, '-I', from[index]!, to];
        const answered = async () => (await all.host('c1').run(argv)).exitCode === 0;
        await until(`an answer from ${to}`, answered);
      }
    }
    const limits = new Set<number>();
    for (const frame of await framesOf(capture)) {
      const layers = parseFrame(frame);
      limits.add(findLayer(layers, 'ipv4')?.ttl ?? findLayer(layers, 'ipv6')!.hopLimit);
    }
    // The observer takes a hop.
    expect([...limits]).to.deep.equal([63]);
  });

  it('carries packets out by one edge and back by the other', async () => {
    const [from4, from6] = await both('c1');
    for (const [from, to, edges] of [
      [from4, SERVER4, ['192.0.2.1', '192.0.2.5']],
      [from6, SERVER6, ['2001:db8:e1::1', '2001:db8:e2::1']],
    ] as const) {
      const family = from === from4 ? '-4' : '-6';
      for (const edge of edges) {
        const route = ['ip', family, 'route', 'replace', from, 'via', edge];
        await all.host('observer').run(route, { check: true });
        await until(`c1 reaches ${to}, and is answered by ${edge}`, () => all.pings('c1', from, to));
      }
      await all.host('observer').run(['ip', family, 'route', 'del', from], { check: true });
    }
  });

  it('encapsulates on the core link, to the client-facing switch of the client and to no other', async () => {
    const [from4, from6] = await both('c3');
    await using capture = await all.network.link('access2', 'core').capture({ node: 'access2' });
    for (const [from, to] of [
      [from4, SERVER4],
      [from6, SERVER6],
    ] as const) {
      await until(`c3 reaches ${to}`, () => all.pings('c3', from, to, 10));
    }
    const tunnelled = (await framesOf(capture)).map(insideVxlan).filter(packet => packet !== undefined);
    const returned = tunnelled.filter(({ inner }) =>
      [from4, from6].includes((findLayer(inner, 'ipv4') ?? findLayer(inner, 'ipv6'))?.destination as string),
    );
    expect(returned.length).to.be.at.least(10);
    for (const { from, to } of returned) {
      expect(to).to.equal('10.99.0.12');
      expect(from).to.be.oneOf(['10.99.0.1', '10.99.0.2']);
    }
  });

  it('lets no ARP and no neighbour discovery of clients beyond their ports', async () => {
    await using atClient = await all.host('c4').capture({ filter: 'arp or icmp6' });
    const captures = await Promise.all(
      SWITCHES.map(name => all.network.link(name, 'core').capture({ node: name })),
    );
    const outside = await Promise.all(
      ['edge1', 'edge2'].map(name => all.network.link(name, 'observer').capture({ node: name })),
    );
    await all.host('c4').run(['ip', 'neigh', 'flush', 'all'], { check: true });
    await all.host('c4').run(['ip', '-6', 'neigh', 'flush', 'all'], { check: true });
    const [from4, from6] = await both('c4');
    const [to4, to6] = await both('c6');
    for (const [from, to] of [
      [from4, SERVER4],
      [from6, SERVER6],
      [from4, to4],
      [from6, to6],
    ] as const) {
      await until(`c4 reaches ${to}`, () => all.pings('c4', from, to));
    }
    const talk = (await framesOf(atClient)).map(frame => parseFrame(frame)).filter(isNeighbourTalk);
    expect(talk.length, 'the client itself asked').to.be.at.least(4);
    for (const capture of captures) {
      for (const frame of await framesOf(capture)) {
        const tunnelled = insideVxlan(frame);
        if (tunnelled !== undefined) expect(isNeighbourTalk(tunnelled.inner)).to.equal(false);
        // Switches look for each other in the underlay.
        else expect(findLayer(parseFrame(frame), 'arp')?.targetIpv4 ?? '10.99.0.').to.match(/^10\.99\.0\./);
      }
    }
    for (const capture of outside) {
      for (const layers of (await framesOf(capture))
        .map(frame => parseFrame(frame))
        .filter(isNeighbourTalk)) {
        expect(JSON.stringify(layers)).not.to.match(/10\.64\.|2001:db8:64:/);
      }
    }
    for (const capture of [...captures, ...outside]) await capture.discard();
  });

  it('keeps the edge table as it is from 10 to 10,000 IPv6 leases', async () => {
    const edgeFlows = async () => {
      const text = await all.network.switch('edge1').ofctl('dump-flows');
      return text.split('\n').filter(line => line.includes('actions=') && !line.includes('nw_dst=10.64.'))
        .length;
    };
    const clients = all.clientNames.map(name => all.attachmentOf(name));
    const simulated = (count: number) =>
      Promise.all(
        Array.from({ length: count / 10 }, (_, index) => {
          const at = clients[index % clients.length]!;
          return allocator.lease({ ...at, mac: 0x0200_0000_0000 + index }, 6, 10);
        }),
      );
    const few = await simulated(10);
    const before = await edgeFlows();
    const many = await simulated(10_000);
    expect(await edgeFlows()).to.equal(before);
    const here = await all.network.switch('access1').ofctl('dump-aggregate');
    expect(Number(/flow_count=(\d+)/.exec(here)![1])).to.be.at.least(3000);
    await allocator.remove([...few, ...many].flat());
    expect(await edgeFlows()).to.equal(before);
  });
});

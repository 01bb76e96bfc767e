import { expect } from 'chai';
import { mimiqWith } from '../../../apps/mimiq/app.js';
import { ForwardingError } from '../../../apps/mimiq/forwarding-error.js';
import type { AliasState, Lease } from '../../../apps/mimiq/model.js';
import { buildFrame, findLayer, parseFrame } from '../../../controller/packet/index.js';
import { cookieOf, ownerNumber } from '../../../controller/switch/index.js';
import { SimulatedSwitch } from '../../simulator/simulated-switch.js';
import { type SimulatedConnection, Simulation } from '../../simulator/simulation.js';
import { everyKindOfSwitch } from './settings.js';
import { SilentAllocator } from './silent-allocator.js';

const HERE = '0000000000000001';
const THERE = '0000000000000002';
const LEASES = 2;
const DELIVER = 7;
const PUNTED = { request: 1, dhcp4: 2, dhcp6: 3, router: 4 } as const;

describe('the routes of MIMIQ', () => {
  let simulation: Simulation;
  let allocator: SilentAllocator;
  let here: SimulatedSwitch;
  let there: SimulatedSwitch;
  let toThere: SimulatedConnection;
  let lastId = 0;

  beforeEach(async () => {
    allocator = new SilentAllocator();
    const config = JSON.stringify({
      discovery: { enabled: false },
      apps: [{ mimiq: everyKindOfSwitch('unused') }],
    });
    simulation = await Simulation.start({ config, apps: [mimiqWith(allocator.allocate)] });
    here = new SimulatedSwitch({ datapathId: 1n, ports: [1, 2, 3] });
    there = new SimulatedSwitch({ datapathId: 2n, ports: [1] });
    for (const sw of [here, there]) sw.ports.set(9, { ...sw.ports.get(1)!, portNo: 9, name: 'mimiq' });
    await simulation.connect(here);
    toThere = await simulation.connect(there);
  });
  afterEach(() => simulation.stop());

  const lease = (switchId: string, address: number[], more: Partial<Lease> = {}): Lease => ({
    id: ++lastId,
    address: Uint8Array.from(address),
    attachment: { switchId, port: 1, mac: 0x0200_0000_0001 },
    alias: undefined,
    notBefore: 0,
    expiresAt: 1000,
    removeAt: 2000,
    state: 'held',
    ...more,
  });
  const alias = (switchId: string, value: number): AliasState => ({
    sid: 1,
    alias: value,
    switchId,
    createdAt: 0,
    usableUntil: 1000,
    validUntil: 2000,
  });
  /** Waits for a promise while the simulation runs. */
  const settled = async <Value>(promise: Promise<Value>): Promise<Value | ForwardingError> => {
    const outcome = promise.catch((error: ForwardingError) => error);
    await simulation.settle();
    return outcome;
  };
  const flowsIn = (sw: SimulatedSwitch, tableId: number) => sw.flows.filter(flow => flow.tableId === tableId);

  it('put one flow an IPv4 address into its switch and into the edge, and none elsewhere', async () => {
    const base = flowsIn(here, DELIVER).length;
    const away = lease(THERE, [10, 64, 1, 1]);
    expect(await settled(allocator.forwarding!.install([away]))).to.equal(undefined);
    expect(flowsIn(there, LEASES)).to.have.length(1);
    expect(flowsIn(here, LEASES)).to.have.length(0);
    expect(flowsIn(here, DELIVER)).to.have.length(base + 1);
    expect(await settled(allocator.forwarding!.remove([away]))).to.equal(undefined);
    expect(flowsIn(there, LEASES)).to.have.length(0);
    expect(flowsIn(here, DELIVER)).to.have.length(base);
  });

  it('put an IPv6 address into its switch alone: the edge knows aliases', async () => {
    const base = flowsIn(here, DELIVER).length;
    await settled(allocator.forwarding!.setAliases([alias(THERE, 0x1234), alias(HERE, 0x4321)]));
    expect(flowsIn(here, DELIVER)).to.have.length(base + 1);
    const match = flowsIn(here, DELIVER).at(-1)!.match.ipv6Dst;
    expect(match).to.deep.equal({ value: '2001:db8:64:0:1234::', mask: 'ffff:ffff:ffff:ffff:ffff::' });
    const address = [0x20, 1, 0xd, 0xb8, 0, 0x64, 0, 0, 0x12, 0x34, 1, 2, 3, 4, 5, 6];
    expect(await settled(allocator.forwarding!.install([lease(THERE, address)]))).to.equal(undefined);
    expect(flowsIn(here, DELIVER)).to.have.length(base + 1);
    expect(flowsIn(there, LEASES)).to.have.length(1);
    await settled(allocator.forwarding!.setAliases([]));
    expect(flowsIn(here, DELIVER)).to.have.length(base);
  });

  it('say which leases are not in force: at a switch that is not configured, or away, or that refuses', async () => {
    const unknown = lease('00000000000000ff', [10, 64, 1, 2]);
    const good = lease(HERE, [10, 64, 1, 3]);
    const error = (await settled(allocator.forwarding!.install([unknown, good]))) as ForwardingError;
    expect(error).to.be.instanceOf(ForwardingError);
    expect(error.code).to.equal('switch-unknown');
    expect(error.leases).to.deep.equal([unknown]);
    expect(flowsIn(here, LEASES)).to.have.length(1);

    there.refuse = message => {
      const isLease = message.type === 'flow-mod' && message.tableId === LEASES && message.command === 'add';
      return isLease ? { errorType: 'flow-mod-failed', errorCode: 'table-full' } : undefined;
    };
    const full = lease(THERE, [10, 64, 1, 4]);
    const other = lease(HERE, [10, 64, 1, 5]);
    const refused = (await settled(allocator.forwarding!.install([full, other]))) as ForwardingError;
    expect(refused.code).to.equal('table-full');
    expect(refused.leases).to.deep.equal([full]);
    expect(flowsIn(here, LEASES)).to.have.length(2);
    expect(refused.message).not.to.include('10.64');
  });

  it('come back with a switch: what was removed meanwhile is gone, what was added is there', async () => {
    const old = lease(THERE, [10, 64, 1, 6]);
    await settled(allocator.forwarding!.install([old]));
    toThere.cut();
    await simulation.settle();
    const away = (await settled(
      allocator.forwarding!.install([lease(THERE, [10, 64, 1, 7])]),
    )) as ForwardingError;
    expect(away.code).to.equal('switch-unreachable');
    expect(await settled(allocator.forwarding!.remove([old]))).to.equal(undefined);
    await simulation.connect(there);
    expect(flowsIn(there, LEASES)).to.have.length(0);
  });

  it('stay for a lease whose renewal was not confirmed', async () => {
    const kept = lease(THERE, [10, 64, 1, 9]);
    await settled(allocator.forwarding!.install([kept]));
    toThere.cut();
    await simulation.settle();
    const renewal = allocator.forwarding!.install([{ ...kept, expiresAt: 5000 }]);
    expect(await settled(renewal)).to.have.property('code', 'switch-unreachable');
    await simulation.connect(there);
    expect(flowsIn(there, LEASES)).to.have.length(1);
  });

  it('have what the allocator restored before any switch was there', async () => {
    await simulation.stop();
    const kept = lease(THERE, [10, 64, 1, 8]);
    allocator.restored = { leases: [kept], aliases: [alias(THERE, 7)] };
    const config = JSON.stringify({
      discovery: { enabled: false },
      apps: [{ mimiq: everyKindOfSwitch('unused') }],
    });
    simulation = await Simulation.start({ config, apps: [mimiqWith(allocator.allocate)] });
    await simulation.connect(there);
    await simulation.connect(here);
    expect(flowsIn(there, LEASES)).to.have.length(1);
    expect(
      flowsIn(here, DELIVER).some(flow => JSON.stringify(flow.match.ipv6Dst)?.includes('64:0:7:')),
    ).to.equal(true);
  });

  it('leave switches alone that the configuration does not name, and tell of them', async () => {
    const stranger = new SimulatedSwitch({ datapathId: 0x77n, ports: [1] });
    await simulation.connect(stranger);
    expect(simulation.logged('mimiq-foreign-switch').map(record => record.switch)).to.deep.equal([
      '0000000000000077',
    ]);
    expect(flowsIn(stranger, LEASES)).to.deep.equal([]);
  });

  describe('and requests', () => {
    const tell = async (kind: keyof typeof PUNTED, inPort: number, frame: Uint8Array) => {
      here.forget();
      here.tell({
        type: 'packet-in',
        totalLen: frame.length,
        reason: 'action',
        cookie: cookieOf(ownerNumber('mimiq'), PUNTED[kind]),
        match: { inPort },
        data: frame,
      });
      await simulation.settle();
      return here.received.filter(message => message.type === 'packet-out');
    };
    const request = (text: string) =>
      buildFrame([
        { type: 'ethernet', source: '02:00:00:00:00:0a', destination: '02:c1:0a:00:00:fe' },
        { type: 'ipv6', source: 'fe80::a', destination: 'fe80::1' },
        { type: 'udp', sourcePort: 5000, destinationPort: 4870 },
        { type: 'payload', data: Buffer.from(text) },
      ]);

    it('reach the allocator with datapath, port and MAC address, and are answered through the same port', async () => {
      allocator.answer = Buffer.from('yes');
      const [answer] = await tell('request', 2, request('please'));
      expect(allocator.asked).to.deep.equal([
        { kind: 'udp', payload: 'please', from: { switchId: HERE, port: 2, mac: 0x0200_0000_000a } },
      ]);
      expect(answer!.actions).to.deep.include.members([{ type: 'output', port: 2, maxLen: 0 }]);
      const layers = parseFrame(answer!.data as Uint8Array);
      expect(findLayer(layers, 'ipv6')).to.deep.include({ source: 'fe80::1', destination: 'fe80::a' });
      expect(findLayer(layers, 'udp')).to.include({ sourcePort: 4870, destinationPort: 5000 });
      expect(findLayer(layers, 'udp')).not.to.have.property('checksum');
    });

    it('are not heard from other ports, when cut or damaged, or in fragments', async () => {
      const frame = request('please');
      const damaged = frame.slice();
      damaged[60]! ^= 1;
      for (const bad of [frame.subarray(0, 58), damaged, frame.subarray(0, 30)]) {
        expect(await tell('request', 1, bad)).to.deep.equal([]);
      }
      expect(await tell('request', 3, frame)).to.deep.equal([]);
      expect(allocator.asked).to.deep.equal([]);
    });

    it('of a switch that is not configured are not heard, whatever it says', async () => {
      const stranger = new SimulatedSwitch({ datapathId: 9n, ports: [1] });
      await simulation.connect(stranger);
      const frame = request('please');
      const cookie = cookieOf(ownerNumber('mimiq'), PUNTED.request);
      const packetIn = { type: 'packet-in', totalLen: frame.length, reason: 'action', cookie } as const;
      stranger.tell({ ...packetIn, match: { inPort: 1 }, data: frame });
      await simulation.settle();
      expect(allocator.asked).to.deep.equal([]);
      expect(stranger.received.filter(({ type }) => type === 'packet-out')).to.deep.equal([]);
      expect(stranger.flows.filter(({ priority }) => priority > 0 && priority < 65_000)).to.deep.equal([]);
    });

    it('for the router are answered by an advertisement that sends hosts to DHCPv6', async () => {
      const solicitation = buildFrame([
        { type: 'ethernet', source: '02:00:00:00:00:0a', destination: '33:33:00:00:00:02' },
        { type: 'ipv6', source: 'fe80::a', destination: 'ff02::2', hopLimit: 255 },
        { type: 'icmpv6', body: { type: 'router-solicitation', options: [] } },
      ]);
      const [answer] = await tell('router', 1, solicitation);
      const body = findLayer(parseFrame(answer!.data as Uint8Array), 'icmpv6')!.body;
      expect(body).to.include({ type: 'router-advertisement', managed: true, routerLifetime: 1800 });
    });
  });
});

import { inspect } from 'node:util';
import { expect } from 'chai';
import { mimiqWith } from '../../../apps/mimiq/app.js';
import { configSchema } from '../../../apps/mimiq/config.js';
import { lookUpKey, lookUpKeyOf } from '../../../apps/mimiq/pipeline/pipeline.js';
import { buildFrame, findLayer, parseFrame } from '../../../controller/packet/index.js';
import { cookieOf, isShortLived, ownerNumber } from '../../../controller/switch/index.js';
import { SimulatedSwitch } from '../../simulator/simulated-switch.js';
import { type SimulatedConnection, Simulation } from '../../simulator/simulation.js';
import { SilentAllocator } from './silent-allocator.js';

const OUTSIDE = 5;
const TUNNEL = 9;
const EXIT_TABLE = 10;
const NEIGHBOUR = 5;
const ROUTER = '02:0b:5e:00:00:01';

const outside = (last: number, nextHop: unknown) => ({
  port: OUTSIDE,
  mac: `02:c1:0a:00:00:0${last}`,
  addresses: [`192.0.2.${last}`, `2001:db8:e::${last}`],
  nextHop,
});
const settings = (nextHop: unknown = ['192.0.2.99', '2001:db8:e::99'], resolvers: string[] = []) => ({
  switches: {
    one: { datapathId: '1', underlay: '10.99.0.1', outside: outside(1, nextHop) },
    two: { datapathId: '2', underlay: '10.99.0.2', outside: outside(2, ROUTER) },
    access: { datapathId: '3', underlay: '10.99.0.3', clients: [1], exit: 'one' },
  },
  allocator: {
    store: 'unused',
    resolvers,
    ipv4: [{ prefix: '10.64.0.0/16', gateway: '10.64.0.1' }],
    ipv6: [{ prefix: '2001:db8:64::/64', gateway: 'fe80::1' }],
  },
});

describe('the ways out of MIMIQ', () => {
  let simulation: Simulation;
  let one: SimulatedSwitch;
  let access: SimulatedSwitch;
  let toOne: SimulatedConnection;

  const start = async () => {
    const config = JSON.stringify({ discovery: { enabled: false }, apps: [{ mimiq: settings() }] });
    simulation = await Simulation.start({ config, apps: [mimiqWith(new SilentAllocator().allocate)] });
  };
  beforeEach(async () => {
    await start();
    one = new SimulatedSwitch({ datapathId: 1n, ports: [OUTSIDE] });
    const two = new SimulatedSwitch({ datapathId: 2n, ports: [OUTSIDE] });
    access = new SimulatedSwitch({ datapathId: 3n, ports: [1] });
    for (const sw of [one, two, access]) {
      sw.ports.set(TUNNEL, { ...describePort(sw), portNo: TUNNEL, name: 'mimiq' });
    }
    toOne = await simulation.connect(one);
    await simulation.connect(two);
    await simulation.connect(access);
  });
  afterEach(() => simulation.stop());

  const describePort = (sw: SimulatedSwitch) => [...sw.ports.values()][0]!;
  /** Frames that the edge was told to send by its outside port since `forget`. */
  const questions = () =>
    one.received
      .filter(message => message.type === 'packet-out')
      .filter(({ actions }) => actions.some(action => action.type === 'output' && action.port === OUTSIDE))
      .map(({ data }) => parseFrame(data as Uint8Array));
  const tell = async (frame: Uint8Array) => {
    const cookie = cookieOf(ownerNumber('mimiq'), NEIGHBOUR);
    one.tell({
      type: 'packet-in',
      totalLen: frame.length,
      reason: 'action',
      cookie,
      match: { inPort: OUTSIDE },
      data: frame,
    });
    await simulation.settle();
  };
  const reply = (mac: string, sender = '192.0.2.99') =>
    buildFrame([
      { type: 'ethernet', source: mac, destination: '02:c1:0a:00:00:01' },
      { type: 'arp', operation: 'reply', senderMac: mac, senderIpv4: sender, targetIpv4: '192.0.2.1' },
    ]);
  const advertisement = (mac: string, hopLimit = 255) =>
    buildFrame([
      { type: 'ethernet', source: mac, destination: '02:c1:0a:00:00:01' },
      { type: 'ipv6', source: '2001:db8:e::99', destination: '2001:db8:e::1', hopLimit },
      {
        type: 'icmpv6',
        body: {
          type: 'neighbour-advertisement',
          target: '2001:db8:e::99',
          router: true,
          solicited: true,
          override: true,
          options: [{ type: 'target-link-layer-address', address: mac }],
        },
      },
    ]);
  const answerBoth = async () => {
    await tell(reply(ROUTER));
    await tell(advertisement(ROUTER));
  };
  const found = () => one.flows.filter(flow => flow.tableId === EXIT_TABLE);
  /** Far ends of the tunnels that packets of clients leave through, by family. */
  const exits = () =>
    [0x800, 0x86dd].map(ethType => {
      const flow = access.flows.find(
        ({ match }) => match.ethType === ethType && match.reg8 === 1 && !match.ipTtl,
      );
      return inspect(flow?.instructions, { depth: 9 }).match(/10\.99\.0\.\d/)?.[0];
    });

  it('begin with a question for the next router of each family, and its answer becomes a flow', async () => {
    const [arp, solicitation] = questions();
    expect(findLayer(arp!, 'arp')).to.include({
      operation: 'request',
      senderIpv4: '192.0.2.1',
      targetIpv4: '192.0.2.99',
    });
    expect(findLayer(solicitation!, 'icmpv6')!.body).to.include({
      type: 'neighbour-solicitation',
      target: '2001:db8:e::99',
    });
    expect(findLayer(solicitation!, 'ipv6')).to.include({ destination: 'ff02::1:ff00:99', hopLimit: 255 });
    expect(found()).to.deep.equal([]);
    await answerBoth();
    expect(found()).to.have.length(2);
    for (const flow of found()) {
      expect(isShortLived(flow.cookie)).to.equal(true);
      expect(JSON.stringify(flow.instructions)).to.include(ROUTER);
    }
  });

  it('believe no answer of somebody else, from afar, or with the MAC address of a group', async () => {
    await tell(reply('02:66:66:66:66:66', '192.0.2.98'));
    await tell(reply('03:66:66:66:66:66'));
    await tell(reply('00:00:00:00:00:00'));
    await tell(advertisement('02:66:66:66:66:66', 64));
    await tell(advertisement('02:66:66:66:66:66').subarray(0, 60));
    expect(found()).to.deep.equal([]);
  });

  it('ask again, and take another MAC address', async () => {
    await answerBoth();
    one.forget();
    await simulation.pass(6000);
    expect(questions()).to.have.length.at.least(2);
    await tell(reply('02:0b:5e:00:00:02'));
    await tell(advertisement('02:0b:5e:00:00:02'));
    expect(found()).to.have.length(2);
    expect(JSON.stringify(found().map(flow => flow.instructions))).not.to.include(ROUTER);
  });

  it('remember the next router through a restart of the controller, from the flows of the switch', async () => {
    await answerBoth();
    const before = found();
    await simulation.stop();
    await start();
    one.forget();
    await simulation.connect(one);
    expect(found()).to.deep.equal(before);
    await tell(reply(ROUTER));
    expect(one.changes.filter(change => 'tableId' in change && change.tableId === EXIT_TABLE)).to.deep.equal(
      [],
    );
  });

  it('lead over another edge for the family whose next router is silent, until it speaks again', async () => {
    await answerBoth();
    expect(exits()).to.deep.equal(['10.99.0.1', '10.99.0.1']);
    for (let second = 0; second < 12; second++) {
      await simulation.pass(1000);
      await tell(advertisement(ROUTER));
    }
    expect(exits()).to.deep.equal(['10.99.0.2', '10.99.0.1']);
    await tell(reply(ROUTER));
    expect(exits()).to.deep.equal(['10.99.0.1', '10.99.0.1']);
  });

  it('lead over another edge while the outside port of one is down', async () => {
    await answerBoth();
    one.setPort(OUTSIDE, false);
    await simulation.settle();
    expect(exits()).to.deep.equal(['10.99.0.2', '10.99.0.2']);
    one.setPort(OUTSIDE, true);
    await simulation.settle();
    expect(exits()).to.deep.equal(['10.99.0.1', '10.99.0.1']);
  });

  it('lead over another edge when one stays away, and back when it has proved itself', async () => {
    await answerBoth();
    toOne.cut();
    await simulation.settle();
    expect(exits(), 'it may be back at once').to.deep.equal(['10.99.0.1', '10.99.0.1']);
    await simulation.pass(1500);
    expect(exits()).to.deep.equal(['10.99.0.2', '10.99.0.2']);
    await simulation.connect(one);
    await answerBoth();
    expect(exits()).to.deep.equal(['10.99.0.2', '10.99.0.2']);
    await simulation.pass(2500);
    expect(exits()).to.deep.equal(['10.99.0.1', '10.99.0.1']);
  });

  it('are as they were after a restart of the controller, also when an edge was gone before', async () => {
    await answerBoth();
    toOne.cut();
    await simulation.pass(1500);
    expect(exits()).to.deep.equal(['10.99.0.2', '10.99.0.2']);
    const notes = () => access.flows.filter(flow => flow.tableId === EXIT_TABLE);
    expect(notes()).to.have.length(1);
    await simulation.stop();
    await start();
    access.forget();
    await simulation.connect(access);
    expect(exits()).to.deep.equal(['10.99.0.2', '10.99.0.2']);
    expect(access.changes, 'nothing moves').to.deep.equal([]);
    await simulation.connect(one);
    await answerBoth();
    expect(exits()).to.deep.equal(['10.99.0.2', '10.99.0.2']);
    await simulation.pass(2500);
    expect(exits()).to.deep.equal(['10.99.0.1', '10.99.0.1']);
    expect(notes()).to.deep.equal([]);
  });

  describe('stay as they are when the configuration is loaded anew', () => {
    let loaded = 0;
    const reload = async () => {
      const changed = settings(undefined, [`192.0.2.${++loaded}`]);
      const text = JSON.stringify({ discovery: { enabled: false }, apps: [{ mimiq: changed }] });
      access.forget();
      const report = await simulation.controller.apply(await simulation.config(text));
      expect(report.restarted).to.deep.equal(['mimiq']);
      await simulation.settle();
    };

    it('while an edge is gone, and until it has proved itself', async () => {
      await answerBoth();
      toOne.cut();
      await simulation.pass(1500);
      await reload();
      expect(exits()).to.deep.equal(['10.99.0.2', '10.99.0.2']);
      expect(access.changes, 'nothing moves').to.deep.equal([]);
      await simulation.connect(one);
      await answerBoth();
      await reload();
      expect(exits()).to.deep.equal(['10.99.0.2', '10.99.0.2']);
      await simulation.pass(2500);
      expect(exits()).to.deep.equal(['10.99.0.1', '10.99.0.1']);
      const notes = access.flows.filter(flow => flow.tableId === EXIT_TABLE);
      expect(notes, 'the note of the time before is gone').to.deep.equal([]);
    });

    it('but an edge that had just gone gets no other time than without it', async () => {
      await answerBoth();
      toOne.cut();
      await simulation.pass(500);
      await reload();
      expect(exits()).to.deep.equal(['10.99.0.1', '10.99.0.1']);
      await simulation.pass(600);
      expect(exits()).to.deep.equal(['10.99.0.2', '10.99.0.2']);
    });

    it('while a next router is silent', async () => {
      await answerBoth();
      for (let second = 0; second < 12; second++) {
        await simulation.pass(1000);
        await tell(advertisement(ROUTER));
      }
      await reload();
      expect(exits()).to.deep.equal(['10.99.0.2', '10.99.0.1']);
      expect(access.changes, 'nothing moves').to.deep.equal([]);
      await tell(reply(ROUTER));
      expect(exits()).to.deep.equal(['10.99.0.1', '10.99.0.1']);
    });
  });

  it('are not changed by the memory of an edge that is there', async () => {
    await answerBoth();
    toOne.cut();
    await simulation.pass(1500);
    await simulation.stop();
    await start();
    await simulation.connect(one);
    await simulation.connect(access);
    expect(exits()).to.deep.equal(['10.99.0.1', '10.99.0.1']);
    expect(access.flows.filter(flow => flow.tableId === EXIT_TABLE)).to.deep.equal([]);
  });

  it('are read from flows in either form in which a switch reports the address', () => {
    const address = Uint8Array.of(0x20, 1, 0xd, 0xb8, 0, 0xe, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x99);
    const narrow = { reg0: 0x2001_0db8, reg1: 0x000e_0000, reg2: 0, reg3: 0x99 };
    expect(lookUpKeyOf({ xxreg0: lookUpKey(address) })).to.equal(lookUpKey(address));
    expect(lookUpKeyOf(narrow)).to.equal(lookUpKey(address));
    expect(lookUpKeyOf({ reg0: 1, reg1: 2, reg3: 3 })).to.equal(undefined);
    expect(lookUpKeyOf({})).to.equal(undefined);
  });

  it('need an own address of the family in which the next router is asked for', () => {
    const wrong = settings(['192.0.2.99', '2001:db8:e::99']);
    wrong.switches.one.outside.addresses = ['192.0.2.1'];
    expect(configSchema.safeParse(wrong).error?.issues[0]?.message).to.include('next router');
    expect(configSchema.safeParse(settings(['192.0.2.98', '192.0.2.99'])).success).to.equal(false);
    expect(configSchema.safeParse(settings('192.0.2.99')).success).to.equal(true);
    expect(configSchema.safeParse(settings('no router')).success).to.equal(false);
  });
});

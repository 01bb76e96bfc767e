import { expect } from 'chai';
import { FlowsRedirection } from '../../../apps/popsicl/handoff/flows.js';
import type { IdleRules } from '../../../apps/popsicl/handoff/idle-rules.js';
import { LiveConnections } from '../../../apps/popsicl/handoff/live-connections.js';
import type { Tenant } from '../../../apps/popsicl/handoff/tenants.js';
import type { ConnectionEnds } from '../../../apps/popsicl/segments/connection-ends.js';
import type { Message } from '../../../controller/openflow/index.js';
import { IpProtocol, TcpFlag } from '../../../controller/packet/index.js';
import type { Switch } from '../../../controller/switch/index.js';

const ENDS: ConnectionEnds = {
  family: 4,
  ...{ source0: 0, source1: 0, source2: 0, source3: 0x0a000001, sourcePort: 40_000 },
  ...{ destination0: 0, destination1: 0, destination2: 0, destination3: 0xc6336402, destinationPort: 443 },
};
const TENANT = { index: 0, port: 443, ipv4: 0x0a000002, mac: 2 } as unknown as Tenant;
const FRAME = new Uint8Array(60);

describe('the redirection by rules', () => {
  let second: number;
  let sent: Message[];
  let resume: (flags?: number, tenant?: Tenant) => void;
  beforeEach(() => {
    second = 100;
    sent = [];
    const sw = { id: 's1', isConnected: true, send: (message: Message) => sent.push(message) };
    const live = new LiveConnections(16);
    const flows = new FlowsRedirection({
      protocol: IpProtocol.TCP,
      table: 1,
      next: [],
      cookieOf: number => BigInt(number),
      idle: { number: () => 1, add: () => {} } as unknown as IdleRules,
      live,
      switches: new Map([[sw.id, sw as unknown as Switch]]),
      now: () => second,
    });
    const args = [sw as unknown as Switch, 1, ENDS, TENANT] as const;
    flows.switchUp(args[0]);
    live.add(ENDS, TENANT.index, second, 1, ENDS.sourcePort);
    flows.begin(...args, live.ofClient(ENDS)!, [FRAME]);
    resume = (flags = TcpFlag.ACK, tenant = TENANT) =>
      flows.resume(args[0], 1, { ...ENDS, flags }, tenant, live.ofClient(ENDS)!, FRAME);
  });

  const added = () => sent.filter(({ type }) => type === 'flow-mod').length;
  const relayed = () => sent.filter(({ type }) => type === 'packet-out').length;

  it('sends late packets on, and adds no rule again that is on its way, also in the second in which the switch connected', () => {
    resume();
    second += 5;
    resume();
    expect([added(), relayed()]).to.deep.equal([2, 3]);
  });

  it('sends nothing to a tenant whose MAC address is not known, and makes no rule that would lead nowhere', () => {
    second += 20;
    resume(TcpFlag.ACK, { ...TENANT, mac: undefined } as unknown as Tenant);
    expect([added(), relayed()]).to.deep.equal([2, 1]);
  });

  it('adds the rules again when they should have been in use for long', () => {
    second += 20;
    resume();
    expect([added(), relayed()]).to.deep.equal([4, 2]);
  });

  it('lets rules that come back with a FIN or RST end by themselves, as those that such a packet passes', () => {
    const timeouts = () => sent.flatMap(one => (one.type === 'flow-mod' ? [one.idleTimeout] : []));
    for (const flags of [TcpFlag.ACK, TcpFlag.ACK | TcpFlag.FIN, TcpFlag.RST]) {
      second += 20;
      resume(flags);
    }
    expect(timeouts()).to.deep.equal([0, 0, 0, 0, 10, 10, 10, 10]);
  });
});

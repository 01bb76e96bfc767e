import { expect } from 'chai';
import { type EmulatedNetwork, emulate, until } from '../../../mininet/driver/index.js';

async function answers(network: EmulatedNetwork, from: string, address: string): Promise<boolean> {
  const { exitCode } = await network.host(from).run(['ping', '-n', '-c1', '-W1', address]);
  return exitCode === 0;
}

async function expectAllReach(network: EmulatedNetwork): Promise<void> {
  const names = [...network.hosts.keys()];
  for (const from of names) {
    for (const to of names.filter(name => name !== from)) {
      const { ip, ip6 } = network.host(to);
      for (const address of [ip, ip6]) {
        await until(`${from} reaches ${to} at ${address}`, () => answers(network, from, address));
      }
    }
  }
}

describe('topologies', () => {
  for (const name of ['single', 'linear', 'tree']) {
    it(`${name}: every host reaches every other over IPv4 and IPv6 by the switches' own learning`, async () => {
      await using network = await emulate(name);
      await expectAllReach(network);
    });
  }

  it('loop: its switches are a ring, and forward once it is cut', async () => {
    await using network = await emulate('loop');
    expect(await answers(network, 'h1', network.host('h2').ip)).to.equal(false);
    await network.link('s4', 's1').down();
    for (const node of network.switches.values()) await node.ofctl('add-flow', 'actions=NORMAL');
    await expectAllReach(network);
  });

  it('two networks of one topology live side by side', async () => {
    await using first = await emulate('single');
    await using second = await emulate('single');
    expect(first.id).to.not.equal(second.id);
    await Promise.all([expectAllReach(first), expectAllReach(second)]);
  });
});

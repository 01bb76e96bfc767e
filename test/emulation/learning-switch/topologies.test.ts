import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import pino from 'pino';
import { builtInApps } from '../../../apps/index.js';
import { Controller, parseConfig } from '../../../controller/host/index.js';
import { type EmulatedNetwork, emulate, until } from '../../../mininet/driver/index.js';

/** A controller with the learning switch, on a unix socket and with quick probes, and a network under it. */
async function withNetwork(
  topology: string,
  use: (network: EmulatedNetwork, controller: Controller) => Promise<void>,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'cloakflow-test-'));
  const socket = join(folder, 'openflow.sock');
  const config = await parseConfig(
    JSON.stringify({
      listen: [`punix:${socket}`],
      discovery: { interval: 0.5, hold: 0.5 },
      apps: ['learning-switch'],
    }),
    { builtIn: builtInApps },
  );
  const controller = await Controller.start({
    config,
    builtIn: builtInApps,
    logger: pino({ level: 'silent' }),
  });
  try {
    await using network = await emulate(topology, { controller: `unix:${socket}` });
    await until('all switches', () => controller.connected.size === network.switches.size);
    await use(network, controller);
  } finally {
    await controller.stop();
    await rm(folder, { recursive: true });
  }
}

async function answers(network: EmulatedNetwork, from: string, address: string): Promise<boolean> {
  const { exitCode } = await network.host(from).run(['ping', '-n', '-c1', '-W1', address]);
  return exitCode === 0;
}

async function expectAllReach(network: EmulatedNetwork): Promise<void> {
  for (const from of network.hosts.values()) {
    for (const to of network.hosts.values()) {
      if (from === to) continue;
      for (const address of [to.ip, to.ip6])
        await until(
          `${from.name} reaches ${to.name} at ${address}`,
          () => answers(network, from.name, address),
          {
            timeout: 60_000,
          },
        );
    }
  }
}

describe('the learning switch', () => {
  for (const topology of ['single', 'linear', 'tree']) {
    it(`lets every host of ${topology} reach every other`, () => withNetwork(topology, expectAllReach));
  }

  it('lets every host of a ring reach every other, and no broadcast goes round', () =>
    withNetwork('loop', async network => {
      await expectAllReach(network);
      // Four hosts ask once each for an address that nobody has; a ring that melts shows thousands of copies.
      await using capture = await network.link('s1', 's2').capture({ filter: 'arp host 10.0.0.99' });
      for (const host of network.hosts.values()) await host.run(['ping', '-n', '-c1', '-W1', '10.0.0.99']);
      expect((await capture.stop()).frames).to.be.below(50);
    }));

  it('finds the way round when a ring is cut anywhere', () =>
    withNetwork('loop', async network => {
      await expectAllReach(network);
      for (const [a, b] of [
        ['s1', 's2'],
        ['s3', 's4'],
      ] as const) {
        await network.link(a, b).down();
        await expectAllReach(network);
        await network.link(a, b).up();
        await expectAllReach(network);
      }
    }));
});

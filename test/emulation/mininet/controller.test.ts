import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, createServer, type ListenOptions } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { emulate, type TopologyInput, until } from '../../../mininet/driver/index.js';

const TOPOLOGY: TopologyInput = {
  description: 'two switches of each kind',
  hosts: {},
  switches: { s1: {}, s2: {}, p1: { kind: 'private' }, p2: { kind: 'private' } },
  links: [],
};

/** A controller that only counts how often a switch greets it with an OpenFlow 1.3 HELLO. */
async function countingController(
  listen: ListenOptions,
): Promise<{ hellos(): number; port: number; close(): Promise<void> }> {
  let hellos = 0;
  const server = createServer(socket => {
    socket.on('error', () => {});
    socket.once('data', bytes => {
      if (bytes[0] === 4 && bytes[1] === 0) hellos++;
    });
  });
  await new Promise<void>(resolve => server.listen(listen, resolve));
  return {
    hellos: () => hellos,
    port: (server.address() as AddressInfo).port,
    close: () => new Promise(resolve => server.close(() => resolve())),
  };
}

describe('the switches of an emulation', () => {
  it('reach a controller on a unix socket anywhere', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'cloakflow-test-'));
    const path = join(folder, 'openflow.sock');
    const controller = await countingController({ path });
    try {
      await using _network = await emulate(TOPOLOGY, { controller: `unix:${path}` });
      await until('four switches', () => controller.hellos() >= 4);
    } finally {
      await controller.close();
      await rm(folder, { recursive: true });
    }
  });

  it('reach a controller on TCP, also from namespaces of their own', async () => {
    const controller = await countingController({ port: 0, host: '127.0.0.1' });
    try {
      await using _network = await emulate(TOPOLOGY, { controller: `tcp:127.0.0.1:${controller.port}` });
      await until('four switches', () => controller.hellos() >= 4);
    } finally {
      await controller.close();
    }
  });

  it('listen themselves for a controller that connects', async () => {
    await using network = await emulate(TOPOLOGY);
    for (const node of network.switches.values()) {
      expect(node.managementSocket).to.match(/^unix:\//);
      expect(await node.ofctl('show')).to.include(`dpid:${node.datapathId}`);
    }
  });
});

import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import {
  type EmulatedHost,
  type EmulatedNetwork,
  EmulationError,
  emulate,
  until,
} from '../../../mininet/driver/index.js';

interface Pings {
  received: number;
  /** Milliseconds; the quickest of all. */
  quickest: number;
}

async function ping(from: EmulatedHost, to: EmulatedHost, count: number, ...more: string[]): Promise<Pings> {
  const { stdout } = await from.run(['ping', '-n', `-c${count}`, '-i0.02', '-W2', ...more, to.ip]);
  return {
    received: Number(/(\d+) received/.exec(stdout)![1]),
    quickest: Number(/= ([\d.]+)\//.exec(stdout)?.[1] ?? Number.NaN),
  };
}

describe('the shape of a link', () => {
  let network: EmulatedNetwork;
  let a: EmulatedHost;
  let b: EmulatedHost;
  const link = () => network.link('a', 's1');
  const reset = async () => {
    await link().setDelay('0ms');
    await link().setLoss('0%');
    await link().setRate('0bit');
  };
  before(async () => {
    network = await emulate({
      description: 'a link to play with',
      hosts: { a: { addresses: ['10.0.0.1/24'] }, b: { addresses: ['10.0.0.2/24'] } },
      switches: { s1: { kind: 'private' } },
      links: [{ between: ['a', 's1'], delay: '10ms' }, { between: ['b', 's1'] }],
    });
    a = network.host('a');
    b = network.host('b');
    await until('a reaches b', async () => (await ping(a, b, 1)).received === 1);
  });
  after(() => network.stop());

  it('delays a round trip by twice the delay of the topology, and by twice a new one', async () => {
    for (const delay of [10, 25, 50]) {
      await link().setDelay(`${delay}ms`);
      const { received, quickest } = await ping(a, b, 3);
      expect(received).to.equal(3);
      expect(quickest).to.be.at.least(2 * delay);
    }
    await reset();
    // The quickest of many does not wait for a processor.
    expect((await ping(a, b, 50)).quickest).to.be.below(20);
  });

  it('loses every frame at 100 %, some at 50 %, none at 0 %', async () => {
    await ping(a, b, 1);
    await link().setLoss('100%');
    expect((await ping(a, b, 5, '-W1')).received).to.equal(0);
    await link().setLoss('50%');
    expect((await ping(a, b, 60, '-W1')).received).to.be.within(1, 45);
    await link().setLoss('0%');
    expect((await ping(a, b, 20)).received).to.equal(20);
  });

  it('holds frames back to the rate', async () => {
    await reset();
    await link().setRate('1mbit');
    // 1028 bytes and 14 of Ethernet take 8.3 ms each way at 1 Mbit/s.
    expect((await ping(a, b, 3, '-s1000')).quickest).to.be.at.least(16);
    await reset();
  });

  it('carries a TCP transfer unchanged in both directions, also with delay and loss', async () => {
    await link().setDelay('2ms');
    await link().setLoss('0.5%');
    const folder = await mkdtemp(join(tmpdir(), 'cloakflow-test-'));
    try {
      const content = randomBytes(4 << 20);
      await writeFile(join(folder, 'sent'), content);
      for (const [from, to] of [
        [a, b],
        [b, a],
      ] as const) {
        const receiver = await to.spawn(['node', '-e', RECEIVER, `${folder}/got`]);
        await receiver.printed(/listening/);
        await from.run(['node', '-e', SENDER, to.ip, `${folder}/sent`], { check: true, timeout: 60_000 });
        expect((await receiver.exited).exitCode).to.equal(0);
        expect(sha256(await readFile(join(folder, 'got')))).to.equal(sha256(content));
      }
    } finally {
      await rm(folder, { recursive: true });
      await reset();
    }
  });

  it('leaves VLAN tags on frames', async () => {
    await using trunk = await emulate({
      description: 'two switches with a trunk between them',
      hosts: { a: { addresses: ['10.0.0.1/24'] }, b: { addresses: ['10.0.0.2/24'] } },
      switches: { s1: { kind: 'private' }, s2: { kind: 'private' } },
      links: [{ between: ['a', 's1'] }, { between: ['b', 's2'] }, { between: ['s1', 's2'], delay: '1ms' }],
    });
    for (const name of ['s1', 's2']) {
      const node = trunk.switch(name);
      await node.vsctl(['set', 'Port', node.interfaces[0]!.interface, 'tag=5']);
    }
    await using capture = await trunk.link('s1', 's2').capture({ node: 's2', filter: 'vlan 5 and icmp' });
    await until('a full frame and its answer', async () => {
      const { received } = await ping(trunk.host('a'), trunk.host('b'), 1, '-s1472', '-Mdo');
      return received === 1;
    });
    expect((await capture.stop()).frames).to.be.at.least(2);
  });

  it('is there no more than the link was built with, where the kernel has no netem', async function () {
    if (network.shaping === 'netem') this.skip();
    const error = await network
      .link('b', 's1')
      .setDelay('1ms')
      .catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(EmulationError).with.property('code', 'link-not-shaped');
  });
});

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

const RECEIVER = `
const { createWriteStream } = require('fs');
const server = require('net').createServer(socket => {
  server.close();
  socket.pipe(createWriteStream(process.argv[1]));
});
server.listen(7000, () => console.log('listening'));`;

const SENDER = `
const socket = require('net').connect(7000, process.argv[1]);
require('fs').createReadStream(process.argv[2]).pipe(socket);
socket.resume();`;

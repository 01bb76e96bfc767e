import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import {
  type AgentOptions,
  type RunningAgent,
  startAgent,
} from '../../../../apps/mimiq/agent/start-agent.js';
import { AgentAddresses } from '../../../../apps/mimiq/client/agent-addresses.js';
import { until } from '../../../../mininet/driver/index.js';
import { ManualClock } from '../../../simulator/manual-clock.js';
import { FakeNetwork } from './fake-network.js';

describe("the agent's socket", () => {
  let folder: string;
  let socket: string;
  let network: FakeNetwork;
  let agent: RunningAgent;
  let clock: ManualClock;
  const sources: AgentAddresses[] = [];
  const source = () => {
    const made = new AgentAddresses(socket);
    sources.push(made);
    return made;
  };
  const start = (name = 'test0', more: Partial<AgentOptions> = {}) =>
    startAgent({
      interface: name,
      families: [6],
      stock: 4,
      socket: name === 'test0' ? socket : join(folder, name),
      service: { host: '::1', port: 9 },
      user: undefined,
      link: network,
      addresses: network,
      clock,
      log: () => undefined,
      ...more,
    });
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'cloakflow-agent-'));
    socket = join(folder, 'agent.sock');
    network = new FakeNetwork();
    clock = new ManualClock();
    agent = await start();
  });
  afterEach(async () => {
    for (const made of sources.splice(0)) made.close();
    await agent.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('gives addresses that are configured, each to one application', async () => {
    const taken = await Promise.all(Array.from({ length: 12 }, () => source().take(6)));
    expect(new Set(taken.map(({ address }) => address)).size).to.equal(12);
    for (const { address } of taken) expect(network.configured.has(address)).to.equal(true);
  });

  it('takes back what an application releases, and what one leaves behind that is gone', async () => {
    const lasting = source();
    const first = await lasting.take(6);
    first.release();
    const leaving = source();
    const second = await leaving.take(6);
    leaving.close();
    await until('both addresses to go', () => {
      clock.advance(100);
      return ![first, second].some(({ address }) => network.configured.has(address));
    });
  });

  it('refuses a family that it has not, and lets nobody release what is not his', async () => {
    const mine = source();
    expect(await mine.take(4).catch(error => error.code)).to.equal('no-address');
    const { address } = await mine.take(6);
    const answers = await talk(socket, `{"op":"release","id":7,"address":"${address}"}\n`);
    expect(JSON.parse(answers)).to.have.nested.property('error.code', 'agent-refused');
    expect(network.configured.has(address)).to.equal(true);
  });

  it('answers nonsense with an error and an end, and goes on for others', async () => {
    for (const nonsense of [
      '{}\n',
      'GET / HTTP/1.1\r\n\r\n',
      '[1]\n',
      'x'.repeat(10_000),
      '{"op":"take","id":1,"family":5}\n',
    ]) {
      expect(await talk(socket, nonsense)).to.include('agent-refused');
    }
    expect((await source().take(6)).address).to.match(/^fd00::/);
  });

  it('keeps an application its addresses over a restart, and no others', async () => {
    const lasting = source();
    const held = await lasting.take(6);
    const gone = source();
    const orphan = await gone.take(6);
    const before = new Set(network.configured);
    await kill(agent, join(folder, 'mimiq-agent.test0.json'));
    gone.close();
    network.configured.clear();
    agent = await start();
    expect(before.has(held.address) && network.configured.has(held.address)).to.equal(true);
    expect((await lasting.take(6)).address).to.not.equal(held.address);
    await until('the orphan to go', () => {
      clock.advance(100);
      return !network.configured.has(orphan.address);
    });
    expect(network.configured.has(held.address)).to.equal(true);
    expect(held.ended.aborted).to.equal(false);
  });

  it('parts with an application that asks and does not listen', async () => {
    const deaf = connect(socket);
    deaf.on('error', () => undefined);
    const questions = '{"op":"release","id":1,"address":"none"}\n'.repeat(100);
    for (let sent = 0; sent < 200 && !deaf.destroyed; sent++)
      await new Promise(resolve => deaf.write(questions, resolve));
    expect(deaf.destroyed).to.equal(true);
    expect((await source().take(6)).address).to.match(/^fd00::/);
  });

  it('goes on where its file cannot be written', async () => {
    mkdirSync(join(folder, 'mimiq-agent.test1.json.new'));
    const other = await start('test1');
    const addresses = new AgentAddresses(join(folder, 'test1'));
    expect((await addresses.take(6)).address).to.match(/^fd00::/);
    addresses.close();
    await other.close();
  });

  it('hears of an address that is held however long it was away', async () => {
    const path = join(folder, 'slow');
    const heard: string[] = [];
    const appear = () =>
      new Promise<Server>(resolve => {
        const server = createServer(client => {
          client.on('error', () => undefined).on('data', data => heard.push(String(data)));
          client.write(
            `${JSON.stringify({ id: 1, address: 'fd00::1', secret: 'mine', lifetime: 60_000 })}\n`,
          );
        });
        server.listen(path, () => resolve(server));
      });
    const first = await appear();
    const clients: { destroy(): void }[] = [];
    first.on('connection', client => clients.push(client));
    const patience = 1;
    const addresses = new AgentAddresses(path, patience);
    const taking = addresses.take(6);
    await until('the question', () => heard.length > 0);
    const held = await taking;
    for (const client of clients) client.destroy();
    first.close();
    expect(await until('the loss', () => addresses.take(6).catch(error => error.code))).to.equal(
      'agent-unreachable',
    );
    const second = await appear();
    await until('the application to come back', () => heard.some(line => line.includes('"secret":"mine"')));
    expect(held.ended.aborted).to.equal(false);
    addresses.close();
    second.close();
  });

  it('gives all applications of a user together no more than it was told', async () => {
    await agent.close();
    agent = await start('test0', { perUser: 3 });
    const taken = await Promise.all(Array.from({ length: 3 }, () => source().take(6)));
    expect(
      await source()
        .take(6)
        .catch(error => error.code),
    ).to.equal('agent-refused');
    taken[0]!.release();
    await until('room for another', () =>
      source()
        .take(6)
        .catch(() => undefined),
    );
  });

  it('parts with connections of one user beyond a number, and goes on with those before', async () => {
    const first = source();
    await first.take(6);
    const many = Array.from({ length: 140 }, () =>
      connect(socket)
        .on('error', () => undefined)
        .resume(),
    );
    try {
      await until('the last ones to be closed', () => many.filter(each => each.destroyed).length >= 13);
      expect((await first.take(6)).address).to.match(/^fd00::/);
    } finally {
      for (const each of many) each.destroy();
    }
  });

  for (const [title, relay] of [
    ['with', undefined],
    ['without', '/nonexistent'],
  ] as const) {
    it(`lets everybody ask, or the members of a group, ${title} the program that tells who does`, async () => {
      const group = execFileSync('id', ['-gn'], { encoding: 'utf8' }).trim();
      for (const [name, more, mode] of [
        ['all', {}, 0o666],
        ['group', { group }, 0o660],
      ] as const) {
        const other = await start(name, { ...more, ...(relay && { relay }) });
        const { mode: found, gid } = statSync(join(folder, name));
        expect(found & 0o777).to.equal(mode);
        expect(gid).to.equal(process.getgid!());
        const addresses = new AgentAddresses(join(folder, name));
        expect((await addresses.take(6)).address).to.match(/^fd00::/);
        addresses.close();
        await other.close();
        expect(existsSync(join(folder, name))).to.equal(false);
      }
      expect(await start('none', { group: 'no-such-group' }).catch(error => error.code)).to.equal(
        'bad-option',
      );
    });
  }

  it('refuses to take the place of an agent that lives', async () => {
    expect(await start().catch(error => error.code)).to.equal('socket-taken');
  });
});

/** Ends an agent and leaves its file as SIGKILL does. */
async function kill(agent: RunningAgent, file: string): Promise<void> {
  const state = readFileSync(file);
  await agent.close();
  writeFileSync(file, state);
}

/** All that comes back until the agent ends the connection, or one line. */
function talk(path: string, text: string): Promise<string> {
  return new Promise(resolve => {
    let answer = '';
    const socket = connect(path, () => socket.write(text));
    socket.setEncoding('utf8');
    socket.on('data', chunk => {
      answer += chunk;
      if (answer.includes('\n')) socket.destroy();
    });
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(answer));
  });
}

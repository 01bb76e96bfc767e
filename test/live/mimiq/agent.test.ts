import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { type RunningCommand, until } from '../../../mininet/driver/index.js';
import { QuicNetwork, quicNetworkPossible } from './quic-network.js';

const ALLOCATOR = fileURLToPath(new URL('./scripted-allocator.js', import.meta.url));
const CLOAKFLOW = fileURLToPath(new URL('../../../controller/cli/main.js', import.meta.url));
const PORT = '4870';

describe('the agent on an interface', () => {
  let network: QuicNetwork | undefined;
  let folder: string;
  before(function () {
    if (!quicNetworkPossible()) this.skip();
  });
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'cloakflow-agent-'));
    chmodSync(folder, 0o755);
    network = await QuicNetwork.create({ family: 6, addresses: 1, roundTripMs: 4 });
  });
  afterEach(async () => {
    await network?.close();
    network = undefined;
    rmSync(folder, { recursive: true, force: true });
  });
  const agentSocket = () => join(folder, 'run', 'agent.sock');
  const allocator = async (lifetime: number) => {
    const running = await network!.start([process.execPath, ALLOCATOR, PORT, String(lifetime)]);
    await running.printed(/^ready$/m);
    return running;
  };
  const agent = async (): Promise<RunningCommand> => {
    const options = ['--interface', 'eth0', '--service', '::1', '--socket', agentSocket(), '--stock', '8'];
    const running = await network!.start([process.execPath, CLOAKFLOW, 'mimiq', 'agent', ...options]);
    await running.printed(/^ready$/m);
    return running;
  };
  const fetch = (requests: number, strategy: string, ...more: string[]) => {
    const url = `https://server.example:${network!.port}/small`;
    const options = ['--agent', agentSocket(), '--cacert', network!.authority, '--strategy', strategy, '-v'];
    options.push('--output', join(folder, 'bodies'), ...more);
    const resolve = ['--resolve', `server.example:${network!.port}:${network!.serverAddress}`];
    const urls = Array.from({ length: requests }, () => url);
    return network!.command([process.execPath, CLOAKFLOW, 'mimiq', 'fetch', ...options, ...resolve, ...urls]);
  };
  const configured = async (): Promise<string[]> => {
    const { stdout } = await network!.command(['ip', '-6', '-oneline', 'addr', 'show', 'dev', 'eth0']);
    return stdout.match(/fd09::1[0-9a-f]{3}\/128/g) ?? [];
  };

  it('gives applications addresses to hop between, without the rights of root, and leaves none behind', async () => {
    await allocator(60_000);
    const running = await agent();
    await until('a full stock', async () => (await configured()).length >= 8);
    const status = readFileSync(`/proc/${running.pid}/status`, 'utf8');
    expect(status)
      .to.match(/^Uid:\s+(?!0\b)\d+/m)
      .and.match(/^CapPrm:\s+0+$/m);
    const [child] = readFileSync(`/proc/${running.pid}/task/${running.pid}/children`, 'utf8').split(' ');
    const ofChild = readFileSync(`/proc/${child}/status`, 'utf8');
    // CAP_NET_ADMIN is number 12.
    for (const set of ['CapEff', 'CapBnd']) expect(ofChild).to.match(new RegExp(`^${set}:\\s+0+1000$`, 'm'));
    const { stderr, exitCode } = await fetch(40, 'every:6');
    expect(exitCode, stderr).to.equal(0);
    const whole = Buffer.concat(Array.from({ length: 40 }, () => network!.files.small!));
    expect(readFileSync(join(folder, 'bodies')).equals(whole)).to.equal(true);
    expect(Number(/(\d+) hops made/.exec(stderr)?.[1])).to.be.at.least(3);
    running.kill('SIGTERM');
    await running.exited;
    expect(await configured()).to.deep.equal([]);
  });

  it('lets applications move before an address is proven', async () => {
    await allocator(60_000);
    await agent();
    await until('a full stock', async () => (await configured()).length >= 8);
    const { stderr, exitCode } = await fetch(40, 'every:4', '--validate', 'with-traffic');
    expect(exitCode, stderr).to.equal(0);
    const whole = Buffer.concat(Array.from({ length: 40 }, () => network!.files.small!));
    expect(readFileSync(join(folder, 'bodies')).equals(whole)).to.equal(true);
    expect(Number(/(\d+) hops made/.exec(stderr)?.[1])).to.be.at.least(3);
  });

  it('goes on with what it had after SIGKILL, and gives back what nobody comes back for', async () => {
    await allocator(60_000);
    const first = await agent();
    await until('a full stock', async () => (await configured()).length >= 8);
    first.kill('SIGKILL');
    await first.exited;
    const left = await configured();
    expect(left.length).to.be.at.least(8);
    const second = await agent();
    expect(await configured()).to.include.members(left);
    const { exitCode, stderr } = await fetch(3, 'never');
    expect(exitCode, stderr).to.equal(0);
    second.kill('SIGTERM');
    await second.exited;
    expect(await configured()).to.deep.equal([]);
  });

  it('serves from its stock while the allocator is away, and says so when there is none left', async () => {
    const away = await allocator(60_000);
    await agent();
    await until('a full stock', async () => (await configured()).length >= 8);
    away.kill('SIGKILL');
    await away.exited;
    expect((await fetch(2, 'never')).exitCode).to.equal(0);
    for (let index = 0; index < 8; index++) await fetch(1, 'never');
    const { exitCode, stderr } = await fetch(1, 'never');
    expect(exitCode).to.equal(1);
    expect(stderr).to.include('[no-address]');
  });

  it('leaves something for other users, however much one takes', async () => {
    const away = await allocator(60_000);
    await agent();
    await until('a full stock', async () => (await configured()).length >= 8);
    away.kill('SIGKILL');
    await away.exited;
    const greedy = `
      const answers = [];
      const socket = require('node:net').connect('${agentSocket()}');
      for (let id = 0; id < 8; id++) socket.write(JSON.stringify({ op: 'take', id, family: 6 }) + '\\n');
      require('node:readline').createInterface({ input: socket }).on('line', line => {
        answers.push(JSON.parse(line).error?.code ?? 'taken');
        if (answers.length === 8) console.log(answers.sort().join(' '));
      });`;
    const argv = [
      'setpriv',
      '--reuid=12345',
      '--regid=12345',
      '--clear-groups',
      process.execPath,
      '-e',
      greedy,
    ];
    const other = await network!.start(argv);
    const [line] = await other.printed(/^.*taken.*$/m, 30_000);
    expect(line).to.equal('no-address no-address taken taken taken taken taken taken');
    const { exitCode, stderr } = await fetch(1, 'never');
    expect(exitCode, stderr).to.equal(0);
  });

  it('takes addresses away before their lease ends, under a connection that goes on', async () => {
    await allocator(8_000);
    await agent();
    await until('a full stock', async () => (await configured()).length >= 8);
    const { exitCode, stderr } = await fetch(30, 'never');
    expect(exitCode, stderr).to.equal(0);
    await until('addresses to go', async () => !(await configured()).includes('fd09::1001/128'), {
      timeout: 60_000,
    });
  });
});

import { fork } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import {
  cleanLeftovers,
  EmulationError,
  emulate,
  RunningCommand,
  runCommand,
  type TopologyInput,
  until,
} from '../../../mininet/driver/index.js';

const BOTH_KINDS: TopologyInput = {
  description: 'a switch of each kind, a delay line, a route for everything to stay behind',
  hosts: { a: { addresses: ['10.0.0.1/24'] }, b: { addresses: ['10.0.0.2/24'] } },
  switches: { s1: {}, s2: { kind: 'private' } },
  links: [{ between: ['a', 's1'] }, { between: ['s1', 's2'], delay: '1ms' }, { between: ['s2', 'b'] }],
};

const record = (id: string) => `/run/cloakflow/${id}`;

/** What is left of an emulation, in words. */
async function remains(id: string, pids: readonly number[]): Promise<string[]> {
  const left = pids.filter(pid => existsSync(`/proc/${pid}/ns/net`)).map(pid => `process ${pid}`);
  if (existsSync(record(id))) left.push(record(id));
  const { stdout: bridges } = await runCommand(['ovs-vsctl', '--timeout=10', 'list-br']);
  left.push(...bridges.split('\n').filter(bridge => bridge.startsWith(id)));
  left.push(...readdirSync('/sys/class/net').filter(name => name.startsWith(id)));
  return left;
}

async function expectNothing(id: string, pids: readonly number[]): Promise<void> {
  await until(`the end of ${id}`, async () => (await remains(id, pids)).length === 0, { interval: 50 }).catch(
    async () => expect(await remains(id, pids)).to.deep.equal([]),
  );
}

/** A process of its own that holds a network. */
async function hold(): Promise<{ id: string; pids: number[]; pid: number; kill(): Promise<void> }> {
  const child = fork(
    fileURLToPath(new URL('./hold-network.js', import.meta.url)),
    [JSON.stringify(BOTH_KINDS)],
    {
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    },
  );
  const line = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout! }).once('line', resolve);
    child.once('exit', code => reject(new Error(`the holder ended with ${code}`)));
  });
  const { id, pids } = JSON.parse(line);
  const kill = () =>
    new Promise<void>(resolve => {
      child.once('exit', () => resolve());
      child.kill('SIGKILL');
    });
  return { id, pids, pid: child.pid!, kill };
}

function runnerOf(id: string): number {
  return JSON.parse(readFileSync(`${record(id)}/record.json`, 'utf8')).runner.pid;
}

describe('the clean-up of an emulation', () => {
  it('leaves nothing after stop', async () => {
    const network = await emulate(BOTH_KINDS);
    const pids = [network.host('a').pid, network.switch('s2').pid!];
    expect(await remains(network.id, pids)).to.have.length.above(4);
    await network.stop();
    await expectNothing(network.id, pids);
  });

  it('ends commands that are on their way into a host, and starts no more', async () => {
    const network = await emulate({ description: 'one host', hosts: { a: {} }, links: [] });
    const host = network.host('a');
    const running = await host.spawn(['sleep', '1000']);
    const starting = host.spawn(['sleep', '1000']).catch((error: unknown) => error);
    await network.stop();
    expect((await running.exited).killedBy).to.equal('SIGKILL');
    expect(await starting).to.have.property('code', 'stopped');
    const late = await host.run(['true']).catch((error: unknown) => error);
    expect(late).to.have.property('code', 'stopped');
  });

  it('leaves nothing after a SIGKILL of the process that runs it', async () => {
    const { id, pids, kill } = await hold();
    expect((await remains(id, pids)).length).to.be.at.least(pids.length);
    await kill();
    await expectNothing(id, pids);
  });

  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    it(`leaves nothing after a ${signal} to the runner`, async () => {
      const network = await emulate(BOTH_KINDS);
      const pids = [network.host('a').pid, network.switch('s2').pid!];
      process.kill(runnerOf(network.id), signal);
      await expectNothing(network.id, pids);
      await network.stop();
    });
  }

  it('after a SIGKILL of driver and runner removes what is left, and nothing of a network in use', async () => {
    await using inUse = await emulate(BOTH_KINDS);
    const { id, pids, kill } = await hold();
    process.kill(runnerOf(id), 'SIGKILL');
    await kill();
    expect(await remains(id, [])).to.include(record(id));
    const { removed, failed } = await cleanLeftovers();
    expect(removed).to.include(id).and.not.include(inUse.id);
    expect(failed).to.deep.equal([]);
    await expectNothing(id, pids);
    const { exitCode } = await inUse.host('a').run(['ping', '-c1', '-W5', inUse.host('b').ip]);
    expect(exitCode).to.equal(0);
  });

  it('happens in stop when the runner was killed, and operations say that it died', async () => {
    const network = await emulate(BOTH_KINDS);
    const pids = [network.host('a').pid, network.switch('s2').pid!];
    process.kill(runnerOf(network.id), 'SIGKILL');
    const error = await until('the runner’s death', () =>
      network
        .link('a', 's1')
        .down()
        .then(
          () => undefined,
          (reason: unknown) => reason,
        ),
    );
    expect(error).to.be.instanceOf(EmulationError).with.property('code', 'runner-died');
    await network.stop();
    await expectNothing(network.id, pids);
  });

  it('happens when the start is aborted half-way', async () => {
    const before = readdirSync('/run/cloakflow');
    for (const delay of [0, 50, 120, 200]) {
      const reason = new Error('changed my mind');
      const abort = new AbortController();
      const starting = emulate(BOTH_KINDS, { signal: abort.signal });
      const timer = setTimeout(() => abort.abort(reason), delay);
      const outcome = await starting.catch((error: unknown) => error);
      clearTimeout(timer);
      if (outcome === reason) continue;
      expect(outcome, 'a network that was quicker').to.have.property('stop');
      await (outcome as { stop(): Promise<void> }).stop();
    }
    const runners = readdirSync('/run/cloakflow').filter(id => !before.includes(id));
    const own = runners.filter(id => parentOf(runnerOf(id)) === process.pid);
    expect(own).to.deep.equal([]);
  });

  it('removes the relay to a TCP controller', async () => {
    const network = await emulate(BOTH_KINDS, { controller: 'tcp:127.0.0.1:1' });
    const { paths } = JSON.parse(readFileSync(`${record(network.id)}/record.json`, 'utf8'));
    const relay = paths.find((path: string) => path.includes('cloakflow-relay-'));
    expect(existsSync(relay)).to.equal(true);
    await network.stop();
    expect(existsSync(relay)).to.equal(false);
  });
});

describe('an emulation that cannot be', () => {
  const refusal = (operation: Promise<unknown>) =>
    operation.then(
      () => undefined,
      (error: EmulationError) => error.code,
    );

  it('says whether Mininet, Open vSwitch or another tool is missing', async () => {
    const { PATH } = process.env;
    const folder = mkdtempSync(join(tmpdir(), 'cloakflow-test-'));
    try {
      process.env.PATH = folder;
      const give = (...programs: string[]) => {
        for (const program of programs) symlinkSync('/bin/true', join(folder, program));
      };
      expect(await refusal(emulate('single'))).to.equal('tool-missing');
      give('ip', 'nsenter', 'setpriv', 'ethtool');
      expect(await refusal(emulate('single'))).to.equal('mininet-missing');
      give('mnexec', 'ovs-vsctl', 'ovsdb-server', 'ovsdb-tool');
      expect(await refusal(emulate('single'))).to.equal('ovs-missing');
    } finally {
      process.env.PATH = PATH;
      rmSync(folder, { recursive: true });
    }
  });

  it('says that this process may not make namespaces, instead of waiting for hosts', async () => {
    const { PATH } = process.env;
    const folder = mkdtempSync(join(tmpdir(), 'cloakflow-test-'));
    try {
      process.env.PATH = `${folder}:${PATH}`;
      symlinkSync('/bin/false', join(folder, 'mnexec'));
      expect(await refusal(emulate('single'))).to.equal('namespaces-refused');
    } finally {
      process.env.PATH = PATH;
      rmSync(folder, { recursive: true });
    }
  });

  it('says that the topology or the controller is none', async () => {
    expect(await refusal(emulate('no-such-topology'))).to.equal('unknown-topology');
    for (const controller of [
      '6653',
      'tcp:127.0.0.1',
      'tcp:127.0.0.1:0',
      'tcp:127.0.0.1:70000',
      'unix:',
      'ssl:a:1',
    ])
      expect(await refusal(emulate('single', { controller })), controller).to.equal('bad-controller');
  });

  it('says that it needs root', async () => {
    const driver = fileURLToPath(new URL('../../../mininet/driver/index.js', import.meta.url));
    const script = `const { emulate } = await import(${JSON.stringify(driver)}); await emulate('single').catch(e => console.log(e.code));`;
    await using node = await RunningCommand.spawn(
      [process.execPath, '--input-type=module', '-e', script],
      {},
      ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', '--'],
    );
    expect(await node.exited).to.include({ exitCode: 0 });
    expect(node.stdout.trim()).to.equal('not-root');
  });
});

function parentOf(pid: number): number {
  return Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
}

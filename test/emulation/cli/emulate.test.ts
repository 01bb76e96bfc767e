import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { expect } from 'chai';
import { until } from '../../../mininet/driver/index.js';
import { MAIN, Spawned } from '../../unit/cli/spawned.js';

describe('`emulate`', () => {
  const children: ChildProcess[] = [];
  /** Temporary files of the emulation, apart from those of others. */
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cloakflow-cli-'));
  });
  afterEach(async () => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
    await rm(folder, { recursive: true, force: true });
  });

  function emulate(...args: string[]): Spawned {
    const spawned = new Spawned(['emulate', ...args], { TMPDIR: folder });
    children.push(spawned.child);
    return spawned;
  }

  it('runs lines in a network with a learning switch, and leaves nothing behind', async () => {
    const { code, stdout, stderr } = await emulate(
      ...['single', '--json', '--run', 'pingall', '--run', 'flows s1', '--run', 'h1 ip -br link show'],
    ).ended;
    expect(stderr).to.equal('');
    expect(code).to.equal(0);
    const [pings, flows, ...rest] = stdout.toString().split('\n');
    expect(JSON.parse(pings!)).to.deep.equal({ pings: 6, lost: [] });
    expect(JSON.parse(flows!).map((flow: { app: string }) => flow.app)).to.include('learning-switch');
    expect(rest.join('\n')).to.match(/^eth0\S* +UP/m);
    expect(await readdir(folder)).to.deep.equal([]);
  });

  it('takes links down, and stops at the first line that fails', async () => {
    const emulation = emulate('single', '--no-controller');
    emulation.child.stdin.end('pingall\nlink h1 s1 down\nlinks\npingall\nh2 echo never\n');
    const { code, stdout } = await emulation.ended;
    expect(code).to.equal(1);
    expect(stdout.toString())
      .to.match(/^6 of 6 pings answered$/m)
      .and.match(/^h1 +s1 +down$/m)
      .and.match(/^2 of 6 pings answered$/m)
      .and.not.include('never');
  });

  it('removes with --clean what a killed emulation left, and not one that runs', async () => {
    const killed = emulate('tree', '--run', 'h1 echo started; sleep 1000');
    await killed.firstLine();
    const running = emulate('single', '--no-controller', '--run', 'h1 echo started; sleep 1000');
    await running.firstLine();
    const runner = childrenOf(killed.child.pid!).find(pid => commandOf(pid).includes('python3'))!;
    process.kill(runner, 'SIGKILL');
    killed.child.kill('SIGKILL');
    await once(killed.child, 'exit');
    const { code, stdout } = await emulate('--clean', '--json').ended;
    expect(code).to.equal(0);
    const { removed, failed } = JSON.parse(stdout.toString());
    expect(failed).to.deep.equal([]);
    expect(removed.length).to.be.greaterThan(0);
    expect(running.child.exitCode).to.equal(null);
    running.child.kill('SIGTERM');
    expect(await running.ended).to.include({ code: 128 + 15 });
  });

  it('ends in good order when it is told to', async () => {
    const emulation = emulate('single', '--run', 'h1 echo started; sleep 1000');
    await emulation.firstLine();
    emulation.child.kill('SIGTERM');
    expect(await emulation.ended).to.include({ code: 128 + 15, signal: null });
    expect(await readdir(folder)).to.deep.equal([]);
  });

  it('gives Ctrl-C to the command in the host, not to the emulation', async () => {
    // script(1) gives it a terminal. A shell that stayed in between might end itself by the Ctrl-C.
    const command = `exec ${process.execPath} ${MAIN} emulate single`;
    const terminal = spawn('script', ['-qec', command, '/dev/null'], {
      stdio: 'pipe',
      env: { ...process.env, TERM: 'xterm', NO_COLOR: '1', TMPDIR: folder },
    });
    children.push(terminal);
    let screen = '';
    terminal.stdout.on('data', chunk => {
      screen = stripVTControlCharacters(screen + chunk);
    });
    const shows = (text: string | RegExp) =>
      until(`${text} on the screen`, () => screen.search(text) >= 0, { timeout: 60_000 });
    await shows(/cloakflow> $/);
    terminal.stdin.write('h1 ping h2\r');
    await shows(/bytes from 10\.0\.0\.2: icmp_seq=2/);
    terminal.stdin.write('\x03');
    await shows(/ping statistics[\s\S]*cloakflow> $/);
    terminal.stdin.write('pinga\t\r');
    await shows(/6 of 6 pings answered/);
    terminal.stdin.write('exit\r');
    const [code] = await once(terminal, 'close');
    expect(code, screen).to.equal(0);
  });

  it('says what is wrong with a topology before it builds anything', async () => {
    const { code, stderr } = await emulate('nowhere').ended;
    expect(code).to.equal(1);
    expect(stderr).to.include('[unknown-topology]');
  });
});

function childrenOf(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
}

function commandOf(pid: number): string {
  return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
}

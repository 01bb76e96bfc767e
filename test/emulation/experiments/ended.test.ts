import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { RunningCommand, runCommand, until } from '../../../mininet/driver/index.js';

const CLI = fileURLToPath(new URL('../../../controller/cli/main.js', import.meta.url));
const NAME = 'mimiq-forwarding-table';

describe('an experiment that is ended', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'cloakflow-test-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  const argv = () => [process.execPath, CLI, 'experiment', 'run', NAME, '--smoke', '--output', folder];
  const state = () => join(folder, `${NAME}-smoke.jsonl`);
  const lines = () => (existsSync(state()) ? readFileSync(state(), 'utf8').trimEnd().split('\n').length : 0);

  for (const signal of ['SIGINT', 'SIGKILL'] as const) {
    it(`by ${signal} keeps finished repetitions, leaves no network, and goes on from there`, async () => {
      await using running = await RunningCommand.spawn(argv());
      await until('the first repetition', () => lines() > 1, { timeout: 60_000 });
      const network = networkOf(running.pid);
      expect(network).not.to.equal(undefined);
      running.kill(signal);
      const { exitCode } = await running.exited;
      expect(exitCode).to.equal(signal === 'SIGINT' ? 130 : 137);
      expect(existsSync(join(folder, `${NAME}-smoke.json`))).to.equal(false);
      // The runner of a driver that was killed takes the network down by itself.
      await until('the end of the network', () => !existsSync(network!), { timeout: 60_000 });
      const kept = lines() - 1;
      const { stdout } = await runCommand(argv(), { check: true, timeout: 60_000 });
      expect(stdout).to.include(`(${kept} repetitions were there already)`);
    });
  }

  it('leaves nothing that a later run does not remove, when everything of it was killed at once', async () => {
    const running = await RunningCommand.spawn(argv());
    await until('the first repetition', () => lines() > 1, { timeout: 60_000 });
    const network = networkOf(running.pid)!;
    const scratch = scratchOf(running.pid);
    expect(scratch).to.have.length(1);
    // The runner does not even hear that its driver is gone.
    process.kill(runnerOf(network), 'SIGKILL');
    running.kill('SIGKILL');
    await running.exited;
    await runCommand(argv(), { check: true, timeout: 60_000 });
    expect(existsSync(network)).to.equal(false);
    expect(existsSync(join(tmpdir(), scratch[0]!))).to.equal(false);
  });
});

const runnerOf = (network: string): number =>
  JSON.parse(readFileSync(join(network, 'record.json'), 'utf8')).runner.pid;

/** Temporary folders of the process. */
const scratchOf = (pid: number) =>
  readdirSync(tmpdir()).filter(name => name.startsWith(`cloakflow-experiment-${pid}.`));

/** Record of the network that the process `driver` has built. */
function networkOf(driver: number): string | undefined {
  return readdirSync('/run/cloakflow')
    .map(id => join('/run/cloakflow', id))
    .find(folder => {
      try {
        return readFileSync(`/proc/${runnerOf(folder)}/status`, 'utf8').includes(`PPid:\t${driver}\n`);
      } catch {
        // Another network that is just coming or going.
        return false;
      }
    });
}

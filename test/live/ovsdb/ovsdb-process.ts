import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isListening, RunningCommand, runCommand, until } from '../../../mininet/driver/index.js';

const SCHEMA = '/usr/share/openvswitch/vswitch.ovsschema';

/** A real ovsdb-server with an empty Open_vSwitch database and no ovs-vswitchd, in a directory of its own. */
export class OvsdbProcess {
  readonly directory: string;
  #running: RunningCommand | undefined;
  #starts = 0;

  private constructor(directory: string) {
    this.directory = directory;
  }

  static async start(args: readonly string[] = []): Promise<OvsdbProcess> {
    const server = new OvsdbProcess(await mkdtemp(join(tmpdir(), 'cloakflow-ovsdb-')));
    await runCommand(['ovsdb-tool', 'create', server.path('conf.db'), SCHEMA], { check: true });
    await server.run(args);
    await server.vsctl(['init']);
    return server;
  }

  path(name: string): string {
    return join(this.directory, name);
  }

  get endpoint(): string {
    return `unix:${this.path('db.sock')}`;
  }

  get #log(): string {
    return this.path(`log-${this.#starts}`);
  }

  /** Starts the server (again); `args` may name further remotes. */
  async run(args: readonly string[] = []): Promise<void> {
    this.#starts++;
    await rm(this.path('server.ctl'), { force: true });
    const running = await RunningCommand.spawn([
      'ovsdb-server',
      this.path('conf.db'),
      `--remote=punix:${this.path('db.sock')}`,
      `--unixctl=${this.path('server.ctl')}`,
      '-vconsole:off',
      '-vsyslog:off',
      `--log-file=${this.#log}`,
      ...args,
    ]);
    this.#running = running;
    await until('the start of ovsdb-server', () => {
      if (running.exit !== undefined) throw new Error(`ovsdb-server ended: ${running.stderr}`);
      return isListening(this.path('server.ctl'));
    });
  }

  /** The TCP port that the server chose for a remote with port 0. */
  async port(): Promise<number> {
    return until('the port of ovsdb-server', async () => {
      const match = /listening on port (\d+)/.exec(await readFile(this.#log, 'utf8'));
      return match === null ? undefined : Number(match[1]);
    });
  }

  async kill(): Promise<void> {
    await this.#running?.stop('SIGKILL');
    this.#running = undefined;
  }

  async vsctl(args: readonly string[]): Promise<string> {
    const command = ['ovs-vsctl', `--db=${this.endpoint}`, '--no-wait', '--timeout=20', ...args];
    return (await runCommand(command, { check: true })).stdout;
  }

  /** Bridges and controllers with their identities, without what counts changes. */
  async dump(): Promise<string> {
    const tables = await Promise.all(
      ['Bridge', 'Controller', 'SSL'].map(table => this.vsctl(['--format=json', 'list', table])),
    );
    return tables.join('\n');
  }

  async stop(): Promise<void> {
    await this.kill();
    await rm(this.directory, { recursive: true, force: true });
  }
}

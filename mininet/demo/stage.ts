import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { styleText } from 'node:util';
import { type EmulatedNetwork, emulate, RunningCommand, runCommand } from '../driver/index.js';

/** The command line's program. */
export const CLI = fileURLToPath(new URL('../../controller/cli/main.js', import.meta.url));

/** What a scene plays on: a controller in a process of its own, an emulated network, and a way to tell. */
export class Stage {
  readonly signal: AbortSignal;
  private readonly folder: string;
  private controller: RunningCommand | undefined;
  private network: EmulatedNetwork | undefined;

  private constructor(folder: string, signal: AbortSignal) {
    this.folder = folder;
    this.signal = signal;
  }

  static async open(signal: AbortSignal): Promise<Stage> {
    const folder = await mkdtemp(join(tmpdir(), 'cloakflow-demo-'));
    await chmod(folder, 0o711); // agents that gave up their rights get to their own folders below it
    return new Stage(folder, signal);
  }

  /**
   * Starts `cloakflow run` with these apps (YAML list items) and returns where switches reach it. `shown` is what the
   * audience reads of them.
   */
  async startController(apps: readonly string[], shown = apps.join(', ')): Promise<string> {
    const socket = join(this.folder, 'openflow.sock');
    const config = join(this.folder, 'cloakflow.yaml');
    await writeFile(
      config,
      `listen: ['punix:${socket}']\napps:\n${apps.map(app => `  - ${app}\n`).join('')}`,
    );
    this.tell(`cloakflow run  (apps: ${shown})`);
    const argv = [process.execPath, CLI, 'run', config, '--admin', this.adminSocket];
    this.controller = await RunningCommand.spawn(argv, { signal: this.signal });
    await this.controller.printed(/listening/);
    return `unix:${socket}`;
  }

  /** A path for a file that goes with the scene. */
  file(name: string): string {
    return join(this.folder, name);
  }

  async startNetwork(topology: string, controller: string): Promise<EmulatedNetwork> {
    this.tell(`Mininet brings up topologies/${topology}.yaml`);
    this.network = await emulate(topology, { controller, signal: this.signal });
    return this.network;
  }

  /** Runs the command line against the stage's controller. Returns what it printed. */
  async cloakflow(args: readonly string[]): Promise<string> {
    const argv = [process.execPath, CLI, ...args, '--admin', this.adminSocket];
    const { stdout } = await runCommand(argv, { check: true, signal: this.signal });
    return stdout;
  }

  /** Says what happens next. */
  tell(text: string): void {
    console.log(`\n${styleText('bold', `» ${text}`, { stream: process.stdout })}`);
  }

  show(text: string): void {
    console.log(text.trimEnd().replaceAll(/^/gm, '  '));
  }

  async close(): Promise<void> {
    try {
      await this.network?.stop();
      await this.controller?.stop();
    } finally {
      await rm(this.folder, { recursive: true, force: true });
    }
  }

  private get adminSocket(): string {
    return join(this.folder, 'admin.sock');
  }
}

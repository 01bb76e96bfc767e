import { createHash } from 'node:crypto';
import { access, chown, lstat, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { COOKIE_EPOCHS, COOKIE_KEY_LENGTH } from '../../cookie/cookie-layout.js';
import { type RunProgram, runProgram } from '../run-program.js';
import { TenantError } from '../tenant-error.js';
import { writeWhole } from '../web-server/write-whole.js';

/** A key of SYN cookies and what goes with it. */
export interface CookieKey {
  /** Number of the key; it is accepted until the next but one. */
  readonly epoch: number;
  /** 16 bytes. */
  readonly key: Uint8Array;
  /** Window scale that SYN-ACKs of this epoch offer for the tenant. */
  readonly tenantWindowScale: number;
}

/** What became of segments that bore the mark of a handed-off connection and met a listener, since the load. */
export interface HandoffCounts {
  accepted: number;
  /** Dropped because the first segment was still under way. */
  overtaken: number;
  outOfMemory: number;
  /** The kernel would not: see `kernel-features.ts` for why it might. */
  refused: number;
}

export interface HandoffProgramOptions {
  /** Interface where clients' packets arrive. */
  interface: string;
  /** The compiled program, `native/build/handoff.bpf.o`. */
  object: string;
  /** Folder for the pins, which only who loads may write to; a bpf file system is mounted at `bpf` in it. */
  runFolder: string;
  /** Who may write keys afterwards, without any capability; absent: only root. */
  owner?: { uid: number; gid: number };
  /** Runs `tc`, `bpftool` and `mount`. */
  run?: RunProgram;
}

/** The place of the program among the interface's filters: handle 1 at this priority. */
const PRIORITY = '49171';
const KEYS_MAP = 'cloakflow_keys';
const COUNT_MAP = 'cloakflow_count';

/**
 * The tc-BPF program of `native/handoff-bpf` on one interface. It stays when the process that loaded it ends, so that
 * handoffs go on while the agent restarts.
 */
export class HandoffProgram {
  private readonly options: HandoffProgramOptions;
  private readonly run: RunProgram;

  private constructor(options: HandoffProgramOptions) {
    this.options = options;
    this.run = options.run ?? runProgram;
  }

  /**
   * Loads it in place of an older one and pins its maps; one that is loaded already is kept with its keys. Needs
   * CAP_NET_ADMIN, CAP_BPF and CAP_SYS_ADMIN (for the mount and to find maps by number).
   *
   * @throws TenantError `program-missing`, `program-failed`
   */
  static async load(options: HandoffProgramOptions): Promise<HandoffProgram> {
    const program = new HandoffProgram(options);
    const sum = createHash('sha256')
      .update(await readFile(options.object))
      .digest('hex');
    await program.mountPins();
    const state = join(options.runFolder, `handoff-${options.interface}.json`);
    const known = await readJson(state);
    const before = await program.loaded();
    if (before !== undefined && known?.sum === sum && known?.id === before) {
      // A mount ends with the mount namespace of the agent that made it; the program does not.
      if (!(await program.hasPins())) await program.pinMaps(before);
      await program.own();
      return program;
    }
    await program.attach();
    const id = await program.loaded();
    if (id === undefined)
      throw new TenantError('program-failed', 'tc took the BPF program and does not show it');
    await program.pinMaps(id);
    await program.own();
    await writeWhole(state, JSON.stringify({ sum, id }));
    return program;
  }

  /** Lets go of the pins below a run folder; programs that are loaded stay. */
  static async unmount(runFolder: string, run: RunProgram = runProgram): Promise<void> {
    const folder = join(runFolder, 'bpf');
    const kind = await run(['stat', '--file-system', '--format=%T', folder]).catch(() => '');
    if (kind.trim() === 'bpf_fs') await run(['umount', folder]);
  }

  /** Accepts this key besides the one of the epoch before. Needs only the right to write the pinned map. */
  async setKey(key: CookieKey): Promise<void> {
    if (key.key.length !== COOKIE_KEY_LENGTH)
      throw new RangeError(`a cookie key has ${COOKIE_KEY_LENGTH} bytes`);
    const slot = key.epoch % COOKIE_EPOCHS;
    const value = [...key.key, 1, key.tenantWindowScale, 0, 0, 0, 0, 0, 0];
    await this.update(slot, value);
  }

  /** Accepts nothing more of this epoch. */
  async clearKey(epoch: number): Promise<void> {
    await this.update(epoch % COOKIE_EPOCHS, new Array(COOKIE_KEY_LENGTH + 8).fill(0));
  }

  async counts(): Promise<HandoffCounts> {
    const dump = await this.run(['bpftool', '-j', 'map', 'dump', 'pinned', this.pin(COUNT_MAP)]);
    const entries = JSON.parse(dump) as { formatted?: { values: { value: number }[] } }[];
    const sums = entries.map(entry =>
      (entry.formatted?.values ?? []).reduce((sum, { value }) => sum + value, 0),
    );
    const [accepted = 0, overtaken = 0, outOfMemory = 0, refused = 0] = sums;
    return { accepted, overtaken, outOfMemory, refused };
  }

  /** Takes the program off its interface. */
  async unload(): Promise<void> {
    await this.run(['tc', 'filter', 'del', 'dev', this.options.interface, 'ingress', 'prio', PRIORITY]);
    await this.run(['rm', '-f', this.pin(KEYS_MAP), this.pin(COUNT_MAP)]);
  }

  private update(slot: number, value: readonly number[]): Promise<string> {
    const bytes = value.map(byte => byte.toString(16).padStart(2, '0'));
    const key = [slot.toString(16).padStart(2, '0'), '00', '00', '00'];
    const words = [
      'map',
      'update',
      'pinned',
      this.pin(KEYS_MAP),
      'key',
      'hex',
      ...key,
      'value',
      'hex',
      ...bytes,
    ];
    return this.run(['bpftool', 'batch', 'file', '-'], `${words.join(' ')}\n`);
  }

  private pin(map: string): string {
    return join(this.options.runFolder, 'bpf', `${map}-${this.options.interface}`);
  }

  /** A bpf file system of our own: the machine's is often closed to everybody but root, or not mounted. */
  private async mountPins(): Promise<void> {
    const folder = join(this.options.runFolder, 'bpf');
    await mkdir(folder, { recursive: true });
    if (!(await lstat(folder)).isDirectory())
      throw new TenantError('program-failed', `${folder} is a link, and nothing is mounted there`);
    const kind = await this.run(['stat', '--file-system', '--format=%T', folder]);
    if (kind.trim() !== 'bpf_fs') await this.run(['mount', '-t', 'bpf', '-o', 'mode=0711', 'bpf', folder]);
  }

  private async attach(): Promise<void> {
    const { interface: device, object } = this.options;
    const qdiscs = await this.run(['tc', 'qdisc', 'show', 'dev', device]);
    if (!qdiscs.includes('clsact')) await this.run(['tc', 'qdisc', 'add', 'dev', device, 'clsact']);
    const place = ['dev', device, 'ingress', 'prio', PRIORITY, 'handle', '1'];
    await this.run(['tc', 'filter', 'replace', ...place, 'bpf', 'da', 'obj', object, 'sec', 'tc']);
  }

  /** Number of the loaded program; undefined where none is. */
  private async loaded(): Promise<number | undefined> {
    const { interface: device } = this.options;
    const qdiscs = await this.run(['tc', 'qdisc', 'show', 'dev', device]);
    if (!qdiscs.includes('clsact')) return undefined;
    const shown = await this.run(['tc', '-j', 'filter', 'show', 'dev', device, 'ingress', 'prio', PRIORITY]);
    const filters = JSON.parse(shown.trim() || '[]') as { options?: { prog?: { id?: number } } }[];
    return filters.map(filter => filter.options?.prog?.id).find(id => id !== undefined);
  }

  private async pinMaps(program: number): Promise<void> {
    const shown = await this.run(['bpftool', '-j', 'prog', 'show', 'id', String(program)]);
    const { map_ids: ids = [] } = JSON.parse(shown) as { map_ids?: number[] };
    const names = new Map<string, number>();
    for (const id of ids) {
      const map = JSON.parse(await this.run(['bpftool', '-j', 'map', 'show', 'id', String(id)])) as {
        name: string;
      };
      names.set(map.name, id);
    }
    for (const name of [KEYS_MAP, COUNT_MAP]) {
      const id = names.get(name);
      if (id === undefined) throw new TenantError('program-failed', `the BPF program has no map ${name}`);
      await this.run(['rm', '-f', this.pin(name)]);
      await this.run(['bpftool', 'map', 'pin', 'id', String(id), this.pin(name)]);
    }
  }

  private async hasPins(): Promise<boolean> {
    const looks = [KEYS_MAP, COUNT_MAP].map(map => access(this.pin(map)));
    return (await Promise.allSettled(looks)).every(({ status }) => status === 'fulfilled');
  }

  private async own(): Promise<void> {
    const { owner } = this.options;
    if (!owner) return;
    for (const map of [KEYS_MAP, COUNT_MAP]) await chown(this.pin(map), owner.uid, owner.gid);
  }
}

async function readJson(file: string): Promise<{ sum?: string; id?: number } | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as { sum?: string; id?: number };
  } catch {
    return undefined;
  }
}

import { createWriteStream, existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { finished } from 'node:stream/promises';
import { EmulationError } from './errors.js';
import type { RunningCommand, SpawnOptions } from './running-command.js';
import { until } from './until.js';

export interface CaptureOptions {
  /** In tcpdump's language, such as `icmp` or `tcp port 443`; everything when absent. */
  filter?: string;
  /** Where the pcap goes; a temporary file, removed with `discard`, when absent. */
  file?: string;
  /** Bytes kept of each frame; whole frames when absent. */
  snapshotLength?: number;
}

/** How a command is started where the capture is to be made. */
export type Spawn = (argv: readonly string[], options: SpawnOptions) => Promise<RunningCommand>;

/** A running tcpdump. */
export class Capture implements AsyncDisposable {
  /** The pcap file; complete after `stop`. */
  readonly file: string;
  private readonly tcpdump: RunningCommand;
  private readonly written: Promise<void>;
  private readonly temporary: boolean;
  private stopping: Promise<CaptureResult> | undefined;

  private constructor(tcpdump: RunningCommand, file: string, temporary: boolean) {
    this.tcpdump = tcpdump;
    this.file = file;
    this.temporary = temporary;
    const target = createWriteStream(file);
    tcpdump.output!.pipe(target);
    this.written = finished(target);
    this.written.catch(() => {});
  }

  /** Resolves when every later frame will be seen. @throws EmulationError `capture-failed` */
  static async start(name: string, options: CaptureOptions, spawn: Spawn): Promise<Capture> {
    const { filter, snapshotLength = 0 } = options;
    const temporary = options.file === undefined;
    const file = options.file ?? join(await mkdtemp(join(tmpdir(), 'cloakflow-capture-')), 'capture.pcap');
    if (!existsSync(dirname(file)))
      throw new EmulationError('capture-failed', `there is no folder ${dirname(file)}`);
    const words = [
      '--interface',
      name,
      '-n',
      '-U',
      '--immediate-mode',
      '-s',
      String(snapshotLength),
      '-w',
      '-',
    ];
    // The pcap itself goes through `output` to the file and need not stay in memory.
    const tcpdump = await spawn(['tcpdump', ...words, ...(filter === undefined ? [] : ['--', filter])], {
      keep: 1,
    });
    const capture = new Capture(tcpdump, file, temporary);
    try {
      await until(`the start of tcpdump on ${name}`, () => capture.listening(), { interval: 3 });
    } catch (cause) {
      await capture.discard();
      throw new EmulationError('capture-failed', `cannot capture on ${name}: ${tcpdump.stderr.trim()}`, {
        cause,
      });
    }
    return capture;
  }

  /** Ends the capture after every frame that has passed by now is written. */
  stop(): Promise<CaptureResult> {
    this.stopping ??= this.finish();
    return this.stopping;
  }

  /** Ends the capture and removes its file where it is a temporary one. */
  async discard(): Promise<void> {
    await this.tcpdump.stop('SIGKILL');
    await this.written.catch(() => {});
    if (this.temporary) await rm(dirname(this.file), { recursive: true, force: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.discard();
  }

  private listening(): boolean {
    if (this.tcpdump.exit !== undefined)
      throw new EmulationError('capture-failed', `tcpdump ended: ${this.tcpdump.stderr.trim()}`);
    return /listening on/.test(this.tcpdump.stderr);
  }

  private async finish(): Promise<CaptureResult> {
    const { received } = await this.counts();
    let captured = -1;
    // On loopback the kernel counts frames that tcpdump passes over: there it is done when it makes no progress.
    for (let idle = 0; idle < 10 && captured < received; ) {
      const now = (await this.counts()).captured;
      idle = now === captured ? idle + 1 : 0;
      captured = now;
    }
    await this.tcpdump.stop('SIGINT');
    await this.written;
    const [, frames = '0'] = /^(\d+) packets? captured$/m.exec(this.tcpdump.stderr) ?? [];
    return { file: this.file, frames: Number(frames), bytes: () => readFile(this.file) };
  }

  /** Asks tcpdump how many frames the kernel has given to its filter, and how many of these it has read. */
  private async counts(): Promise<{ captured: number; received: number }> {
    const earlier = answeredCounts(this.tcpdump.stderr).length;
    this.tcpdump.kill('SIGUSR1');
    const lines = await until(
      'an answer of tcpdump',
      () => {
        if (this.tcpdump.exit !== undefined)
          throw new EmulationError('capture-failed', `tcpdump ended: ${this.tcpdump.stderr.trim()}`);
        const found = answeredCounts(this.tcpdump.stderr);
        return found.length > earlier ? found : undefined;
      },
      { interval: 2 },
    );
    const [captured, received] = lines.at(-1)!;
    return { captured: captured!, received: received! };
  }
}

/** The pairs (captured, received) of every answer to SIGUSR1. */
function answeredCounts(text: string): number[][] {
  return [...text.matchAll(/^tcpdump: (\d+) packets? captured, (\d+) packets? received by filter/gm)].map(
    match => [Number(match[1]), Number(match[2])],
  );
}

export interface CaptureResult {
  file: string;
  /** Frames in the file. */
  frames: number;
  bytes(): Promise<Buffer>;
}

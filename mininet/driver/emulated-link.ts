import { Capture, type CaptureOptions, type Spawn } from './capture.js';
import { EmulationError } from './errors.js';
import { type LinkShape, parseDelay, parseLoss, parseQueue, parseRate } from './link-values.js';
import type { PlannedEnd, PlannedLink } from './plan.js';
import type { Runner } from './runner.js';

/** A link of an emulated network. Every change holds for both directions. */
export class EmulatedLink {
  readonly ends: readonly [PlannedEnd, PlannedEnd];
  private readonly index: number;
  private readonly runner: Runner;
  private readonly spawnAt: (node: string) => Spawn;
  private shape: LinkShape;
  private carrier = true;

  constructor(index: number, plan: PlannedLink, runner: Runner, spawnAt: (node: string) => Spawn) {
    this.index = index;
    this.ends = plan.ends;
    this.runner = runner;
    this.spawnAt = spawnAt;
    this.shape = plan.shape ?? { delayNs: 0, rateBps: 0, lossPpm: 0, queueBytes: 30_000 };
  }

  get isUp(): boolean {
    return this.carrier;
  }

  /** Takes the carrier away, as when a cable is pulled; resolves when both ends have noticed. */
  async down(): Promise<void> {
    await this.runner.request('link', { link: this.index, up: false });
    this.carrier = false;
  }

  async up(): Promise<void> {
    await this.runner.request('link', { link: this.index, up: true });
    this.carrier = true;
  }

  /**
   * One way, e.g. `10ms`: a round trip takes twice as long.
   *
   * @throws EmulationError `bad-link-value`; `link-not-shaped` where the kernel has no netem and the link was built
   *   without delay, rate or loss
   */
  async setDelay(delay: string): Promise<void> {
    await this.set({ delayNs: parseDelay(delay) });
  }

  /** Of each direction, e.g. `1%`. @throws EmulationError as `setDelay` */
  async setLoss(loss: string): Promise<void> {
    await this.set({ lossPpm: parseLoss(loss) });
  }

  /** Of each direction, e.g. `100mbit`; `0bit` lifts the bound. @throws EmulationError as `setDelay` */
  async setRate(rate: string, queue?: string): Promise<void> {
    await this.set({
      rateBps: parseRate(rate),
      ...(queue === undefined ? {} : { queueBytes: parseQueue(queue) }),
    });
  }

  /** Records what passes the link's end at `node`, the first end when absent. @throws EmulationError `capture-failed` */
  capture(options: CaptureOptions & { node?: string } = {}): Promise<Capture> {
    const end =
      options.node === undefined ? this.ends[0] : this.ends.find(({ node }) => node === options.node);
    if (end === undefined)
      throw new EmulationError('unknown-node', `the link has no end at ${options.node}`, {
        mend: `its ends are ${this.ends.map(({ node }) => node).join(' and ')}`,
      });
    return Capture.start(end.interface, options, this.spawnAt(end.node));
  }

  private async set(change: Partial<LinkShape>): Promise<void> {
    const shape = { ...this.shape, ...change };
    await this.runner.request('shape', { link: this.index, shape });
    this.shape = shape;
  }
}

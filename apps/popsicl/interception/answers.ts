import type { AppContext } from '../../../controller/host/index.js';
import { TcpFlag } from '../../../controller/packet/index.js';
import type { Switch } from '../../../controller/switch/index.js';
import type { PopsiclConfig } from '../config.js';
import { SYN_ACK_WINDOW } from '../cookie/cookie-layout.js';
import { windowScaleOf } from '../cookie/syn-cookie.js';
import { BACK } from '../pipeline.js';
import type { PuntedSegment } from '../segments/punted-segment.js';
import { AnswerBuilder } from './answer-builder.js';
import type { InterceptionCounts } from './counts.js';

/** Sends clients what the controller says in the name of a pseudo-address. */
export class Answers {
  private readonly context: AppContext<PopsiclConfig>;
  private readonly counts: InterceptionCounts;
  private readonly builder: AnswerBuilder;
  /** Answers that wait for a switch to forget. */
  private waiting = 0;
  /** Refusals in this second. */
  private refusals = 0;

  constructor(context: AppContext<PopsiclConfig>, counts: InterceptionCounts) {
    this.context = context;
    this.counts = counts;
    const { mss, windowScale } = context.config.fleet;
    this.builder = new AnswerBuilder({ mss: { 4: mss.ipv4, 6: mss.ipv6 }, windowScale });
  }

  /**
   * Answers a SYN, after so many milliseconds; of answers that have to wait only so many as are bounded anyway. `timestamp` is
   * the TSval.
   */
  synAck(
    sw: Switch,
    inPort: number,
    syn: PuntedSegment,
    sequence: number,
    timestamp: number,
    wait: number,
  ): void {
    const data = this.builder.synAck(syn, sequence, timestamp);
    if (wait === 0) {
      sw.send({ type: 'packet-out', inPort, actions: BACK, data });
      return;
    }
    if (this.waiting >= this.context.config.limits.pendingHellos) return;
    this.waiting++;
    const copy = data.slice();
    this.context.clock.after(wait, () => {
      this.waiting--;
      if (sw.isConnected) sw.send({ type: 'packet-out', inPort, actions: BACK, data: copy });
    });
  }

  /** Acknowledges what a client has sent before the byte `next`. */
  acknowledge(sw: Switch, inPort: number, segment: PuntedSegment, next: number): void {
    const shift = windowScaleOf(segment) < 0 ? 0 : this.context.config.fleet.windowScale;
    const data = this.builder.ack(segment, next, SYN_ACK_WINDOW >>> shift);
    sw.send({ type: 'packet-out', inPort, actions: BACK, data });
  }

  /** The one answer to everything that is not served: an RST, as from a port where nobody listens. */
  refuse(sw: Switch, inPort: number, segment: PuntedSegment): void {
    if ((segment.flags & TcpFlag.RST) !== 0 || this.refusals >= this.context.config.limits.refusalRate) {
      return;
    }
    this.refusals++;
    this.counts.refused++;
    const data = this.builder.reset(segment);
    sw.send({ type: 'packet-out', inPort, actions: BACK, data });
  }

  /** Another second has begun. */
  renew(): void {
    this.refusals = 0;
  }
}

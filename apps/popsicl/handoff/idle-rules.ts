import { randomInt } from 'node:crypto';
import type { Clock, Timer } from '../../../controller/host/index.js';
import { MAX_OWN_COOKIE, type Switch } from '../../../controller/switch/index.js';
import { RuleNumbers } from './rule-numbers.js';

/** Milliseconds between questions to a switch, of which each time some are asked at once. */
const TICK = 10;
const LONGEST_WAIT = 1000;
/** Questions a second and switch, and those that may be without an answer. */
const MOST_PER_SECOND = 10_000;
const MOST_OPEN = 256;
/** A set of rules is looked at so often within the idle time: three times in a little more than it. */
const LOOKS = 1.9;
const WHOLE = 0xffff_ffff_ffff_ffffn;

export type SweptSwitch = Pick<Switch, 'id' | 'isConnected' | 'send' | 'request'>;

export interface IdleRulesOptions {
  readonly clock: Clock;
  readonly table: number;
  /** The cookie of the rules of a number. */
  readonly cookieOf: (number: number) => bigint;
  readonly idleSeconds: number;
}

/**
 * Removes rules of connections that have been idle, in the place of idle timeouts of the switch: Open vSwitch walks through
 * all rules that have one whenever rules have changed. The rules of a connection have a cookie of their own, by which a switch
 * finds them at once; it is asked for their packet counters in turn. Rules whose counters stay the same for `idleSeconds` are
 * removed, after twice that time at the latest unless there are so many that a round of questions takes longer. Once a
 * number is known here, its rules go sooner or later even if nobody else remembers the connection.
 */
export class IdleRules {
  /** Numbers whose rules were removed. */
  removed = 0;
  private readonly options: IdleRulesOptions;
  private readonly switches = new Map<string, Sweep>();
  private lastNumber = randomInt(MAX_OWN_COOKIE);

  constructor(options: IdleRulesOptions) {
    this.options = options;
  }

  /** Numbers with rules, counted on each switch. */
  get size(): number {
    let size = 0;
    for (const { numbers } of this.switches.values()) size += numbers.size;
    return size;
  }

  /**
   * A number for the rules of a new connection, in 1..MAX_OWN_COOKIE. Should one be in use after so many, two connections are
   * looked at as if they were one.
   */
  number(): number {
    this.lastNumber = (this.lastNumber % MAX_OWN_COOKIE) + 1;
    return this.lastNumber;
  }

  /** The switch has rules of that number, or will have when it has read what was sent to it. */
  add(sw: SweptSwitch, number: number, packets = 0): void {
    const sweep = this.sweepOf(sw);
    sweep.numbers.add(number, packets, this.now());
    this.schedule(sweep);
  }

  switchUp(sw: SweptSwitch): void {
    const sweep = this.sweepOf(sw);
    sweep.sw = sw;
    sweep.timer?.cancel();
    sweep.timer = undefined;
    sweep.isUp = true;
    this.schedule(sweep);
  }

  /** What is known of the switch is kept for as long as it would tell anything. */
  switchDown(sw: SweptSwitch): void {
    const sweep = this.sweepOf(sw);
    sweep.isUp = false;
    sweep.timer?.cancel();
    sweep.timer = this.options.clock.after(this.options.idleSeconds * 1000, () => {
      this.switches.delete(sw.id);
    });
  }

  private sweepOf(sw: SweptSwitch): Sweep {
    let sweep = this.switches.get(sw.id);
    if (sweep === undefined) {
      sweep = { sw, numbers: new RuleNumbers(), isUp: false, timer: undefined, since: 0, due: 0, open: 0 };
      this.switches.set(sw.id, sweep);
    }
    return sweep;
  }

  private schedule(sweep: Sweep): void {
    if (!sweep.isUp || sweep.timer !== undefined || sweep.numbers.size === 0) return;
    const { clock } = this.options;
    sweep.since = clock.now();
    const wait = Math.min(Math.max(1 / this.rate(sweep), TICK), LONGEST_WAIT);
    sweep.timer = clock.after(wait, () => {
      sweep.timer = undefined;
      this.ask(sweep, clock.now() - sweep.since);
      this.schedule(sweep);
    });
  }

  /** Questions a millisecond. */
  private rate({ numbers }: Sweep): number {
    return Math.min((numbers.size * LOOKS) / this.options.idleSeconds, MOST_PER_SECOND) / 1000;
  }

  /** Asks for as many numbers as have become due in so many milliseconds. */
  private ask(sweep: Sweep, elapsed: number): void {
    sweep.due = Math.min(sweep.due + elapsed * this.rate(sweep), MOST_OPEN);
    while (sweep.due >= 1) {
      if (sweep.open >= MOST_OPEN) return;
      sweep.due--;
      const number = sweep.numbers.next();
      if (number === 0) return;
      sweep.open++;
      void this.look(sweep, number).finally(() => {
        sweep.open--;
      });
    }
  }

  private async look(sweep: Sweep, number: number): Promise<void> {
    const { table, cookieOf, idleSeconds } = this.options;
    const rules = { tableId: table, cookie: cookieOf(number), cookieMask: WHOLE };
    const { sw, numbers } = sweep;
    const answer = await sw
      .request({ type: 'multipart-request', body: { type: 'aggregate', ...rules } })
      .catch(() => undefined);
    if (answer === undefined) return;
    const { flowCount, packetCount } = answer.body;
    if (flowCount === 0) {
      numbers.remove(number);
      return;
    }
    const packets = Number(BigInt.asUintN(32, packetCount));
    if (numbers.observe(number, packets, this.now()) < idleSeconds || !sweep.isUp || !sw.isConnected) return;
    numbers.remove(number);
    this.removed++;
    sw.send({ type: 'flow-mod', command: 'delete', ...rules });
  }

  /** Seconds. */
  private now(): number {
    return this.options.clock.now() / 1000;
  }
}

/** The rules of one switch. */
interface Sweep {
  sw: SweptSwitch;
  readonly numbers: RuleNumbers;
  isUp: boolean;
  /** Of the next questions, or while the switch is away of the time until it is forgotten. */
  timer: Timer | undefined;
  /** Milliseconds of the clock since which questions become due. */
  since: number;
  due: number;
  /** Questions without an answer. */
  open: number;
}

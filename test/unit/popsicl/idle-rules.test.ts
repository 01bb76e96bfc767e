import { expect } from 'chai';
import { IdleRules, type SweptSwitch } from '../../../apps/popsicl/handoff/idle-rules.js';
import { shortLivedCookieOf } from '../../../controller/switch/index.js';
import { ManualClock } from '../../simulator/manual-clock.js';

const IDLE = 300;
const OWNER = 7;

/** A switch that has rules by cookie, and counts their packets. */
class RuledSwitch {
  readonly packets = new Map<bigint, number>();
  readonly removed: bigint[] = [];
  isConnected = true;
  /** Answers nothing, as if it were overwhelmed. */
  isMute = false;
  asked = 0;
  open = 0;
  mostOpen = 0;

  get switch(): SweptSwitch {
    return this as unknown as SweptSwitch;
  }

  readonly id = '1';

  send(message: { command: string; cookie: bigint; cookieMask: bigint }): void {
    expect(message).to.include({ command: 'delete', cookieMask: 0xffff_ffff_ffff_ffffn });
    this.removed.push(message.cookie);
    this.packets.delete(message.cookie);
  }

  async request({ body }: { body: { type: string; cookie: bigint } }): Promise<object> {
    this.asked++;
    this.mostOpen = Math.max(this.mostOpen, ++this.open);
    if (this.isMute) return new Promise(() => undefined);
    await Promise.resolve();
    this.open--;
    if (!this.isConnected) throw new Error('away');
    const packets = this.packets.get(body.cookie);
    return { body: { flowCount: packets === undefined ? 0 : 2, packetCount: BigInt(packets ?? 0) } };
  }
}

describe('rules of idle connections', () => {
  let clock: ManualClock;
  let sw: RuledSwitch;
  let idle: IdleRules;
  beforeEach(() => {
    clock = new ManualClock();
    sw = new RuledSwitch();
    idle = ruler();
    idle.switchUp(sw.switch);
  });

  const cookieOf = (number: number) => shortLivedCookieOf(OWNER, number);
  const ruler = () => new IdleRules({ clock, table: 0, cookieOf, idleSeconds: IDLE });

  /** Lets the switch have rules of a new connection. */
  function handOver(): bigint {
    const number = idle.number();
    sw.packets.set(cookieOf(number), 1);
    idle.add(sw.switch, number);
    return cookieOf(number);
  }

  async function pass(seconds: number): Promise<void> {
    const end = clock.now() + seconds * 1000;
    while (clock.step(end)) await settle();
  }

  async function settle(): Promise<void> {
    for (let turn = 0; turn < 8; turn++) await Promise.resolve();
  }

  it('stay for the whole idle time, and are gone after twice as long', async () => {
    const cookie = handOver();
    const began = clock.now();
    while (sw.removed.length === 0) await pass(1);
    expect(sw.removed).to.deep.equal([cookie]);
    expect((clock.now() - began) / 1000).to.be.within(IDLE, 2 * IDLE);
    expect(idle).to.include({ size: 0, removed: 1 });
  });

  it('stay as long as packets pass, however few, and go after the last', async () => {
    const busy = handOver();
    const cookie = handOver();
    for (let round = 0; round < 8; round++) {
      sw.packets.set(busy, sw.packets.get(busy)! + 1);
      await pass(IDLE - 10);
    }
    expect(sw.removed).to.deep.equal([cookie]);
    await pass(10 + 2 * IDLE);
    expect(sw.removed).to.deep.equal([cookie, busy]);
  });

  it('are looked at by their own cookies, evenly over time and at a bounded rate', async () => {
    const many = 30_000;
    for (let index = 0; index < many; index++) handOver();
    const rate = (many * 1.9) / IDLE;
    await pass(1);
    for (let second = 0; second < 10; second++) {
      const before = sw.asked;
      await pass(1);
      expect(sw.asked - before).to.be.within(rate * 0.9, rate * 1.1);
    }
    const hasty = new IdleRules({ clock, table: 0, cookieOf, idleSeconds: 3 });
    const other = new RuledSwitch();
    hasty.switchUp(other.switch);
    for (let index = 0; index < many; index++) {
      const number = hasty.number();
      other.packets.set(cookieOf(number), 1);
      hasty.add(other.switch, number);
    }
    await pass(1);
    const before = other.asked;
    await pass(0.5);
    expect(other.asked - before).to.be.within(4500, 5000);
  });

  it('that a switch says nothing about make no memory grow', async () => {
    sw.isMute = true;
    for (let index = 0; index < 2000; index++) handOver();
    await pass(10 * IDLE);
    expect(sw.mostOpen).to.equal(256);
    expect(idle.size).to.equal(2000);
  });

  it('are forgotten when the switch does not have them any more', async () => {
    sw.packets.delete(handOver());
    await pass(IDLE);
    expect(idle).to.include({ size: 0, removed: 0 });
    expect(clock.pending).to.equal(0);
  });

  it('are looked at once, however often they are stated', async () => {
    const number = idle.number();
    for (let time = 0; time < 100; time++) idle.add(sw.switch, number);
    expect(idle.size).to.equal(1);
  });

  it('keep their idle time over a short absence of the switch, in which nobody asks', async () => {
    const cookie = handOver();
    await pass(IDLE - 20);
    sw.isConnected = false;
    idle.switchDown(sw.switch);
    const { asked } = sw;
    await pass(60);
    expect(sw.asked).to.equal(asked);
    sw.isConnected = true;
    idle.switchUp(sw.switch);
    await pass(IDLE);
    expect(sw.removed).to.deep.equal([cookie]);
  });

  it('are not remembered of a switch that stays away', async () => {
    for (let index = 0; index < 100; index++) handOver();
    sw.isConnected = false;
    idle.switchDown(sw.switch);
    await pass(IDLE);
    expect(idle.size).to.equal(0);
    expect(clock.pending).to.equal(0);
  });

  it('of an earlier controller go as well', async () => {
    const cookie = handOver();
    const heir = ruler();
    idle.switchDown(sw.switch);
    heir.add(sw.switch, Number(cookie & 0x7fff_ffffn), 1);
    expect(sw.asked).to.equal(0);
    heir.switchUp(sw.switch);
    await pass(2 * IDLE);
    expect(sw.removed).to.deep.equal([cookie]);
  });
});

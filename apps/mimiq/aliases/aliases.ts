import { AllocationError } from '../allocation-error.js';
import type { AliasState, SwitchId } from '../model.js';
import type { Random } from '../random.js';
import type { AliasChange } from '../store/lease-store.js';

/** How aliases are made (3.3); times in milliseconds. */
export interface AliasPlan {
  readonly bits: number;
  /** t_sid. */
  readonly period: number;
  /** k. */
  readonly periods: number;
  readonly perSwitch: number;
  readonly maxSwitches: number;
}

const SID_RANGE = 2 ** 32;

/**
 * The SIDs and alias names of all client-facing switches. All sets change at the same moments, whatever a switch's clients
 * do, and every name is a uniform draw: neither says anything of the switch, of other names or of their order.
 */
export class Aliases {
  private readonly plan: AliasPlan;
  private readonly random: Random;
  private readonly sids = new Map<SwitchId, number>();
  private readonly bySwitch = new Map<SwitchId, AliasState[]>();
  /** Aliases that are valid, or ended less than a period ago. */
  private readonly byAlias = new Map<number, AliasState>();
  private epochEnd = 0;

  constructor(plan: AliasPlan, random: Random) {
    this.plan = plan;
    this.random = random;
  }

  /** Takes over what an earlier run stored; names of more bits than there are now no address can carry. */
  load(states: readonly AliasState[], sids: Iterable<readonly [SwitchId, number]>): void {
    for (const [switchId, sid] of sids) this.sids.set(switchId, sid);
    for (const state of states) {
      this.epochEnd = Math.max(this.epochEnd, state.usableUntil);
      if (state.alias < 2 ** this.plan.bits) this.add(state);
    }
  }

  get switches(): number {
    return this.sids.size;
  }

  /** When `advance` has something to do again. */
  get nextChange(): number {
    return this.sids.size === 0 ? Number.POSITIVE_INFINITY : this.epochEnd;
  }

  /** All that edge switches have to match at `now`. */
  valid(now: number): AliasState[] {
    return [...this.byAlias.values()].filter(state => state.validUntil > now);
  }

  hasSwitch(switchId: SwitchId): boolean {
    return this.sids.has(switchId);
  }

  /** Aliases of the switch for new addresses; none when it is unknown or its period is over. */
  usable(switchId: SwitchId, now: number): AliasState[] {
    return (this.bySwitch.get(switchId) ?? []).filter(state => state.usableUntil > now);
  }

  /**
   * Makes a SID and aliases for one more switch. When there are too many, one for which `isIdle` holds is forgotten;
   * throws AllocationError `too-many-switches` when there is none.
   */
  addSwitch(switchId: SwitchId, now: number, isIdle: (switchId: SwitchId) => boolean): AliasChange {
    const forget: SwitchId[] = [];
    if (this.sids.size >= this.plan.maxSwitches) {
      const idle = [...this.sids.keys()].find(isIdle);
      if (idle === undefined) {
        throw new AllocationError(
          'too-many-switches',
          'the network has more client-facing switches than planned',
        );
      }
      // Its aliases stay until they end: packets in flight still find it.
      this.sids.delete(idle);
      forget.push(idle);
    }
    const sid = this.freshSid();
    this.sids.set(switchId, sid);
    if (now >= this.epochEnd) this.epochEnd = now + this.plan.period;
    const put = this.generate(switchId, sid, now);
    return { put, remove: [], sids: [{ switchId, sid }], forget };
  }

  /** New sets for all switches when the period is over; undefined when it is not. */
  advance(now: number): AliasChange | undefined {
    if (now < this.nextChange) return undefined;
    const remove: AliasState[] = [];
    for (const state of this.byAlias.values()) {
      if (state.validUntil + this.plan.period <= now) remove.push(state);
    }
    for (const state of remove) this.drop(state);
    this.epochEnd = now + this.plan.period;
    const put: AliasState[] = [];
    for (const [switchId, sid] of this.sids) put.push(...this.generate(switchId, sid, now));
    return { put, remove, sids: [], forget: [] };
  }

  private generate(switchId: SwitchId, sid: number, now: number): AliasState[] {
    const { perSwitch, period, periods, bits } = this.plan;
    const made: AliasState[] = [];
    while (made.length < perSwitch) {
      const alias = this.random.below(2 ** bits);
      if (this.byAlias.has(alias)) continue;
      const state: AliasState = {
        sid,
        alias,
        switchId,
        createdAt: now,
        usableUntil: this.epochEnd,
        validUntil: now + periods * period,
      };
      this.add(state);
      made.push(state);
    }
    return made;
  }

  private add(state: AliasState): void {
    this.byAlias.set(state.alias, state);
    const list = this.bySwitch.get(state.switchId);
    if (list === undefined) this.bySwitch.set(state.switchId, [state]);
    else list.push(state);
  }

  private drop(state: AliasState): void {
    this.byAlias.delete(state.alias);
    const left = this.bySwitch.get(state.switchId)!.filter(other => other !== state);
    if (left.length === 0) this.bySwitch.delete(state.switchId);
    else this.bySwitch.set(state.switchId, left);
  }

  private freshSid(): number {
    const used = new Set(this.sids.values());
    for (;;) {
      const sid = this.random.below(SID_RANGE);
      if (!used.has(sid)) return sid;
    }
  }
}

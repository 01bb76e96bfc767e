import type { Instruction, Match, WantedFlow } from '../../../controller/switch/index.js';

/** Flows under their keys, as they are to be wanted. */
export class FlowSet {
  readonly flows = new Map<string, WantedFlow>();

  add(
    key: string,
    tableId: number,
    priority: number,
    match: Match,
    instructions: readonly Instruction[],
    cookie = 0,
  ): void {
    this.flows.set(key, { tableId, priority, match, instructions, cookie });
  }
}

import { macToNumber } from '../../controller/address/index.js';
import type { DecodedMatch } from '../../controller/openflow/index.js';
import { EthernetView } from '../../controller/packet/index.js';

/** What simulated switches match on. */
export interface FrameFields {
  inPort: number;
  ethDst: number;
  ethSrc: number;
  ethType: number;
  vlanVid: number;
}

export function frameFields(frame: Uint8Array, inPort: number): FrameFields {
  const view = new EthernetView(frame);
  return {
    inPort,
    ethDst: view.destination,
    ethSrc: view.source,
    ethType: view.etherType,
    vlanVid: view.vlanId < 0 ? 0 : 0x1000 | view.vlanId,
  };
}

/** Throws where a match uses a field that is not simulated. */
export function matches(match: DecodedMatch, frame: FrameFields): boolean {
  for (const [field, wanted] of Object.entries(match)) {
    if (!(field in frame)) throw new Error(`the simulated switch does not match on ${field}`);
    const masked = typeof wanted === 'object' && wanted !== null && 'mask' in wanted;
    const mask = masked ? toBits(wanted.mask) : -1n;
    const value = toBits(masked ? wanted.value : wanted);
    if ((BigInt(frame[field as keyof FrameFields]) & mask) !== (value & mask)) return false;
  }
  return true;
}

function toBits(value: unknown): bigint {
  return BigInt(typeof value === 'string' ? macToNumber(value) : (value as number));
}

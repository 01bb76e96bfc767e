import { TenantError } from '../../tenant-error.js';

/** The traffic-analysis defence of appendix A. */
export interface DefenceOptions {
  /** In how many pieces an object may be fetched: one of these numbers, each as likely; 1, 2 or 3 when absent. */
  readonly pieces?: readonly number[];
  /** Bytes that everything sent is a multiple of; 512 when absent. */
  readonly unit?: number;
  /** Bytes up to which an answer is held to be sent in pieces of known size; 4 MiB when absent. */
  readonly largest?: number;
  /**
   * Factor between the sizes that whole pages may have: documents are filled up to one, objects come in random order, and when a
   * page is there its script fetches decoys up to one. Off when absent.
   */
  readonly ladder?: number;
}

export interface Defence {
  readonly pieces: readonly number[];
  readonly unit: number;
  readonly largest: number;
  readonly ladder: number | undefined;
}

export const MOST_PIECES = 16;

/** @throws TenantError `bad-configuration` */
export function readDefence({
  pieces = [1, 2, 3],
  unit = 512,
  largest = 4 * 1024 * 1024,
  ladder,
}: DefenceOptions): Defence {
  const counts = pieces.every(count => Number.isInteger(count) && count >= 1 && count <= MOST_PIECES);
  if (pieces.length === 0 || !counts) throw bad(`\`pieces\` are whole numbers from 1 to ${MOST_PIECES}`);
  if (!Number.isInteger(unit) || unit < 16 || unit > 8192) throw bad('`unit` is between 16 and 8192 bytes');
  if (!Number.isInteger(largest) || largest < unit)
    throw bad('`largest` is a number of bytes, at least one unit');
  if (ladder !== undefined && !(ladder >= 1.1 && ladder <= 4)) throw bad('`ladder` is between 1.1 and 4');
  return { pieces, unit, largest, ladder };
}

function bad(why: string): TenantError {
  return new TenantError('bad-configuration', `the traffic-analysis defence cannot work so: ${why}`);
}

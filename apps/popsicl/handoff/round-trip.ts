import { sumWords, updateChecksum } from '../../../controller/packet/index.js';
import { ClockField, LONGEST_ROUND_TRIP } from '../cookie/cookie-layout.js';
import { PuntedSegment } from '../segments/punted-segment.js';
import type { Frame } from './redirection.js';

const CHECKSUM = 16;
const segment = new PuntedSegment();

/**
 * Tells the tenant's BPF program how long the client took to answer the SYN-ACK, in the place of what the segment echoes of
 * the controller's clock; the checksum stays as right as it was. `now`: milliseconds of that clock. Without timestamps, and
 * where it took too long for a round trip, the frame stays as it is.
 */
export function tellRoundTrip(frame: Frame, now: number): void {
  const isCopy = frame instanceof Uint8Array;
  const bytes = isCopy ? frame : frame.buf;
  const start = isCopy ? 0 : frame.dataOffset;
  const end = isCopy ? frame.length : frame.offset + frame.length;
  if (!segment.read(bytes, start, end) || segment.echoStart < 0) return;
  const { timestampEcho, echoStart, tcpStart } = segment;
  const { shift, mask, roundTrip } = ClockField;
  const sent = timestampEcho >>> shift;
  // Both are whole milliseconds, so that it took less than one more: a kernel recovers from too long a round trip only.
  const elapsed = ((now - sent) & mask) + 1;
  if (sent > mask || elapsed > LONGEST_ROUND_TRIP) return;
  const isOdd = (echoStart - tcpStart) & 1;
  const before = sumWords(bytes, echoStart - isOdd, echoStart + 4 + isOdd);
  const told = roundTrip | (elapsed << shift) | (timestampEcho & 0xff);
  for (let index = 0; index < 4; index++) bytes[echoStart + index] = told >>> (24 - 8 * index);
  const after = sumWords(bytes, echoStart - isOdd, echoStart + 4 + isOdd);
  const place = tcpStart + CHECKSUM;
  const checksum = updateChecksum((bytes[place]! << 8) | bytes[place + 1]!, before, after);
  bytes[place] = checksum >>> 8;
  bytes[place + 1] = checksum;
}

import type { PuntedSegment } from './punted-segment.js';

/** Addresses and ports of a packet, from which it comes and to which it goes. */
export type ConnectionEnds = Pick<
  PuntedSegment,
  | 'family'
  | 'source0'
  | 'source1'
  | 'source2'
  | 'source3'
  | 'sourcePort'
  | 'destination0'
  | 'destination1'
  | 'destination2'
  | 'destination3'
  | 'destinationPort'
>;

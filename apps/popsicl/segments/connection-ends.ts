import type { AddressWords } from './address-words.js';
import type { PuntedSegment } from './punted-segment.js';

/** Addresses and ports of a packet, from which it comes and to which it goes; of a TCP segment, also its flags. */
export type ConnectionEnds = Partial<Pick<PuntedSegment, 'flags'>> &
  Pick<
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

export function endsOf(
  family: 4 | 6,
  [source0, source1, source2, source3]: AddressWords,
  [destination0, destination1, destination2, destination3]: AddressWords,
  sourcePort: number,
  destinationPort: number,
): ConnectionEnds {
  return {
    family,
    ...{ source0, source1, source2, source3, sourcePort },
    ...{ destination0, destination1, destination2, destination3, destinationPort },
  };
}

/** Of a packet that goes the other way. */
export function reversed(ends: ConnectionEnds): ConnectionEnds {
  const { source0, source1, source2, source3, destination0, destination1, destination2, destination3 } = ends;
  return endsOf(
    ends.family,
    [destination0, destination1, destination2, destination3],
    [source0, source1, source2, source3],
    ends.destinationPort,
    ends.sourcePort,
  );
}

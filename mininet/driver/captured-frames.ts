const FILE_HEADER = 24;
const RECORD_HEADER = 16;

export interface CapturedFrame {
  /** Microseconds since 1970. */
  readonly at: number;
  /** As much of the frame as was captured. */
  readonly frame: Buffer;
}

/** The frames of a pcap file as tcpdump writes it here (little-endian, microseconds), in their order; a last one that is cut off is left out. */
export function* capturedFrames(pcap: Buffer): Generator<CapturedFrame> {
  for (let offset = FILE_HEADER; offset + RECORD_HEADER <= pcap.length; ) {
    const begin = offset + RECORD_HEADER;
    const end = begin + pcap.readUInt32LE(offset + 8);
    if (end > pcap.length) return;
    const at = pcap.readUInt32LE(offset) * 1e6 + pcap.readUInt32LE(offset + 4);
    yield { at, frame: pcap.subarray(begin, end) };
    offset = end;
  }
}

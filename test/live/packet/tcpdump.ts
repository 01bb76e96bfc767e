/** tcpdump as a judge: frames go in as a capture on standard input, its words for each frame come out. */
import { spawnSync } from 'node:child_process';

const ETHERNET_LINK = 1;

export function hasTcpdump(): boolean {
  return spawnSync('tcpdump', ['--version'], { stdio: 'ignore' }).status === 0;
}

/** A capture file in the classic format (https://www.tcpdump.org/manpages/pcap-savefile.5.html). */
function captureFile(frames: readonly Uint8Array[]): Buffer {
  const header = Buffer.alloc(24);
  header.writeUInt32BE(0xa1b2c3d4, 0);
  header.writeUInt16BE(2, 4);
  header.writeUInt16BE(4, 6);
  header.writeUInt32BE(0x40000, 16);
  header.writeUInt32BE(ETHERNET_LINK, 20);
  const records = frames.flatMap((frame, index) => {
    const record = Buffer.alloc(16);
    record.writeUInt32BE(index, 0); // the time in seconds is the number of the frame
    record.writeUInt32BE(frame.length, 8);
    record.writeUInt32BE(frame.length, 12);
    return [record, frame];
  });
  return Buffer.concat([header, ...records]);
}

/** What `tcpdump -e -n -vvv` prints for each frame, on one line with single spaces. */
export function describeFrames(frames: readonly Uint8Array[]): string[] {
  const result = spawnSync('tcpdump', ['-r', '-', '-e', '-n', '-tt', '-vvv', '-S'], {
    input: captureFile(frames),
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  if (result.status !== 0) throw new Error(`tcpdump failed: ${result.stderr}`);
  const texts: string[] = [];
  for (const line of result.stdout.split('\n')) {
    const start = /^ *(\d+)\.000000 (.*)$/.exec(line);
    if (start !== null) texts[Number(start[1])] = start[2]!;
    else if (texts.length > 0) texts[texts.length - 1] += ` ${line.trim()}`;
  }
  return texts.map(text => text.replace(/\s+/g, ' '));
}

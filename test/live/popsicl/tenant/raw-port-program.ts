/**
 * `node raw-port-program.js INTERFACE ADDRESS`: sends the frames that standard input has, one hexadecimal line each, and
 * prints the TCP frames for that address, each with a final dot. A test is a TCP client of its own with it, in any
 * namespace.
 */
import { createInterface } from 'node:readline';
import { createSession } from 'pcap';

const session = createSession(process.argv[2]!, {
  filter: `inbound and tcp and dst host ${process.argv[3]}`,
  buffer_timeout: 1,
});
session.on('packet', ({ buf, header }: { buf: Buffer; header: Buffer }) => {
  const length = header.readUInt32LE(8);
  process.stdout.write(`${buf.subarray(0, length).toString('hex')}.\n`);
});
const lines = createInterface({ input: process.stdin });
lines.on('line', line => session.inject(Buffer.from(line, 'hex')));
lines.on('close', () => process.exit(0));
process.stdout.write('ready\n');

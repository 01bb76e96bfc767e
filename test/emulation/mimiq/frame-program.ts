/** `node frame-program.js INTERFACE`: sends the frames that standard input has, one hexadecimal line each, as they are. */
import { createInterface } from 'node:readline';
import { createSession } from 'pcap';

const session = createSession(process.argv[2]!, { filter: 'inbound and less 1' });
const lines = createInterface({ input: process.stdin });
lines.on('line', line => {
  session.inject(Buffer.from(line, 'hex'));
  process.stdout.write('sent\n');
});
lines.on('close', () => process.exit(0));
process.stdout.write('ready\n');

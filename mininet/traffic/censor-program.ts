/**
 * `node censor-program.js INTERFACE PACKETS`: blocks the address of each client whose flow to or from the QUIC server began with a
 * long header, once so many packets of it have been seen. Makes the nftables table `inet censor`; prints `ready`, and a line
 * `blocked ADDRESS` for each. A line `reset` on standard input forgets everything; it answers `reset`.
 */
import { execFileSync, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { isLong, readObserved } from './quic-observer.js';
import { QUIC_PORT } from './quic-server.js';

const [, , device, limit] = process.argv;
const FILE_HEADER = 24;
const RECORD_HEADER = 16;
const SNAPSHOT = 96;

const nft = (...lines: string[]) => execFileSync('nft', ['-f', '-'], { input: `${lines.join('\n')}\n` });
const RULES = [
  'table inet censor {',
  '  set blocked4 { type ipv4_addr; }',
  '  set blocked6 { type ipv6_addr; }',
  '  chain forward { type filter hook forward priority 0;',
  ...['saddr', 'daddr'].flatMap(end => [`ip ${end} @blocked4 drop`, `ip6 ${end} @blocked6 drop`]),
  '  }',
  '}',
];
nft(...RULES);

/** Packets by address and port; undefined for flows that began in the middle of a connection. */
let flows = new Map<string, number | undefined>();
let blocked = new Set<string>();

createInterface({ input: process.stdin }).on('line', () => {
  flows = new Map();
  blocked = new Set();
  nft('flush set inet censor blocked4', 'flush set inet censor blocked6');
  process.stdout.write('reset\n');
});

function look(record: Buffer): void {
  for (const { client, clientPort, payload } of readObserved(record)) {
    const key = `${client} ${clientPort}`;
    if (!flows.has(key)) flows.set(key, isLong(payload) ? 0 : undefined);
    const before = flows.get(key);
    if (before === undefined) continue;
    flows.set(key, before + 1);
    if (before + 1 < Number(limit) || blocked.has(client)) continue;
    blocked.add(client);
    nft(`add element inet censor blocked${client.includes(':') ? 6 : 4} { ${client} }`);
    process.stdout.write(`blocked ${client}\n`);
  }
}

const words = [
  '-i',
  device!,
  '-n',
  '-U',
  '--immediate-mode',
  '-s',
  String(SNAPSHOT),
  '-w',
  '-',
  'udp',
  'port',
];
const tcpdump = spawn('tcpdump', [...words, String(QUIC_PORT)], { stdio: ['ignore', 'pipe', 'pipe'] });
tcpdump.stderr.on('data', (text: Buffer) => {
  if (text.includes('listening on')) process.stdout.write('ready\n');
});
let rest = Buffer.alloc(0);
let header: Buffer | undefined;
tcpdump.stdout.on('data', (chunk: Buffer) => {
  rest = Buffer.concat([rest, chunk]);
  if (header === undefined) {
    if (rest.length < FILE_HEADER) return;
    header = rest.subarray(0, FILE_HEADER);
    rest = rest.subarray(FILE_HEADER);
  }
  while (rest.length >= RECORD_HEADER) {
    const end = RECORD_HEADER + rest.readUInt32LE(8);
    if (rest.length < end) return;
    look(Buffer.concat([header, rest.subarray(0, end)]));
    rest = rest.subarray(end);
  }
});
tcpdump.on('exit', () => process.exit(1));

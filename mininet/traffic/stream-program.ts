/**
 * `node stream-program.js SERVER PORT INTERVAL`: sends numbered datagrams to an echo server every INTERVAL ms, always from the
 * address that the last line `from ADDRESS` of standard input names, and keeps listening at all addresses before.
 * `close ADDRESS` ends one. `now MARK` prints MARK and, as JSON, how many were sent and which are missing at that moment. `stop`
 * ends the sending and prints the same when everything is back or nothing has come back for two seconds.
 */
import { createSocket, type Socket } from 'node:dgram';
import { createInterface } from 'node:readline';

const [, , server, port, interval] = process.argv;
const sockets = new Map<string, Socket>();
const missing = new Set<number>();
let current: Socket | undefined;
let sent = 0;
/** Set once the sending has ended. */
let silence: NodeJS.Timeout | undefined;

function open(address: string): void {
  const socket = createSocket({ type: address.includes(':') ? 'udp6' : 'udp4', recvBufferSize: 1 << 20 });
  socket.on('message', data => {
    missing.delete(data.readUInt32BE());
    if (silence === undefined) return;
    silence.refresh();
    if (missing.size === 0) finish();
  });
  // What cannot be sent is missing in the end.
  socket.on('error', () => undefined);
  socket.bind({ address, port: 0 }, () => {
    sockets.set(address, socket);
    current = socket;
    process.stdout.write(`from ${address}\n`);
  });
}

function state(): string {
  return JSON.stringify({ sent, missing: [...missing] });
}

function finish(): void {
  process.stdout.write(`${state()}\n`);
  process.exit(0);
}

const timer = setInterval(() => {
  if (current === undefined) return;
  const data = Buffer.alloc(64);
  data.writeUInt32BE(++sent);
  missing.add(sent);
  current.send(data, Number(port), server);
}, Number(interval));

createInterface({ input: process.stdin }).on('line', line => {
  const [word, address = ''] = line.split(' ');
  if (word === 'from') open(address);
  else if (word === 'close') sockets.get(address)?.close();
  else if (word === 'now') process.stdout.write(`now ${address} ${state()}\n`);
  else {
    clearInterval(timer);
    if (missing.size === 0) finish();
    silence = setTimeout(finish, 2000);
  }
});

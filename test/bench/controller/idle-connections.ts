/**
 * Connections to one controller that do nothing, in a process of its own.
 *
 *     node idle-connections.js --port N [--host A] [--count 1000] [--silent]
 *
 * Emulated switches that complete the handshake and then only answer echoes; with `--silent` sockets that never send
 * a byte. Prints `ready` when all are connected, goes on until standard input ends, and then prints how many the
 * controller had closed.
 */
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { EmulatedSwitch } from './emulated-switch.js';

interface IdleConnection {
  readonly ready: boolean;
  readonly closed: boolean;
  close(): void;
}

const { values } = parseArgs({
  options: {
    host: { type: 'string', default: '127.0.0.1' },
    port: { type: 'string' },
    count: { type: 'string', default: '1000' },
    silent: { type: 'boolean', default: false },
  },
});
/** At a time, so that the listener's backlog does not overflow. */
const BATCH = 50;
const LIMIT = 60_000;
const port = Number(values.port);
const connections: IdleConnection[] = [];

try {
  while (connections.length < Number(values.count)) {
    const left = Number(values.count) - connections.length;
    for (let index = 0; index < Math.min(BATCH, left); index++)
      connections.push(open(connections.length + 1));
    await allReady();
  }
  console.log('ready');
  process.stdin.resume();
  await new Promise(resolve => process.stdin.once('end', resolve));
  console.log(connections.filter(each => each.closed).length);
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
for (const each of connections) each.close();

function open(datapathId: number): IdleConnection {
  if (!values.silent) return new EmulatedSwitch(values.host, port, { datapathId, ports: 8, window: 1 });
  const socket = connect({ host: values.host, port });
  const connection = { ready: false, closed: false, close: () => void socket.destroy() };
  socket.once('connect', () => {
    connection.ready = true;
  });
  socket.once('close', () => {
    connection.closed = true;
  });
  socket.on('error', () => socket.destroy());
  socket.resume();
  return connection;
}

async function allReady(): Promise<void> {
  const end = Date.now() + LIMIT;
  while (!connections.every(each => each.ready)) {
    if (Date.now() > end) throw new Error(`the controller did not take all connections within ${LIMIT} ms`);
    await sleep(5);
  }
}

/**
 * `node relay-main.js OPTIONS`: relays connections (strategy `proxy`) in a process of its own, so that the bytes of clients do
 * not hold up the packets of others. Prints `ready`, then a JSON line for every name that it asks for, and reads the answers
 * from standard input; it ends with that.
 */
import { createServer, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { sourceOf } from '../source.js';
import { type Endpoint, relay } from './relay-connection.js';
import type { RelayAnswer, RelayOptions } from './relay-process.js';

const options = JSON.parse(process.argv[2]!) as RelayOptions;
const asked = new Map<number, (endpoint: Endpoint | undefined) => void>();
const sources = new Map<string, number>();
let connections = 0;
let nextId = 1;

function lookUp(name: string | undefined): Promise<Endpoint | undefined> {
  if (name === undefined) return Promise.resolve(undefined);
  const id = nextId++;
  process.stdout.write(`${JSON.stringify({ id, name })}\n`);
  return new Promise(resolve => asked.set(id, resolve));
}

function accept(client: Socket): void {
  const source = sourceOf(client.remoteAddress ?? '');
  const before = sources.get(source) ?? 0;
  if (connections >= options.connections || before >= options.perSource) {
    client.resetAndDestroy();
    return;
  }
  connections++;
  sources.set(source, before + 1);
  client.on('close', () => {
    connections--;
    const left = sources.get(source)! - 1;
    if (left === 0) sources.delete(source);
    else sources.set(source, left);
  });
  void relay(client, { lookUp, patience: options.patience });
}

createInterface({ input: process.stdin })
  .on('line', line => {
    const { id, endpoint } = JSON.parse(line) as RelayAnswer;
    asked.get(id)?.(endpoint);
    asked.delete(id);
  })
  .on('close', () => process.exit(0));

const listening = Promise.all(
  options.addresses.map(
    host =>
      new Promise<void>((resolve, reject) => {
        createServer({ allowHalfOpen: true }, accept)
          .on('error', reject)
          .listen({ host, port: options.port, backlog: 4096 }, resolve);
      }),
  ),
);
listening.then(
  () => process.stdout.write('ready\n'),
  () => process.exit(1),
);

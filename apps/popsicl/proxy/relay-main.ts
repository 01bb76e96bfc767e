/**
 * `node relay-main.js OPTIONS`: relays connections (strategy `proxy`) in a process of its own, so that the bytes of clients do
 * not hold up the packets of others. Prints `ready`, then a JSON line for every name that it asks for, and reads the answers
 * from standard input. When that ends, also because the controller was killed, it takes no more connections, and carries
 * those that it has to their end.
 */
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { sourceOf } from '../source.js';
import { SourceConnections } from '../source-connections.js';
import { type Endpoint, relay } from './relay-connection.js';
import type { RelayAnswer, RelayOptions, RelayQuestion } from './relay-process.js';

/**
 * Milliseconds without a byte, after which a connection ends that one side has ended, and every one of a relay that takes no
 * more of them.
 */
const LAST_PATIENCE = 300_000;
const LISTEN_TRIES = 20;
/** Milliseconds. */
const LISTEN_PAUSE = 50;

const options = JSON.parse(process.argv[2]!) as RelayOptions;
const asked = new Map<number, (endpoint: Endpoint | undefined) => void>();
const sources = new SourceConnections(options.perSource);
const clients = new Set<Socket>();
const servers: Server[] = [];
let nextId = 1;
let isAlone = false;

function lookUp(name: string | undefined, source: string): Promise<Endpoint | undefined> {
  if (name === undefined || isAlone) return Promise.resolve(undefined);
  const id = nextId++;
  process.stdout.write(`${JSON.stringify({ id, name, source } satisfies RelayQuestion)}\n`);
  return new Promise(resolve => asked.set(id, resolve));
}

function accept(client: Socket): void {
  const source = sourceOf(client.remoteAddress ?? '');
  if (clients.size >= options.connections) {
    client.resetAndDestroy();
    return;
  }
  if (!sources.admit(client)) return;
  clients.add(client);
  client.on('close', () => {
    clients.delete(client);
    if (isAlone) endWithLast();
  });
  void relay(client, {
    lookUp: name => lookUp(name, source),
    patience: options.patience,
    addresses: options.addresses,
    lastPatience: LAST_PATIENCE,
  });
}

/** Nobody answers any more: whose tenant is not known yet is refused. */
function finish(): void {
  isAlone = true;
  for (const server of servers) server.close();
  for (const resolve of asked.values()) resolve(undefined);
  asked.clear();
  for (const client of clients) client.setTimeout(LAST_PATIENCE, () => client.destroy());
  endWithLast();
}

function endWithLast(): void {
  if (clients.size === 0) process.exit(0);
}

process.stdout.on('error', () => {});
createInterface({ input: process.stdin })
  .on('line', line => {
    const { id, endpoint } = JSON.parse(line) as RelayAnswer;
    asked.get(id)?.(endpoint);
    asked.delete(id);
  })
  .on('close', finish);

/** A relay before this one, whose controller has just ended, lets go of the port at once. */
async function listen(host: string): Promise<void> {
  const server = createServer({ allowHalfOpen: true }, accept);
  servers.push(server);
  for (let tries = 1; ; tries++) {
    try {
      server.listen({ host, port: options.port, backlog: 4096 });
      await once(server, 'listening');
      return;
    } catch (error) {
      if (tries === LISTEN_TRIES) throw error;
      await sleep(LISTEN_PAUSE);
    }
  }
}

const listening = Promise.all(options.addresses.map(listen));
listening.then(
  () => process.stdout.write('ready\n'),
  () => process.exit(1),
);

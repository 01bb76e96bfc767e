/** Fills a switch with connections that others have, over its management socket. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { CONNECTION_PRIORITY } from '../../apps/popsicl/pipeline.js';
import { encode, type Message, Writer } from '../../controller/openflow/index.js';
import { segmentTemplate, writeFrame } from './tcp-frames.js';

export interface PresentConnections {
  /** Where the bridge listens for OpenFlow: a path. */
  socket: string;
  count: number;
  /** Tenant and pseudo-address, as numbers. */
  tenant: number;
  pseudo: number;
  zone: number;
  /** Cookie of the rules of a connection, by its index; 0 when absent. */
  cookieOf?: (index: number) => bigint;
}

/** Sources that nobody else uses here: 20.0.0.0 and up; ports 2000 to 2255 of each. */
const FIRST_SOURCE = 0x14000000;
const FIRST_PORT = 2000;
const BATCH = 1 << 20;
/** Connections whose rules are one bundle. */
const BUNDLED = 100_000;
/** Port number of the client's side; the bridge looks at none. */
const IN_PORT = 2;

/** One entry of connection tracking each: what a handoff with `conntrack` leaves. Returns seconds. */
export function commitConnections({
  socket,
  count,
  tenant,
  pseudo,
  zone,
}: PresentConnections): Promise<number> {
  const template = segmentTemplate(pseudo, Uint8Array.of(22));
  const data = Buffer.alloc(template.bytes.length);
  return install(socket, count, function* (index) {
    writeFrame(data, 0, template, {
      ...{ source: sourceOf(index), port: portOf(index), timestamp: 1, echo: 1 },
      ...{ sequence: index, acknowledgement: 1 },
    });
    yield {
      type: 'packet-out',
      inPort: IN_PORT,
      actions: [
        {
          type: 'nx-ct',
          flags: ['commit'],
          zone,
          recircTable: 255,
          actions: [{ type: 'nx-nat', flags: ['dst'], range: { ipv4Min: tenant, protoMin: 443 } }],
        },
      ],
      data,
    };
  });
}

/**
 * Two rules each: what a handoff with `flows` leaves. In bundles, so that Open vSwitch does not look at its datapath in between.
 * Returns seconds.
 */
export function addRules({ socket, count, tenant, pseudo, cookieOf }: PresentConnections): Promise<number> {
  const rule = { type: 'flow-mod', tableId: 0, priority: CONNECTION_PRIORITY } as const;
  const bundle = (index: number) =>
    ({ bundleId: Math.floor(index / BUNDLED) + 1, flags: ['atomic', 'ordered'] }) as const;
  const control = (index: number, controlType: string) =>
    ({ type: 'onf-bundle-control', ...bundle(index), controlType }) as Message;
  const add = (index: number, message: object) =>
    ({ type: 'onf-bundle-add-message', ...bundle(index), message }) as Message;
  return install(socket, count, function* (index) {
    if (index % BUNDLED === 0) yield control(index, 'open-request');
    const base = { ...rule, cookie: cookieOf?.(index) ?? 0n };
    const [client, port] = [sourceOf(index), portOf(index)];
    const tcp = { ethType: 0x0800, ipProto: 6 };
    const rewrite = (field: object) => [
      {
        type: 'apply-actions',
        actions: [
          { type: 'nx-fin-timeout', finIdleTimeout: 10 },
          { type: 'set-field', field },
        ],
      },
      { type: 'goto-table', tableId: 3 },
    ];
    yield add(index, {
      ...base,
      match: {
        ...tcp,
        ipv4Src: client,
        ipv4Dst: pseudo,
        tcpSrc: port,
        tcpDst: 443,
        tcpFlags: { value: 0, mask: 2 },
      },
      instructions: rewrite({ ipv4Dst: tenant }),
    });
    yield add(index, {
      ...base,
      match: { ...tcp, ipv4Src: tenant, ipv4Dst: client, tcpSrc: 443, tcpDst: port },
      instructions: rewrite({ ipv4Src: pseudo }),
    });
    if (index % BUNDLED === BUNDLED - 1 || index === count - 1) yield control(index, 'commit-request');
  });
}

function sourceOf(index: number): number {
  return FIRST_SOURCE + (index >>> 8);
}

function portOf(index: number): number {
  return FIRST_PORT + (index & 0xff);
}

async function install(
  path: string,
  count: number,
  messagesOf: (index: number) => Iterable<Message>,
): Promise<number> {
  const socket = connect(path);
  await once(socket, 'connect');
  const began = performance.now();
  const replies = new Replies(socket);
  const writer = new Writer(2 * BATCH);
  encode(writer, { type: 'hello', elements: [] } as Message);
  for (let index = 0; index < count; index++) {
    for (const message of messagesOf(index)) encode(writer, message);
    if (writer.pos >= BATCH) await flush(socket, writer);
  }
  encode(writer, { type: 'barrier-request' } as Message);
  await flush(socket, writer);
  await replies.barrier;
  const seconds = (performance.now() - began) / 1000;
  socket.destroy();
  return seconds;
}

async function flush(socket: Socket, writer: Writer): Promise<void> {
  const bytes = Buffer.from(writer.buf.subarray(0, writer.pos));
  writer.pos = 0;
  if (!socket.write(bytes)) await once(socket, 'drain');
}

/** Waits for the BARRIER_REPLY; an ERROR before it is an error here. */
class Replies {
  readonly barrier: Promise<void>;

  constructor(socket: Socket) {
    let rest = Buffer.alloc(0);
    this.barrier = new Promise((resolve, reject) => {
      socket.on('close', () => reject(new Error('the switch closed the connection')));
      socket.on('data', chunk => {
        rest = Buffer.concat([rest, chunk]);
        while (rest.length >= 8 && rest.length >= rest.readUInt16BE(2)) {
          const [code, length] = [rest[1], rest.readUInt16BE(2)];
          if (code === 1) reject(new Error(`the switch refused: ${rest.subarray(0, 12).toString('hex')}`));
          if (code === 21) resolve();
          if (code === 2) {
            const reply = Buffer.from(rest.subarray(0, length));
            reply[1] = 3;
            socket.write(reply);
          }
          rest = rest.subarray(length);
        }
      });
    });
    this.barrier.catch(() => {});
  }
}

import { createConnection, type Socket } from 'node:net';
import { type ControllerTarget, OPENFLOW_PORT, parseControllerTarget } from '../../ovsdb/index.js';
import type { ProbeResult } from './facts.js';

/** OFPT_HELLO of OpenFlow 1.3, eight bytes without elements (OpenFlow 1.3.5, 7.5.1). */
const HELLO = Uint8Array.of(4, 0, 0, 8, 0, 0, 0, 0);
const OFPT_HELLO = 0;
const CONNECT_TIMEOUT = 2_000;
/** A controller says hello at once; what is silent for this long is none. */
const HELLO_TIMEOUT = 1_000;
/** Where controllers usually listen: IANA's port and the one before it. */
const USUAL_PORTS: readonly number[] = [OPENFLOW_PORT, 6633];

/** Says hello at `target` and listens for a hello; undefined for targets at which the switch itself listens. */
export async function probeController(target: string): Promise<ProbeResult | undefined> {
  let parsed: ControllerTarget;
  try {
    parsed = parseControllerTarget(target);
  } catch {
    return { kind: 'unreachable', reason: 'it is no target' };
  }
  if (parsed.method === 'unix') return probe(createConnection({ path: parsed.path }), true);
  if (parsed.method === 'tcp' || parsed.method === 'ssl') {
    const socket = createConnection({ host: parsed.host, port: parsed.port });
    return probe(socket, parsed.method === 'tcp');
  }
  return undefined;
}

/** Another port of the same host at which an OpenFlow controller answers. */
export async function findNearby(target: string, ports = USUAL_PORTS): Promise<string | undefined> {
  const match = /^(tcp:(?:\[[^\]]*\]|[^:[\]]+))(?::(\d+))?$/.exec(target);
  if (match === null) return undefined;
  const [, host, port] = match;
  for (const other of ports) {
    if (other === Number(port ?? OPENFLOW_PORT)) continue;
    const candidate = `${host}:${other}`;
    if ((await probeController(candidate))?.kind === 'openflow') return candidate;
  }
  return undefined;
}

function probe(socket: Socket, sayHello: boolean): Promise<ProbeResult> {
  return new Promise(resolve => {
    const finish = (result: ProbeResult) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(result);
    };
    let timer = setTimeout(() => finish({ kind: 'unreachable', reason: 'no answer' }), CONNECT_TIMEOUT);
    socket.on('error', (error: NodeJS.ErrnoException) =>
      finish({ kind: 'unreachable', reason: reasonOf(error) }),
    );
    socket.on('connect', () => {
      clearTimeout(timer);
      if (!sayHello) return finish({ kind: 'listening' });
      timer = setTimeout(() => finish({ kind: 'listening' }), HELLO_TIMEOUT);
      socket.write(HELLO);
    });
    socket.on('data', bytes => {
      const openflow = bytes[0]! >= 1 && bytes[0]! <= 6 && (bytes.length < 2 || bytes[1] === OFPT_HELLO);
      finish({ kind: openflow ? 'openflow' : 'not-openflow' });
    });
    socket.on('end', () => finish({ kind: 'not-openflow' }));
  });
}

function reasonOf(error: NodeJS.ErrnoException): string {
  switch (error.code) {
    case 'ECONNREFUSED':
      return 'connection refused';
    case 'ENOENT':
      return 'no such socket';
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return 'no route';
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return 'no such host';
    default:
      return error.code ?? error.message;
  }
}

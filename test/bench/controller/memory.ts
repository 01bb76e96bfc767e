/** What a controller costs that has nothing to do: alone, with idle switches, with connections that say nothing. */
import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { cpuSecondsOf, residentBytesOf } from '../../../mininet/report/process-usage.js';
import { PEERS, type RunningPeer, startPeer } from './peers.js';

export interface IdleCost {
  /** Resident bytes as soon as it listens. */
  startBytes: number;
  /** After `idleSeconds` without a connection. */
  baseBytes: number;
  idleSeconds: number;
  /** With `count` emulated switches that are connected and say nothing but echo replies. */
  switches: { count: number; bytesEach: number; cpuPercent: number };
  /** With `count` connections that never send a byte. */
  silent: { count: number; bytesEach: number; closed: number; secondsToClose: number; bytesAfter: number };
}

interface IdleConnections {
  /** Ends them; resolves with how many the controller had closed by then. */
  stop(): Promise<number>;
}

const HANDSHAKE_TIMEOUT = 10;
/** Seconds after which V8 has given back what starting has left. */
const SETTLE = 12;

export async function measureIdleCost(
  connections: number,
  idleSeconds: number,
  progress: (text: string) => void,
): Promise<IdleCost> {
  const alone = await withController(async running => {
    const startBytes = residentBytesOf(running.pid);
    progress(`idle for ${idleSeconds} s`);
    await sleep(idleSeconds * 1000);
    const baseBytes = residentBytesOf(running.pid);
    progress(`${connections} idle switches for ${2 * idleSeconds} s`);
    return {
      startBytes,
      baseBytes,
      switches: await measureSwitches(running, connections, idleSeconds, baseBytes),
    };
  });
  progress(`${connections} connections that say nothing`);
  const silent = await withController(running => measureSilent(running, connections));
  return { ...alone, idleSeconds, silent };
}

async function withController<T>(measure: (running: RunningPeer) => Promise<T>): Promise<T> {
  const running = await startPeer(PEERS[0]!);
  try {
    return await measure(running);
  } finally {
    await running.stop();
  }
}

/** The memory is what stays when the garbage of the handshakes is gone, which V8 collects when it is idle. */
async function measureSwitches(
  running: RunningPeer,
  count: number,
  seconds: number,
  baseBytes: number,
): Promise<IdleCost['switches']> {
  const idle = await openIdle(running.port, count, []);
  try {
    await sleep(seconds * 1000);
    const cpuBefore = cpuSecondsOf(running.pid);
    const begin = process.hrtime.bigint();
    await sleep(seconds * 1000);
    const elapsed = Number(process.hrtime.bigint() - begin) / 1e9;
    const cpuPercent = (100 * (cpuSecondsOf(running.pid) - cpuBefore)) / elapsed;
    const bytesEach = (residentBytesOf(running.pid) - baseBytes) / count;
    return { count, bytesEach, cpuPercent };
  } finally {
    await idle.stop();
  }
}

async function measureSilent(running: RunningPeer, count: number): Promise<IdleCost['silent']> {
  await sleep(SETTLE * 1000);
  const before = residentBytesOf(running.pid);
  const idle = await openIdle(running.port, count, ['--silent']);
  const begin = Date.now();
  const bytesEach = Math.max(0, (residentBytesOf(running.pid) - before) / count);
  // The last connections came last, and are closed a handshake's time limit later.
  await sleep((HANDSHAKE_TIMEOUT + 2) * 1000);
  const secondsToClose = (Date.now() - begin) / 1000;
  const bytesAfter = residentBytesOf(running.pid);
  return { count, bytesEach, closed: await idle.stop(), secondsToClose, bytesAfter };
}

async function openIdle(port: number, count: number, options: string[]): Promise<IdleConnections> {
  const program = fileURLToPath(new URL('./idle-connections.js', import.meta.url));
  const args = [program, '--port', String(port), '--count', String(count), ...options];
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = new Promise<void>(resolve => child.once('close', () => resolve()));
  let text = '';
  await new Promise<void>((resolve, reject) => {
    child.stdout.on('data', chunk => {
      text += chunk;
      if (text.startsWith('ready\n')) resolve();
    });
    child.once('error', reject);
    child.once('close', code => reject(new Error(`the idle connections ended with ${code}`)));
  });
  return { stop: () => stopIdle(child, ended, () => text) };
}

async function stopIdle(child: ChildProcess, ended: Promise<void>, text: () => string): Promise<number> {
  child.stdin?.end();
  await ended;
  return Number(text().trim().split('\n').at(-1));
}

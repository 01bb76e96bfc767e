import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

/** A controller under measurement; listens for OpenFlow on loopback. */
export interface Peer {
  name: string;
  /** Program and arguments that serve on `port`; `folder` is a fresh directory for its files. */
  command(port: number, folder: string): string[];
}

const beside = (file: string) => fileURLToPath(new URL(`./${file}`, import.meta.url));
const source = (file: string) =>
  fileURLToPath(new URL(`../../../../test/bench/controller/${file}`, import.meta.url));
const cli = fileURLToPath(new URL('../../../controller/cli/main.js', import.meta.url));

export const PEERS: readonly Peer[] = [
  {
    name: 'cloakflow',
    command(port, folder) {
      const config = join(folder, 'cloakflow.yaml');
      writeFileSync(config, `listen: ['ptcp:${port}:127.0.0.1']\napps:\n  - learning-switch\n`);
      return [process.execPath, cli, 'run', config, '--admin', join(folder, 'admin.sock')];
    },
  },
  { name: 'raw baseline', command: port => [process.execPath, beside('raw-baseline.js'), String(port)] },
  { name: 'ovs-testcontroller', command: port => ['ovs-testcontroller', `ptcp:${port}:127.0.0.1`] },
  {
    name: 'os-ken',
    command: port => [
      '/usr/bin/python3',
      '/usr/bin/osken-manager',
      '--ofp-listen-host',
      '127.0.0.1',
      '--ofp-tcp-listen-port',
      String(port),
      source('os-ken-learning.py'),
    ],
  },
];

export interface RunningPeer {
  pid: number;
  port: number;
  stop(): Promise<void>;
}

/** Starts a peer and waits until it accepts connections. */
export async function startPeer(peer: Peer): Promise<RunningPeer> {
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), 'cloakflow-bench-'));
  const [program, ...args] = peer.command(port, folder);
  const env = { ...process.env, OVS_RUNDIR: folder };
  const child = spawn(program!, args, { stdio: ['ignore', 'ignore', 'ignore'], env });
  const failed = new Promise<never>((_, reject) => {
    child.once('error', reject);
    child.once('exit', code => reject(new Error(`${peer.name} ended with ${code} before it listened`)));
  });
  failed.catch(() => {});
  await Promise.race([listening(port), failed]);
  return { pid: child.pid!, port, stop: () => stop(child, folder) };
}

async function stop(child: ChildProcess, folder: string): Promise<void> {
  const ended = new Promise(resolve => child.once('exit', resolve));
  if (child.exitCode === null && child.signalCode === null) {
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), 3000);
    await ended;
    clearTimeout(timer);
  }
  rmSync(folder, { recursive: true, force: true });
}

async function listening(port: number): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt++) {
    if (await accepts(port)) return;
    await sleep(100);
  }
  throw new Error(`nothing listens on port ${port} after 20 seconds`);
}

function accepts(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true));
    socket.once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(error => (error ? reject(error) : resolve(port)));
    });
  });
}

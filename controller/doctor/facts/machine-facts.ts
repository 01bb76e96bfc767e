import { access, readFile } from 'node:fs/promises';
import { release } from 'node:os';
import type { MachineFacts, Presence } from './facts.js';
import { runTool } from './run-tool.js';

/** What this machine is and has. Nothing of it is changed: trials happen in a network namespace of their own. */
export async function gatherMachineFacts(): Promise<MachineFacts> {
  const [installed, openvswitchModule, netem, clsact, btf, syncookies, sack, tcpRepair] = await Promise.all([
    runTool(['ovs-vswitchd', '--version']),
    kernelModule('openvswitch'),
    tryQdisc(['root', 'netem', 'delay', '1ms']),
    tryQdisc(['clsact']),
    file('/sys/kernel/btf/vmlinux'),
    sysctl('net/ipv4/tcp_syncookies'),
    sysctl('net/ipv4/tcp_sack'),
    tryTcpRepair(),
  ]);
  return {
    nodeVersion: process.versions.node,
    kernelRelease: release(),
    installedOvsVersion: readOvsVersion(installed?.stdout ?? ''),
    openvswitchModule,
    netem,
    clsact,
    btf,
    syncookies,
    sack,
    tcpRepair,
  };
}

/** The version in what an Open vSwitch program says of itself. */
export function readOvsVersion(text: string): string | undefined {
  return /\(Open vSwitch\) (\S+)/.exec(text)?.[1];
}

/** A module that is loaded, built in, or there to be loaded. */
async function kernelModule(name: string): Promise<Presence> {
  if ((await file(`/sys/module/${name}`)) === 'present') return 'present';
  const found = await runTool(['modprobe', '--dry-run', '--quiet', name]);
  return found?.code === 0 ? 'present' : 'missing';
}

/** Tries a queueing discipline on the loopback of a new network namespace, which goes with the trial. */
async function tryQdisc(words: readonly string[]): Promise<Presence> {
  const result = await runTool(['unshare', '--net', 'tc', 'qdisc', 'add', 'dev', 'lo', ...words]);
  if (result === undefined) return 'unknown';
  if (result.code === 0) return 'present';
  return /kind is unknown|No such file/.test(result.stderr) ? 'missing' : 'unknown';
}

/** TCP_REPAIR is 19 (linux/tcp.h); Node cannot set socket options, so Python is asked where there is one. */
const TRY_REPAIR = 'import socket; socket.socket().setsockopt(socket.IPPROTO_TCP, 19, 1)';

async function tryTcpRepair(): Promise<Presence> {
  const result = await runTool(['/usr/bin/python3', '-c', TRY_REPAIR]);
  if (result === undefined) return 'unknown';
  if (result.code === 0) return 'present';
  return /Protocol not available|PermissionError/.test(result.stderr) && process.getuid?.() === 0
    ? 'missing'
    : 'unknown';
}

async function sysctl(name: string): Promise<Presence> {
  try {
    return (await readFile(`/proc/sys/${name}`, 'utf8')).trim() === '0' ? 'missing' : 'present';
  } catch {
    return 'unknown';
  }
}

async function file(path: string): Promise<Presence> {
  try {
    await access(path);
    return 'present';
  } catch {
    return 'missing';
  }
}

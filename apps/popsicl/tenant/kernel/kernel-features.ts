import { readFile } from 'node:fs/promises';
import { release } from 'node:os';
import { type RunProgram, runProgram } from '../run-program.js';

/** Why the kernel cannot take connections over by `cookie`. */
export const COOKIE_HINDRANCES = {
  'no-bpf-program': 'native/build/handoff.bpf.o is not built',
  'old-kernel': 'the kernel is older than Linux 6.8',
  'no-btf': 'the kernel has no BTF (CONFIG_DEBUG_INFO_BTF)',
  'syncookies-off': 'net.ipv4.tcp_syncookies is 0',
  'sack-off': 'net.ipv4.tcp_sack is 0',
  'timestamps-off': 'net.ipv4.tcp_timestamps is 0',
  'window-scaling-off': 'net.ipv4.tcp_window_scaling is 0',
  'conntrack-strict':
    'net.netfilter.nf_conntrack_tcp_loose is 0, and so the first segment of a connection is dropped (or exempt the port: notrack)',
  'mptcp-listener': 'what listens on the port does so with MPTCP',
  'load-failed': 'tc or the kernel refused the BPF program',
} as const;
export type CookieHindrance = keyof typeof COOKIE_HINDRANCES;

export interface KernelFacts {
  /** As uname gives it. */
  release: string;
  /** First bytes of a file as text; undefined where there is none. */
  read(file: string): Promise<string | undefined>;
  run: RunProgram;
}

const thisKernel: KernelFacts = {
  release: release(),
  async read(file) {
    try {
      return await readFile(file, 'utf8');
    } catch {
      return undefined;
    }
  },
  run: runProgram,
};

const SETTINGS = [
  ['/proc/sys/net/ipv4/tcp_syncookies', 'syncookies-off'],
  ['/proc/sys/net/ipv4/tcp_sack', 'sack-off'],
  ['/proc/sys/net/ipv4/tcp_timestamps', 'timestamps-off'],
  ['/proc/sys/net/ipv4/tcp_window_scaling', 'window-scaling-off'],
  ['/proc/sys/net/netfilter/nf_conntrack_tcp_loose', 'conntrack-strict'],
] as const;
const FIRST_RELEASE = [6, 8] as const;
const BTF = '/sys/kernel/btf/vmlinux';

/** What keeps `cookie` from working in this network namespace, on this port; empty when nothing does. */
export async function cookieHindrances(
  object: string,
  port: number,
  kernel: KernelFacts = thisKernel,
): Promise<CookieHindrance[]> {
  const found: CookieHindrance[] = [];
  if ((await kernel.read(object)) === undefined) found.push('no-bpf-program');
  if (isOlder(kernel.release)) found.push('old-kernel');
  if ((await kernel.read(BTF)) === undefined) found.push('no-btf');
  for (const [file, hindrance] of SETTINGS) {
    if ((await kernel.read(file))?.trim() === '0') found.push(hindrance);
  }
  if (await hasMptcpListener(port, kernel.run)) found.push('mptcp-listener');
  return found;
}

function isOlder(text: string): boolean {
  const [major = 0, minor = 0] = text.split('.').map(part => Number.parseInt(part, 10));
  return major < FIRST_RELEASE[0] || (major === FIRST_RELEASE[0] && minor < FIRST_RELEASE[1]);
}

async function hasMptcpListener(port: number, run: RunProgram): Promise<boolean> {
  try {
    return (await run(['ss', '--mptcp', '-Hln', `sport = :${port}`])).trim() !== '';
  } catch {
    return false;
  }
}

import { fileURLToPath } from 'node:url';
import type { EmulatedHost } from '../driver/index.js';

const PROGRAM = fileURLToPath(new URL('./address-request-program.js', import.meta.url));
const PATIENCE = 20_000;

/** Lets a host of `topologies/mimiq.yaml` send what leaves it through the gateway of MIMIQ. */
export async function prepareMimiqClient(host: EmulatedHost): Promise<void> {
  const lines = [
    'ip route add 10.64.0.1 dev eth0 scope link',
    'ip route add default via 10.64.0.1',
    'ip -6 route add default via fe80::1 dev eth0',
  ];
  await host.run(['sh', '-ec', lines.join('\n')], { check: true });
}

/** Asks the allocator for addresses and puts them on the host. Returns them. */
export async function requestAddresses(host: EmulatedHost, family: 4 | 6, count: number): Promise<string[]> {
  const argv = [process.execPath, PROGRAM, String(family), String(count)];
  const { stdout } = await host.run(argv, { check: true, timeout: PATIENCE });
  const addresses = JSON.parse(stdout) as string[];
  for (const address of addresses) await addAddress(host, address);
  return addresses;
}

export async function addAddress(host: EmulatedHost, address: string): Promise<void> {
  const argv = address.includes(':')
    ? ['ip', '-6', 'addr', 'add', `${address}/128`, 'dev', 'eth0', 'nodad']
    : ['ip', 'addr', 'add', `${address}/32`, 'dev', 'eth0'];
  await host.run(argv, { check: true });
}

export async function removeAddress(host: EmulatedHost, address: string): Promise<void> {
  const bits = address.includes(':') ? 128 : 32;
  await host.run(['ip', 'addr', 'del', `${address}/${bits}`, 'dev', 'eth0'], { check: true });
}

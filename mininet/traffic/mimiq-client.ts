import { fileURLToPath } from 'node:url';
import { type EmulatedHost, type RunningCommand, until } from '../driver/index.js';
import type { RunReport, RunRequest } from './hopping-program.js';

const PROGRAM = fileURLToPath(new URL('./address-request-program.js', import.meta.url));
const CLOAKFLOW = fileURLToPath(new URL('../../controller/cli/main.js', import.meta.url));
const HOPPING = fileURLToPath(new URL('./hopping-program.js', import.meta.url));
const PATIENCE = 60_000;

/** Starts the agent of a host; its socket is `socket`, in a folder of its own. Resolves when it serves. */
export async function startAgent(
  host: EmulatedHost,
  socket: string,
  options: readonly string[] = [],
): Promise<RunningCommand> {
  const argv = ['mimiq', 'agent', '--interface', 'eth0', '--socket', socket, ...options];
  const agent = await host.spawn([process.execPath, CLOAKFLOW, ...argv]);
  await agent.printed(/^ready$/m, PATIENCE);
  return agent;
}

/** Makes requests on a host, in a process of its own; `halfway` is called after half of them. */
export async function runHopping(
  host: EmulatedHost,
  request: RunRequest,
  halfway?: () => Promise<void>,
): Promise<RunReport> {
  const running = await host.spawn([process.execPath, HOPPING, JSON.stringify(request)]);
  if (halfway !== undefined) {
    await running.printed(/^halfway$/m, 60_000);
    await halfway();
  }
  const { exitCode } = await running.exited;
  if (exitCode !== 0) throw new Error(running.stderr);
  return JSON.parse(running.stdout.trim().split('\n').at(-1)!) as RunReport;
}

/** Makes the requests of several runs at once on a host, in one process. Returns their reports in order. */
export async function runHoppings(host: EmulatedHost, requests: readonly RunRequest[]): Promise<RunReport[]> {
  const running = await host.spawn([process.execPath, HOPPING, JSON.stringify(requests)], { keep: 16 << 20 });
  const { exitCode } = await running.exited;
  if (exitCode !== 0) throw new Error(running.stderr);
  return JSON.parse(running.stdout.trim().split('\n').at(-1)!) as RunReport[];
}

/** Lets a host send what leaves it through the gateway of MIMIQ: that of `topologies/mimiq.yaml` when absent. */
export async function prepareMimiqClient(host: EmulatedHost, gateway = '10.64.0.1'): Promise<void> {
  const lines = [
    `ip route replace ${gateway} dev eth0 scope link`,
    `ip route replace default via ${gateway}`,
    'ip -6 route replace default via fe80::1 dev eth0',
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

/** Gives the host an address. Resolves when it also hears what is sent there. */
export async function addAddress(host: EmulatedHost, address: string): Promise<void> {
  if (!address.includes(':')) {
    await host.run(['ip', 'addr', 'add', `${address}/32`, 'dev', 'eth0'], { check: true });
    return;
  }
  await host.run(['ip', '-6', 'addr', 'add', `${address}/128`, 'dev', 'eth0', 'nodad'], { check: true });
  // Linux makes the route for what arrives at the address somewhat later, and drops that until then.
  const show = ['ip', '-6', 'route', 'show', 'table', 'local', address];
  await until('the address', async () => (await host.run(show, { check: true })).stdout !== '');
}

export async function removeAddress(host: EmulatedHost, address: string): Promise<void> {
  const bits = address.includes(':') ? 128 : 32;
  await host.run(['ip', 'addr', 'del', `${address}/${bits}`, 'dev', 'eth0'], { check: true });
}

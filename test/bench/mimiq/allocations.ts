import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { builtInApps } from '../../../apps/index.js';
import { allocate } from '../../../apps/mimiq/allocation.js';
import { mimiqWith } from '../../../apps/mimiq/app.js';
import type { Allocation } from '../../../apps/mimiq/mimiq.js';
import type { Forwarding } from '../../../apps/mimiq/model.js';
import { decodeAnswer, encodeRequest } from '../../../apps/mimiq/protocol/codec.js';
import { Controller, parseConfig } from '../../../controller/host/index.js';
import { OvsSandbox, until } from '../../../mininet/driver/index.js';

export interface AllocationOptions {
  /** Addresses in all, and in one request. */
  addresses: number;
  perRequest: number;
  /** Requests that wait for their answers at one time. */
  outstanding: number;
  /** `switch`: Open vSwitch confirms every rule; `none`: rules are confirmed at once. */
  rules: 'switch' | 'none';
}

export interface AllocationResult {
  addressesPerSecond: number;
  /** Milliseconds from request to answer. */
  median: number;
  p99: number;
}

const CLIENTS = 1024;
const MANY = 1_000_000;
const WARM_UP = 15_000;

/** Requests in MIMIQ's own protocol to the running app: bytes in, bytes out, durable and with rules in between. */
export async function measureAllocations(options: AllocationOptions): Promise<AllocationResult> {
  const folder = await mkdtemp(join(tmpdir(), 'cloakflow-bench-'));
  const sandbox = await OvsSandbox.start();
  let controller: Controller | undefined;
  try {
    await sandbox.addBridge('br0', { controllers: [sandbox.controllerSocket('br0')] });
    let allocation: Allocation | undefined;
    const app = mimiqWith(async (context, forwarding) => {
      allocation = await allocate(context, options.rules === 'switch' ? forwarding : noRules(forwarding));
      return allocation;
    });
    const builtIn = [...builtInApps.filter(({ name }) => name !== 'mimiq'), app];
    const datapathId = (await sandbox.vsctl(['get', 'bridge', 'br0', 'datapath_id']))
      .replaceAll('"', '')
      .trim();
    const config = await parseConfig(JSON.stringify(settings(datapathId, folder)), { builtIn });
    const listen = [`p${sandbox.controllerSocket('br0')}`];
    controller = await Controller.start({
      config: { ...config, listen },
      builtIn,
      logger: pino({ level: 'silent' }),
    });
    await until('the switch', () => controller!.connected.size === 1, { timeout: 20_000 });
    // Code that has not run yet is compiled first.
    await load(allocation!, datapathId, { ...options, addresses: WARM_UP }, 0);
    return await load(allocation!, datapathId, options, WARM_UP);
  } finally {
    await controller?.stop();
    await sandbox.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function load(
  allocation: Allocation,
  switchId: string,
  options: AllocationOptions,
  firstId: number,
): Promise<AllocationResult> {
  const { addresses, perRequest, outstanding } = options;
  const requests = Math.ceil(addresses / perRequest);
  const times: number[] = [];
  let next = 0;
  let granted = 0;
  const source = { address: new Uint8Array(16), port: 1 };
  const worker = async () => {
    while (next < requests) {
      const number = next++;
      const requestId = Buffer.alloc(8);
      requestId.writeUInt32BE(firstId + number);
      const payload = encodeRequest({ requestId, allocate: { family: 6, count: perRequest } });
      const client = number % CLIENTS;
      const attachment = { switchId, port: 1 + (client % 4), mac: 0x0200_0000_0000 + client };
      const start = performance.now();
      const answer = decodeAnswer((await allocation.requests.udp(payload, attachment, source))!)!;
      times.push(performance.now() - start);
      if (answer.granted === undefined) throw new Error(`refused: ${answer.refused?.message}`);
      granted += answer.granted.grants.length;
    }
  };
  const start = performance.now();
  await Promise.all(Array.from({ length: outstanding }, worker));
  const seconds = (performance.now() - start) / 1000;
  times.sort((one, other) => one - other);
  return {
    addressesPerSecond: granted / seconds,
    median: times[Math.floor(times.length / 2)]!,
    p99: times[Math.floor(times.length * 0.99)]!,
  };
}

function noRules(forwarding: Forwarding): Forwarding {
  return {
    restore: (leases, aliases) => forwarding.restore(leases, aliases),
    install: async () => undefined,
    remove: async () => undefined,
    setAliases: async () => undefined,
  };
}

function settings(datapathId: string, folder: string): object {
  const limits = { perClient: 65_536, perPort: MANY, requestsPerSecond: MANY, burst: MANY, perRequest: 40 };
  return {
    discovery: { enabled: false },
    apps: [
      {
        mimiq: {
          switches: { office: { datapathId, clients: [1, 2, 3, 4], outside: 'next' } },
          allocator: {
            store: join(folder, 'mimiq.db'),
            ipv6: [{ prefix: '2001:db8:64::/64', gateway: 'fe80::1' }],
            lifetime: { min: 600, max: 900 },
            aliases: { period: 1200 },
            limits,
          },
        },
      },
      'normal',
    ],
  };
}

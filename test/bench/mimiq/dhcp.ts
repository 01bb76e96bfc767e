import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Namespace, runCommand, until } from '../../../mininet/driver/index.js';
import { cpuSecondsOf } from '../../../mininet/report/process-usage.js';
import { type ExchangeRate, perfdhcpArguments, readReport } from './perfdhcp.js';

/**
 * `Kea` as it comes: a lease is in a file, not on the disk, when it is acknowledged. `Kea, durable`: its file's writes wait for
 * the disk (chattr +S), as those of cloakflow do.
 */
export type DhcpServer = 'cloakflow' | 'Kea' | 'Kea, durable';

export interface DhcpOptions {
  /** Exchanges a second, rising. */
  rates: readonly number[];
  seconds: number;
  rounds: number;
  progress: (text: string) => void;
}

/** By server and rate, one entry a round; a server that cannot run here is absent. */
export type DhcpResult = Partial<Record<DhcpServer, Record<number, ExchangeRate[]>>>;

const SERVER = '10.200.0.1';
const CLIENT = '10.200.0.2';
const PROGRAM = fileURLToPath(new URL('./dhcp-server.js', import.meta.url));

/**
 * Kea and MIMIQ's front end under perfdhcp: two namespaces and one veth pair for both, fresh servers for each
 * measurement, the servers taking turns rate by rate.
 */
export async function measureDhcp(options: DhcpOptions): Promise<DhcpResult> {
  const { rates, seconds, rounds, progress } = options;
  const result: DhcpResult = {};
  const folder = await mkdtemp(join(tmpdir(), 'cloakflow-bench-'));
  await using wire = await Place.create();
  try {
    const servers: DhcpServer[] = ['cloakflow', 'Kea'];
    if (await makeDurable(join(folder, 'durable'))) servers.push('Kea, durable');
    for (let round = 0; round < rounds; round++) {
      for (const rate of rates) {
        for (const server of servers) {
          progress(`DHCP round ${round + 1}/${rounds}: ${server} at ${rate}/s`);
          const place = server === 'Kea, durable' ? join(folder, 'durable') : folder;
          const file = join(place, `${server === 'cloakflow' ? 'own' : 'kea'}-${round}-${rate}`);
          const measured = await wire.measure(await commandOf(server, file), rate, seconds);
          result[server] ??= {};
          const runs = result[server];
          runs[rate] = [...(runs[rate] ?? []), measured];
        }
      }
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return result;
}

/** Makes a folder whose files are written through to the disk. False where the file system cannot. */
async function makeDurable(folder: string): Promise<boolean> {
  await mkdir(folder);
  return (await runCommand(['chattr', '+S', folder])).exitCode === 0;
}

async function commandOf(server: DhcpServer, file: string): Promise<{ argv: string[]; ready: RegExp }> {
  if (server === 'cloakflow') {
    return { argv: [process.execPath, PROGRAM, SERVER, `${file}.db`], ready: /ready/ };
  }
  const config = `${file}.conf`;
  await writeFile(config, JSON.stringify(keaConfig(`${file}.csv`)));
  return {
    argv: ['env', `KEA_PIDFILE_DIR=${tmpdir()}`, `KEA_LOCKFILE_DIR=${tmpdir()}`, 'kea-dhcp4', '-c', config],
    ready: /DHCP4_STARTED/,
  };
}

function keaConfig(leases: string): object {
  return {
    Dhcp4: {
      'interfaces-config': { interfaces: [`veth0/${SERVER}`], 'dhcp-socket-type': 'udp' },
      // Kea's own default and fastest store: in memory, appended to a file.
      'lease-database': { type: 'memfile', persist: true, name: leases },
      'valid-lifetime': 4000,
      subnet4: [{ subnet: '10.200.0.0/16', pools: [{ pool: '10.200.1.0 - 10.200.255.254' }] }],
      loggers: [{ name: 'kea-dhcp4', severity: 'INFO', output_options: [{ output: 'stdout' }] }],
    },
  };
}

class Place implements AsyncDisposable {
  private readonly server: Namespace;
  private readonly client: Namespace;

  private constructor(server: Namespace, client: Namespace) {
    this.server = server;
    this.client = client;
  }

  static async create(): Promise<Place> {
    const place = new Place(await Namespace.create(), await Namespace.create());
    await place.server.script([
      `ip link add veth0 type veth peer name veth0 netns ${place.client.pid}`,
      `ip addr add ${SERVER}/16 dev veth0`,
      'ip link set veth0 up',
    ]);
    await place.client.script([`ip addr add ${CLIENT}/16 dev veth0`, 'ip link set veth0 up']);
    return place;
  }

  async measure(
    command: { argv: string[]; ready: RegExp },
    rate: number,
    seconds: number,
  ): Promise<ExchangeRate> {
    const running = await this.server.spawn(command.argv);
    try {
      await until('the server', () => command.ready.test(running.stdout + running.stderr), {
        timeout: 15_000,
      });
      // A server that has just started pages in and compiles its code; neither is measured.
      await this.perfdhcp(3000, 1, '02:00:01:00:00:00');
      const before = cpuSecondsOf(running.pid);
      const stdout = await this.perfdhcp(rate, seconds, '02:00:02:00:00:00');
      const cpuSeconds = cpuSecondsOf(running.pid) - before;
      return readReport(stdout, { offered: rate, seconds, cpuSeconds });
    } finally {
      running.kill('SIGKILL');
      await running.exited;
    }
  }

  private async perfdhcp(rate: number, seconds: number, base: string): Promise<string> {
    const argv = perfdhcpArguments(rate, seconds, SERVER, base);
    return (await this.client.run(argv, { timeout: 60_000 })).stdout;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.client.close();
    await this.server.close();
  }
}

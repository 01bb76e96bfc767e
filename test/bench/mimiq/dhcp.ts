import { fsyncSync, writeSync } from 'node:fs';
import { mkdir, mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  type CommandResult,
  Namespace,
  type RunningCommand,
  type RunOptions,
  runCommand,
  until,
} from '../../../mininet/driver/index.js';
import { cpuSecondsOf } from '../../../mininet/report/process-usage.js';
import { spread } from '../../../mininet/report/statistics.js';
import { DhcpSwitch } from './dhcp-through-switch.js';
import { CLIENT, type ExchangeRate, perfdhcpArguments, readReport, SERVER } from './perfdhcp.js';

/**
 * `Kea` as it comes: a lease is in a file, not on the disk, when it is acknowledged. `Kea, durable`: its file's writes wait for
 * the disk (chattr +S), as those of cloakflow do. Through a switch: messages reach cloakflow as packet-ins, its rules are
 * confirmed before it acknowledges, and Kea is behind a port. `answers alone` has the sockets or the controller of cloakflow, and only
 * answers.
 */
const DIRECT = ['cloakflow', 'answers alone', 'Kea', 'Kea, durable'] as const;
const SWITCHED = ['cloakflow, switch', 'answers alone, switch', 'Kea, switch'] as const;
export type DhcpServer = (typeof DIRECT)[number] | (typeof SWITCHED)[number];

export interface DhcpOptions {
  /** Exchanges a second, rising. */
  rates: readonly number[];
  seconds: number;
  rounds: number;
  progress: (text: string) => void;
}

export interface DhcpResult {
  /** By server and rate, one entry a round; a server that cannot run here is absent. */
  servers: Partial<Record<DhcpServer, Record<number, ExchangeRate[]>>>;
  /** Milliseconds of one small write that waits for the disk which leases are on, one entry a round. */
  disk: number[];
}

/** To whom answers of MIMIQ go: perfdhcp has the port of clients there, for a switch knows their requests by it. */
const CLIENT_PORT = 68;
const DISK_WRITES = 500;
const READY = /ready|DHCP4_STARTED/;
const PROGRAM = fileURLToPath(new URL('./dhcp-server.js', import.meta.url));

/**
 * Kea and MIMIQ's front end under perfdhcp: two namespaces and one veth pair for both, or a switch between them at the lowest
 * rate; fresh servers for each measurement, the servers taking turns rate by rate.
 */
export async function measureDhcp(options: DhcpOptions): Promise<DhcpResult> {
  const { rates, seconds, rounds, progress } = options;
  const result: DhcpResult = { servers: {}, disk: [] };
  const { servers } = result;
  const folder = await mkdtemp(join(tmpdir(), 'cloakflow-bench-'));
  await using wire = await Wire.create();
  try {
    const isDurable = await makeDurable(join(folder, 'durable'));
    const direct = DIRECT.filter(server => server !== 'Kea, durable' || isDurable);
    for (let round = 0; round < rounds; round++) {
      result.disk.push(await measureDisk(join(folder, 'disk')));
      for (const rate of rates) {
        for (const server of [...direct, ...(rate === Math.min(...rates) ? SWITCHED : [])]) {
          progress(`DHCP round ${round + 1}/${rounds}: ${server} at ${rate}/s`);
          const place = server === 'Kea, durable' ? join(folder, 'durable') : folder;
          const file = join(place, `${server.replaceAll(/\W+/g, '-')}-${round}-${rate}`);
          const measured = isSwitched(server)
            ? await measureSwitched(server, file, rate, seconds)
            : await wire.measure(server, file, rate, seconds);
          servers[server] ??= {};
          const runs = servers[server];
          runs[rate] = [...(runs[rate] ?? []), measured];
        }
      }
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return result;
}

export function isSwitched(server: DhcpServer): server is (typeof SWITCHED)[number] {
  return (SWITCHED as readonly DhcpServer[]).includes(server);
}

/** The median of writes as those of a database's log: in place, and each on the disk before the next. */
async function measureDisk(path: string): Promise<number> {
  const page = Buffer.alloc(4096, 1);
  const file = await open(path, 'w');
  try {
    await file.write(Buffer.alloc(DISK_WRITES * page.length));
    await file.sync();
    const times: number[] = [];
    for (let write = 0; write < DISK_WRITES; write++) {
      const start = performance.now();
      writeSync(file.fd, page, 0, page.length, write * page.length);
      fsyncSync(file.fd);
      times.push(performance.now() - start);
    }
    return spread(times).median;
  } finally {
    await file.close();
  }
}

/** Makes a folder whose files are written through to the disk. False where the file system cannot. */
async function makeDurable(folder: string): Promise<boolean> {
  await mkdir(folder);
  return (await runCommand(['chattr', '+S', folder])).exitCode === 0;
}

/** What starts Kea, after its configuration is written. */
async function keaCommand(file: string, device: string): Promise<string[]> {
  const config = `${file}.conf`;
  await writeFile(config, JSON.stringify(keaConfig(`${file}.csv`, device)));
  return ['env', `KEA_PIDFILE_DIR=${tmpdir()}`, `KEA_LOCKFILE_DIR=${tmpdir()}`, 'kea-dhcp4', '-c', config];
}

function keaConfig(leases: string, device: string): object {
  return {
    Dhcp4: {
      'interfaces-config': { interfaces: [`${device}/${SERVER}`], 'dhcp-socket-type': 'udp' },
      // Kea's own default and fastest store: in memory, appended to a file.
      'lease-database': { type: 'memfile', persist: true, name: leases },
      'valid-lifetime': 4000,
      subnet4: [{ subnet: '10.200.0.0/16', pools: [{ pool: '10.200.1.0 - 10.200.255.254' }] }],
      loggers: [{ name: 'kea-dhcp4', severity: 'INFO', output_options: [{ output: 'stdout' }] }],
    },
  };
}

interface Load {
  readonly server: RunningCommand;
  /** Whose CPU time counts besides the server's. */
  readonly others: readonly number[];
  readonly rate: number;
  readonly seconds: number;
  readonly port?: number;
  run(argv: readonly string[], options: RunOptions): Promise<CommandResult>;
}

/** Ends the server. */
async function measure({ server, others, rate, seconds, port, run }: Load): Promise<ExchangeRate> {
  const perfdhcp = async (offered: number, duration: number, base: string) =>
    (await run(perfdhcpArguments(offered, duration, base, port), { timeout: 60_000 })).stdout;
  try {
    await until('the server', () => READY.test(server.stdout + server.stderr), { timeout: 60_000 });
    const pids = [server.pid, ...others];
    const used = () => pids.reduce((sum, pid) => sum + cpuSecondsOf(pid), 0);
    // A server that has just started pages in and compiles its code; neither is measured.
    await perfdhcp(3000, 1, '02:00:01:00:00:00');
    const before = used();
    const stdout = await perfdhcp(rate, seconds, '02:00:02:00:00:00');
    return readReport(stdout, { offered: rate, seconds, cpuSeconds: used() - before });
  } finally {
    server.kill('SIGKILL');
    await server.exited;
  }
}

async function measureSwitched(
  which: (typeof SWITCHED)[number],
  file: string,
  rate: number,
  seconds: number,
): Promise<ExchangeRate> {
  await using between = await DhcpSwitch.create();
  const { client, vswitchdPid } = between;
  const run: Load['run'] = (argv, options) => client.run(argv, options);
  const load = { others: [vswitchdPid], rate, seconds, run };
  if (which === 'Kea, switch') {
    return await measure({ ...load, server: await between.serve(await keaCommand(file, 'eth0')) });
  }
  const server = await between.control(which === 'cloakflow, switch' ? `${file}.db` : '');
  return await measure({ ...load, server, port: CLIENT_PORT });
}

/** A veth pair between two namespaces. */
class Wire implements AsyncDisposable {
  private readonly server: Namespace;
  private readonly client: Namespace;

  private constructor(server: Namespace, client: Namespace) {
    this.server = server;
    this.client = client;
  }

  static async create(): Promise<Wire> {
    const wire = new Wire(await Namespace.create(), await Namespace.create());
    await wire.server.script([
      `ip link add veth0 type veth peer name veth0 netns ${wire.client.pid}`,
      `ip addr add ${SERVER}/16 dev veth0`,
      'ip link set veth0 up',
    ]);
    await wire.client.script([`ip addr add ${CLIENT}/16 dev veth0`, 'ip link set veth0 up']);
    return wire;
  }

  async measure(
    which: (typeof DIRECT)[number],
    file: string,
    rate: number,
    seconds: number,
  ): Promise<ExchangeRate> {
    const argv = which.startsWith('Kea')
      ? await keaCommand(file, 'veth0')
      : [process.execPath, PROGRAM, SERVER, ...(which === 'cloakflow' ? [`${file}.db`] : [])];
    const server = await this.server.spawn(argv);
    const run: Load['run'] = (args, options) => this.client.run(args, options);
    return measure({ server, others: [], rate, seconds, run });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.client.close();
    await this.server.close();
  }
}

import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type EmulatedHost, type RunningCommand, runCommand, until } from '../../driver/index.js';
import { ExperimentError } from '../experiment-error.js';
import type { Cloud } from './cloud.js';

const OR_PORT = 5000;
const DIRECTORY_PORT = 7000;
export const SOCKS_PORT = 9050;
/** Authorities are relays too. */
const AUTHORITIES = 3;
export const RELAYS = 6;
/** Seconds between two consensuses, and for votes and signatures to arrive; a multiple divides half an hour. */
const VOTING = { interval: 20, delay: 4 };
const PATIENCE = 240_000;

interface Node {
  name: string;
  host: EmulatedHost;
  address: string;
  folder: string;
}

/** A private Tor network in the namespaces of an emulation: nothing of it can reach the outside. */
export class TorNetwork {
  private readonly running: RunningCommand[] = [];
  private readonly folder: string;
  private readonly signal: AbortSignal;
  private authorities = '';

  private constructor(folder: string, signal: AbortSignal) {
    this.folder = folder;
    this.signal = signal;
  }

  /** Starts a relay on each host, the first of them authorities. */
  static async start(
    hosts: readonly EmulatedHost[],
    folder: string,
    signal: AbortSignal,
  ): Promise<TorNetwork> {
    const network = new TorNetwork(join(folder, 'tor'), signal);
    await mkdir(network.folder);
    const nodes = hosts.map((host, index) => ({
      name: `relay${index}`,
      host,
      address: host.ip,
      folder: join(network.folder, `relay${index}`),
    }));
    const lines: string[] = [];
    for (const node of nodes.slice(0, AUTHORITIES)) lines.push(await makeAuthority(node));
    network.authorities = lines.join('\n');
    for (const [index, node] of nodes.entries()) {
      await mkdir(node.folder, { recursive: true, mode: 0o700 });
      await network.run(node, [...relayLines(node), ...(index < AUTHORITIES ? AUTHORITY_LINES : [])]);
    }
    return network;
  }

  /**
   * Relays on the clients of the cloud but the first, who gets circuits, and an onion service in front of the tenant's own
   * site. Returns its name too.
   */
  static async beside(cloud: Cloud, tenant: string, folder: string, signal: AbortSignal) {
    const relays = Array.from({ length: RELAYS }, (_, index) => cloud.client(index + 1));
    const tor = await TorNetwork.start(relays, folder, signal);
    try {
      const { host, addresses } = cloud.tenant(tenant);
      const onion = await tor.publish(host, addresses.ipv4);
      await tor.client(cloud.client());
      return { tor, onion };
    } catch (error) {
      await tor.close();
      throw error;
    }
  }

  /** Publishes a server of the host as an onion service. Returns its name. */
  async publish(host: EmulatedHost, address: string): Promise<string> {
    const folder = join(this.folder, 'service');
    const service = join(folder, 'onion');
    await mkdir(folder, { mode: 0o700 });
    const lines = ['SocksPort 0', `HiddenServiceDir ${service}`, `HiddenServicePort 443 ${address}:443`];
    await this.run({ name: 'service', host, address: host.ip, folder }, lines);
    const file = join(service, 'hostname');
    return until(
      'the name of the onion service',
      async () => (await readFile(file, 'utf8').catch(() => '')).trim(),
      {
        timeout: PATIENCE,
        signal: this.signal,
      },
    );
  }

  /** Starts a client with SOCKS on its loopback; resolves when it has circuits. */
  async client(host: EmulatedHost): Promise<void> {
    const folder = join(this.folder, 'client');
    await mkdir(folder, { mode: 0o700 });
    const lines = [`SocksPort 127.0.0.1:${SOCKS_PORT}`];
    const client = await this.run({ name: 'client', host, address: host.ip, folder }, lines);
    await until(
      'circuits of the Tor client',
      () => {
        this.check();
        return client.stdout.includes('Bootstrapped 100%');
      },
      { timeout: PATIENCE, interval: 100, signal: this.signal },
    );
  }

  private async run(node: Node, lines: readonly string[]): Promise<RunningCommand> {
    const file = join(node.folder, 'torrc');
    const text = [
      ...COMMON_LINES,
      `DataDirectory ${node.folder}`,
      `Nickname ${node.name}`,
      this.authorities,
      ...lines,
    ];
    await writeFile(file, `${text.join('\n')}\n`);
    const tor = await node.host.spawn(['tor', '-f', file, '--quiet', '--Log', 'notice stdout']);
    this.running.push(tor);
    void tor.exited;
    return tor;
  }

  /** @throws ExperimentError `measurement-failed` when one of its processes has ended */
  check(): void {
    const ended = this.running.find(({ exit }) => exit !== undefined);
    if (ended !== undefined)
      throw new ExperimentError(
        'measurement-failed',
        `tor ended: ${(ended.stdout + ended.stderr).slice(-1000)}`,
      );
  }

  async close(): Promise<void> {
    await Promise.all(this.running.map(tor => tor.stop('SIGKILL')));
  }
}

const COMMON_LINES = [
  'TestingTorNetwork 1',
  'RunAsDaemon 0',
  'ShutdownWaitLength 0',
  'PathsNeededToBuildCircuits 0.67',
];

const relayLines = ({ address }: Node) => [
  'SocksPort 0',
  `Address ${address}`,
  `ORPort ${address}:${OR_PORT}`,
  'AssumeReachable 1',
  'ExitRelay 0',
  'ContactInfo nobody@example.invalid',
];

const AUTHORITY_LINES = [
  `DirPort ${DIRECTORY_PORT}`,
  'AuthoritativeDirectory 1',
  'V3AuthoritativeDirectory 1',
  `TestingV3AuthInitialVotingInterval ${VOTING.interval}`,
  `V3AuthVotingInterval ${VOTING.interval}`,
  ...['TestingV3AuthInitial', 'V3Auth'].flatMap(kind => [
    `${kind}VoteDelay ${VOTING.delay}`,
    `${kind}DistDelay ${VOTING.delay}`,
  ]),
  'TestingDirAuthVoteExit *',
  'TestingDirAuthVoteHSDir *',
  'TestingDirAuthVoteGuard *',
];

/** Makes the keys of an authority. Returns the line by which everybody knows it. */
async function makeAuthority({ name, address, folder }: Node): Promise<string> {
  const keys = join(folder, 'keys');
  await mkdir(keys, { recursive: true, mode: 0o700 });
  const file = (one: string) => join(keys, `authority_${one}`);
  await runCommand(
    [
      ...['tor-gencert', '--create-identity-key', '--passphrase-fd', '0', '-m', '1'],
      ...['-i', file('identity_key'), '-s', file('signing_key'), '-c', file('certificate')],
      ...['-a', `${address}:${DIRECTORY_PORT}`],
    ],
    { check: true, input: 'phrase\n' },
  );
  const [, identity] = /^fingerprint ([0-9A-F]{40})$/m.exec(await readFile(file('certificate'), 'utf8'))!;
  const empty = join(folder, 'empty');
  await writeFile(empty, '');
  const nobody = `nobody 127.0.0.1:1 ${'F'.repeat(40)}`;
  const own = ['--DataDirectory', folder, '--Nickname', name, '--ORPort', '1', '--DirAuthority', nobody];
  const listed = await runCommand(['tor', '-f', empty, '--quiet', '--list-fingerprint', ...own], {
    check: true,
  });
  const [, fingerprint] = new RegExp(`${name} ([0-9A-F ]+)$`, 'm').exec(listed.stdout)!;
  const words = [
    'DirAuthority',
    name,
    `orport=${OR_PORT}`,
    `v3ident=${identity}`,
    `${address}:${DIRECTORY_PORT}`,
  ];
  return [...words, fingerprint!.replaceAll(' ', '')].join(' ');
}

import { Namespace } from './namespace.js';
import type { CommandResult, RunOptions } from './run-command.js';
import type { RunningCommand, SpawnOptions } from './running-command.js';

export interface HostOptions {
  /** The switch's interface; `p1`, `p2`, … in the order of hosts when absent. At most 15 characters. */
  port?: string;
  /** OpenFlow port number; the host's place in that order when absent. */
  ofport?: number;
  /** With prefix lengths: `10.0.0.1/24`, `fd00::1/64`. Without an IPv6 address the host has no IPv6 at all. */
  addresses?: readonly string[];
  mac?: string;
  mtu?: number;
}

/** What a host needs of the sandbox that it is in. */
export interface HostingSandbox {
  readonly namespace: Namespace;
  readonly datapathType: string;
  readonly offload: boolean;
  vsctl(args: readonly string[]): Promise<unknown>;
}

const IPV6 = '/proc/sys/net/ipv6/conf/eth0';
/** Without duplicate address detection: addresses are usable at once. */
const IPV6_ON = [`echo 0 > ${IPV6}/accept_dad`, `echo 0 > ${IPV6}/disable_ipv6`];

/** A host of a sandbox: a namespace with `eth0` linked to a bridge. */
export class SandboxHost {
  readonly namespace: Namespace;
  /** The switch's interface, and its OpenFlow port number. */
  readonly port: string;
  readonly ofport: number;
  readonly mac: string;
  readonly addresses: readonly string[];

  private constructor(
    namespace: Namespace,
    port: string,
    ofport: number,
    mac: string,
    addresses: readonly string[],
  ) {
    this.namespace = namespace;
    this.port = port;
    this.ofport = ofport;
    this.mac = mac;
    this.addresses = addresses;
  }

  /** Use `OvsSandbox.addHost`. `place` counts the sandbox's hosts from 1. */
  static async create(
    sandbox: HostingSandbox,
    bridge: string,
    place: number,
    options: HostOptions,
  ): Promise<SandboxHost> {
    const {
      port = `p${place}`,
      ofport = place,
      addresses = [],
      mac = defaultMac(place),
      mtu = 1500,
    } = options;
    const namespace = await Namespace.create();
    try {
      await sandbox.namespace.script([
        `ip link add ${port} mtu ${mtu} type veth peer name eth0 address ${mac} mtu ${mtu} netns ${namespace.pid}`,
        `ip link set ${port} up`,
      ]);
      const ipv6 = addresses.some(address => address.includes(':'));
      await namespace.script([
        ...(ipv6 ? IPV6_ON : []),
        // Unless told to, Open vSwitch's userspace datapath does not finish the checksums that veth leaves open.
        ...(sandbox.datapathType === 'netdev' && !sandbox.offload
          ? ['ethtool -K eth0 tx off > /dev/null']
          : []),
        'ip link set eth0 up',
        ...addresses.map(
          address => `ip addr add ${address} dev eth0${address.includes(':') ? ' nodad' : ''}`,
        ),
      ]);
      await sandbox.vsctl([
        'add-port',
        bridge,
        port,
        '--',
        'set',
        'Interface',
        port,
        `ofport_request=${ofport}`,
      ]);
    } catch (error) {
      await namespace.close();
      throw error;
    }
    return new SandboxHost(namespace, port, ofport, mac, addresses);
  }

  /** The first address, without its prefix length. */
  get ip(): string {
    return this.addresses[0]!.split('/')[0]!;
  }

  run(argv: readonly string[], options: RunOptions = {}): Promise<CommandResult> {
    return this.namespace.run(argv, options);
  }

  spawn(argv: readonly string[], options: SpawnOptions = {}): Promise<RunningCommand> {
    return this.namespace.spawn(argv, options);
  }

  /** Ends the host; its veth pair goes with it. */
  async close(): Promise<void> {
    await this.namespace.close();
  }
}

function defaultMac(place: number): string {
  const hex = place.toString(16).padStart(4, '0');
  return `02:00:00:00:${hex.slice(0, 2)}:${hex.slice(2)}`;
}

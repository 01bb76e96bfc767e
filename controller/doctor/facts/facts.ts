import type { CodedError } from '../../coded-error.js';

/** Everything that the checks look at, gathered once: plain data, so that a check is a pure function. */
export interface Facts {
  /** The bridge that was asked about; undefined for all that have a controller. */
  bridge: string | undefined;
  database: DatabaseFacts | { error: CodedError };
  machine: MachineFacts;
  /** The running controller as its admin socket shows it. */
  controller: { switchIds: readonly string[] } | { error: CodedError };
}

export interface DatabaseFacts {
  endpoint: string;
  /** Whether the switch is on this machine: only then does this machine's kernel matter to it. */
  local: boolean;
  schemaVersion: string;
  /** Version of the schema that the daemons were set up with; undefined when nobody wrote it. */
  recordedSchemaVersion: string | undefined;
  /** Version of ovs-vswitchd; undefined when nobody wrote it. */
  ovsVersion: string | undefined;
  datapathTypes: readonly string[];
  /** Whether some ovs-vswitchd serves the database. */
  vswitchdRunning: boolean;
  hasCertificates: boolean;
  bridgeNames: readonly string[];
  /** The bridges that are looked at. */
  bridges: readonly BridgeFacts[];
}

export interface BridgeFacts {
  name: string;
  /** 'system' or 'netdev' or what else the bridge says. */
  datapathType: string;
  /** 16 hexadecimal digits; undefined while ovs-vswitchd has not brought the bridge up. */
  datapathId: string | undefined;
  protocols: readonly string[];
  failMode: string | undefined;
  attached: boolean;
  inBandDisabled: boolean;
  controllers: readonly ControllerFacts[];
  interfaces: readonly InterfaceFacts[];
}

export interface ControllerFacts {
  target: string;
  isConnected: boolean;
  connectionMode: string | undefined;
  /** 'master', 'slave' or 'other'; undefined while not connected. */
  role: string | undefined;
  /** ovs-vswitchd's words: 'VOID', 'BACKOFF', 'CONNECTING', 'ACTIVE', 'IDLE'. */
  state: string | undefined;
  lastError: string | undefined;
  /** What answers at the target; undefined when it was not tried. */
  probe: ProbeResult | undefined;
  /** A target like this one at which an OpenFlow controller does answer. */
  instead: string | undefined;
}

export type ProbeResult =
  | { kind: 'openflow' }
  /** Something listens that says nothing, or is TLS and was not asked further. */
  | { kind: 'listening' }
  | { kind: 'not-openflow' }
  | { kind: 'unreachable'; reason: string };

export interface InterfaceFacts {
  name: string;
  type: string;
  error: string | undefined;
  /** The other end of a veth pair that leaves checksums to be finished by others. */
  openChecksums: { device: string; command: string } | undefined;
}

export type Presence = 'present' | 'missing' | 'unknown';

export interface MachineFacts {
  nodeVersion: string;
  /** Release of the running kernel, such as '6.8.0-41-generic'. */
  kernelRelease: string;
  /** Version of the installed ovs-vswitchd program; undefined when there is none. */
  installedOvsVersion: string | undefined;
  openvswitchModule: Presence;
  netem: Presence;
  clsact: Presence;
  /** BTF of the running kernel. */
  btf: Presence;
  /** net.ipv4.tcp_syncookies and net.ipv4.tcp_sack are not 0. */
  syncookies: Presence;
  sack: Presence;
  tcpRepair: Presence;
}

/**
 * What the admin socket tells, as JSON: the same objects that the commands print with `--json`. Fields are
 * only ever added. Counters are numbers, null where the switch does not keep them; above 2^53 they lose
 * their lowest bits.
 */

export interface SwitchReport {
  /** Datapath id: 16 hexadecimal digits. */
  id: string;
  /** Name of the LOCAL port, which on Open vSwitch is the bridge's; null without a LOCAL port. */
  name: string | null;
  /** The other end of the OpenFlow connection, such as `tcp:127.0.0.1:51234`. */
  peer: string | null;
  manufacturer: string | null;
  hardware: string | null;
  software: string | null;
  serialNumber: string | null;
  description: string | null;
  tables: number;
  ports: number;
}

export interface PortReport {
  number: number;
  name: string;
  mac: string;
  /** Names of ofp_port_config and ofp_port_state (OpenFlow 1.3.5, 7.2.1) that are set. */
  config: string[];
  state: string[];
  /** Current speed in kbit/s. */
  speed: number;
  counters: PortCounters | null;
}

export interface PortCounters {
  rxPackets: number | null;
  txPackets: number | null;
  rxBytes: number | null;
  txBytes: number | null;
  rxDropped: number | null;
  txDropped: number | null;
  rxErrors: number | null;
  txErrors: number | null;
}

export interface FlowReport {
  table: number;
  priority: number;
  /** `0x` and 16 hexadecimal digits. */
  cookie: string;
  /** The app that owns the flow by its cookie, or `host`; null for a flow of nobody that is known. */
  app: string | null;
  /** Match and instructions in the JSON form of `cloakflow openflow decode`; what is not told is `sealed`. */
  match: Record<string, unknown>;
  instructions: Record<string, unknown>[];
  flags: string[];
  packets: number | null;
  bytes: number | null;
  /** Seconds since the flow was added. */
  age: number;
  /** Seconds; 0 is never. */
  idleTimeout: number;
  hardTimeout: number;
}

export interface AppReport {
  /** Name of the instance: the app's own, unless the configuration gives another. */
  name: string;
  app: string;
  summary: string;
  state: 'running' | 'stopped';
  tables: { name: string; number: number }[];
  /** Packets that its flows sent to the controller. */
  packetIns: number;
  /** Errors that left the app. */
  failures: number;
}

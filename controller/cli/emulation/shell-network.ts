import type { FlowReport } from '../../api/reports.js';

/** What the shell of `cloakflow emulate` needs of a running emulation. */
export interface ShellNetwork {
  readonly hosts: readonly ShellHost[];
  readonly switches: readonly ShellSwitch[];
  links(): readonly ShellLink[];
  setLink(a: string, b: string, up: boolean): Promise<void>;
  /** Runs a shell command in a host on the streams of the invocation; gives its exit code. */
  runIn(host: string, command: string, signal: AbortSignal): Promise<number>;
  /** Whether one ping from a host to an address is answered. */
  ping(host: string, address: string, signal: AbortSignal): Promise<boolean>;
  /** Flows of a switch: what the controller knows of them, or without one the text of a tool. */
  flows(name: string): Promise<readonly FlowReport[] | string>;
}

export interface ShellHost {
  readonly name: string;
  /** Without prefix lengths; the first one stands for the host's name in a command. */
  readonly addresses: readonly string[];
}

export interface ShellSwitch {
  readonly name: string;
  readonly datapathId: string;
}

export interface ShellLink {
  readonly a: string;
  readonly b: string;
  readonly up: boolean;
}

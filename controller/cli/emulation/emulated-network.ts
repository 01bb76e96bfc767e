/** What the shell of `cloakflow emulate` needs of a running emulation. */
export interface EmulatedNetwork {
  readonly hosts: readonly EmulatedHost[];
  readonly switches: readonly EmulatedSwitch[];
  links(): readonly EmulatedLink[];
  setLink(a: string, b: string, up: boolean): Promise<void>;
  /** Runs a shell command in a host on the streams of the invocation; gives its exit code. */
  runIn(host: string, command: string, signal: AbortSignal): Promise<number>;
  /** Whether one ping from a host to an address is answered. */
  ping(host: string, address: string, signal: AbortSignal): Promise<boolean>;
  /** Flows of a switch as text that ends with a newline. */
  flows(name: string): Promise<string>;
}

export interface EmulatedHost {
  readonly name: string;
  /** Without prefix lengths; the first one stands for the host's name in a command. */
  readonly addresses: readonly string[];
}

export interface EmulatedSwitch {
  readonly name: string;
  readonly datapathId: string;
}

export interface EmulatedLink {
  readonly a: string;
  readonly b: string;
  readonly up: boolean;
}

/**
 * What `ofproto/trace` tells, as data. Texts are Open vSwitch's own words unless said otherwise; fields are only
 * ever added.
 */
export interface TraceReport {
  bridge: string;
  /** What was asked for. */
  request: string;
  /** One pass through the tables, and one more for each recirculation (conntrack, a bond, …). */
  passes: TracePass[];
  verdict: TraceVerdict;
}

export interface TracePass {
  /** Why the packet came back; null for the first pass. */
  resumes: string | null;
  /** The packet as it came in, as a flow. */
  flow: string;
  steps: TraceStep[];
  /** The packet as it left; null where it was not changed. */
  finalFlow: string | null;
  /** What of the packet decided: the entry of the datapath's cache. */
  megaflow: string | null;
  datapathActions: string | null;
}

export type TraceStep = BridgeStep | TableStep | ActionStep;

/** The packet enters a bridge. */
export interface BridgeStep {
  kind: 'bridge';
  name: string;
  steps: TraceStep[];
}

/** The packet is looked up in a table. */
export interface TableStep {
  kind: 'table';
  table: number;
  /** The name that the table's app gives it; null when no app of a running controller has the table. */
  tableName: string | null;
  /** The matched flow; null when none matched. */
  match: string | null;
  priority: number | null;
  /** `0x` and hexadecimal digits. */
  cookie: string | null;
  /** The app that owns the matched flow, or the table where none matched; null when it is nobody's. */
  app: string | null;
  steps: TraceStep[];
}

/** An action is carried out, or an event that Open vSwitch reports as one. */
export interface ActionStep {
  kind: 'action';
  text: string;
  notes: TraceNote[];
  steps: TraceStep[];
}

export interface TraceNote {
  level: 'detail' | 'warning' | 'error';
  text: string;
}

export interface TraceVerdict {
  outcome: 'forwarded' | 'to-controller' | 'dropped' | 'failed';
  /** Where it goes: OpenFlow ports of the bridge it leaves, in order. */
  outputs: TraceOutput[];
  /** Apps that get the packet; `null` for a controller that is not cloakflow's. */
  controllers: (string | null)[];
  /** One sentence in plain words. */
  sentence: string;
}

export interface TraceOutput {
  bridge: string;
  /** A number, a name, or a reserved port such as `NORMAL` and `FLOOD`. */
  port: string;
  /** Name of the port's interface; null when it is not known. */
  name: string | null;
}

import type { Message } from '../openflow/index.js';
import type { ReplyTo, RequestMessage, RequestOptions, Session } from '../session/index.js';
import { type ActualState, type ReadOptions, readActualState } from './actual-state.js';
import { applyChanges, type BundleState, type ChangeCounts, newBundles } from './apply-changes.js';
import { compare, type ForeignFlows } from './compare.js';
import { applyPortStatus, type PortChange } from './ports.js';
import { SwitchError } from './switch-error.js';
import { LAST_METER, SwitchWants } from './switch-wants.js';
import type { Features, MeterFeatures, Port, PortStatus, SwitchDescription } from './types.js';
import type { Owner } from './wanted-flow.js';
import type { WantedState } from './wanted-state.js';

/** What a new connection of a switch told about it. */
export interface SwitchGreeting {
  features: Features;
  ports: readonly Port[];
  description: SwitchDescription | undefined;
  /** Where the connection comes from, such as `tcp:127.0.0.1:51234`. */
  peer: string;
  /** Absent when the switch knows none. */
  meters?: MeterFeatures | undefined;
  /** Default: `equal`. */
  role?: SwitchRole;
}

/** What a controller may be to a switch (OpenFlow 1.3.5 section 6.3.6). */
export type SwitchRole = 'equal' | 'master' | 'slave';

export interface SwitchOptions {
  foreignFlows: ForeignFlows;
  /** An error in the background: changes that could not be sent. Not for refusals, which go to the owner. */
  failed(error: unknown): void;
}

/**
 * A switch as apps see it. It outlives its connections: while it is away, wanted state is kept and `send` throws.
 */
export class Switch {
  readonly datapathId: bigint;
  /** The datapath id as 16 hex digits. */
  readonly id: string;
  /** Up to date with every PORT_STATUS; LOCAL is among them. */
  readonly ports: Map<number, Port> = new Map();
  description: SwitchDescription | undefined;
  features: Features | undefined;
  peer = '';
  /** What this controller is to the switch. While it is `slave`, the switch is not announced to apps. */
  role: SwitchRole = 'equal';

  private readonly options: SwitchOptions;
  private meters: MeterFeatures | undefined;
  private readonly wants = new SwitchWants(() => this.scheduleFlush());
  private session: Session | undefined;
  /** Whether the switch has been compared since it connected; only then single changes are sent. */
  private isCompared = false;
  private bundles: BundleState = newBundles();
  private flushScheduled = false;
  private heldBack = 0;
  private flushing: Promise<void> | undefined;
  /** Who waits for the changes stated so far. */
  private unconfirmed: Waiting[] = [];

  constructor(datapathId: bigint, options: SwitchOptions) {
    this.datapathId = datapathId;
    this.id = datapathIdText(datapathId);
    this.options = options;
  }

  get isConnected(): boolean {
    return this.session !== undefined;
  }

  /** Whether it has meters that count packets and drop. */
  get canMeterPackets(): boolean {
    const { meters } = this;
    return (
      meters !== undefined &&
      meters.maxMeter >= LAST_METER &&
      meters.bandTypes.includes('drop') &&
      meters.capabilities.includes('pktps')
    );
  }

  get tableCount(): number {
    return this.features?.nTables ?? 0;
  }

  /** The session that carries this switch now, for the host. */
  get currentSession(): Session | undefined {
    return this.session;
  }

  /**
   * Sends a message and returns its xid. Throws SwitchError `not-connected` and the OpenflowError of a message
   * that cannot be encoded; nothing is sent then.
   */
  send(message: Message): number {
    if (this.session === undefined) throw this.away();
    return this.session.send(message);
  }

  /** As `Session.request`. */
  request<Request extends RequestMessage>(
    message: Request,
    options?: RequestOptions,
  ): Promise<ReplyTo<Request>> {
    if (this.session === undefined) return Promise.reject(this.away());
    return this.session.request(message, options);
  }

  /** Resolves when the switch has processed everything sent before (OpenFlow 1.3.5 section 7.3.8). */
  barrier(options?: RequestOptions): Promise<void> {
    if (this.session === undefined) return Promise.reject(this.away());
    return this.session.barrier(options);
  }

  /** The flows, groups and meters that `owner` wants here. Apps get theirs from their context. */
  wanted(owner: Owner): WantedState {
    return this.wants.stateOf(owner);
  }

  /** Forgets an owner and removes everything of it from the switch, short-lived flows included. */
  removeOwner(ownerNumber: number): void {
    this.wants.removeOwner(ownerNumber);
  }

  /** Removes an owner's short-lived flows from a table that is not the owner's any more. */
  removeShortLived(ownerNumber: number, tableId: number): void {
    this.wants.removeShortLived(ownerNumber, tableId);
  }

  /** Takes over a new connection. The wanted state is compared by `reconcile`. */
  attach(session: Session, greeting: SwitchGreeting): void {
    this.session = session;
    this.isCompared = false;
    this.bundles = newBundles();
    this.features = greeting.features;
    this.description = greeting.description;
    this.peer = greeting.peer;
    this.meters = greeting.meters;
    this.role = greeting.role ?? 'equal';
    this.ports.clear();
    for (const port of greeting.ports) this.ports.set(port.portNo, port);
  }

  /** The connection ended. */
  detach(): void {
    this.session = undefined;
    this.isCompared = false;
    for (const { reject } of this.unconfirmed.splice(0)) reject(this.away());
  }

  portStatus(status: PortStatus): PortChange {
    return applyPortStatus(this.ports, status);
  }

  /** Asks the switch what it has. */
  readActual(options: ReadOptions = {}): Promise<ActualState> {
    if (this.session === undefined) return Promise.reject(this.away());
    const foreign = this.options.foreignFlows === 'remove';
    return readActualState(this.session, this.wants, { foreign, ...options });
  }

  /** Brings the switch from `actual` to what is wanted. From here on changes are sent as they are stated. */
  async reconcile(actual: ActualState): Promise<ChangeCounts> {
    const { session } = this;
    if (session === undefined) throw this.away();
    const { changes, leftovers } = compare(this.wants, actual, this.options.foreignFlows);
    this.wants.forgetChanges();
    this.wants.setLeftovers(leftovers);
    const counts = await applyChanges(session, this.id, changes, this.bundles);
    if (this.session === session) {
      this.isCompared = true;
      this.scheduleFlush();
    }
    return counts;
  }

  /** Keeps changes back until the returned function is called, so that they are sent together. */
  holdChanges(): () => void {
    this.heldBack++;
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      this.heldBack--;
      if (this.hasWork) this.scheduleFlush();
    };
  }

  /**
   * Resolves when every change stated so far has been carried out, or refused and told to its owner; changes that others state
   * meanwhile are not waited for. Rejects when the connection ends before, or the switch did not answer.
   */
  confirmed(): Promise<void> {
    if (this.session === undefined) return Promise.reject(this.away());
    return new Promise((resolve, reject) => {
      this.unconfirmed.push({ resolve, reject });
      this.scheduleFlush();
    });
  }

  /** Resolves when every change stated so far has been carried out or refused, or the switch is away. */
  async flushed(): Promise<void> {
    while (this.flushScheduled || this.flushing !== undefined) {
      await Promise.resolve();
      await this.flushing;
    }
  }

  private scheduleFlush(): void {
    if (!this.isCompared || this.heldBack > 0 || this.flushScheduled || this.flushing !== undefined) return;
    this.flushScheduled = true;
    queueMicrotask(() => {
      this.flushScheduled = false;
      this.flushing = this.flush().finally(() => {
        this.flushing = undefined;
        if (this.hasWork) this.scheduleFlush();
      });
    });
  }

  /** Sends changes in rounds; what is stated while one round is on its way goes with the next. */
  private async flush(): Promise<void> {
    while (this.isCompared && this.heldBack === 0 && this.session !== undefined) {
      const waiting = this.unconfirmed.splice(0);
      const changes = this.wants.takeChanges();
      try {
        if (changes.length > 0) await applyChanges(this.session, this.id, changes, this.bundles);
        for (const { resolve } of waiting) resolve();
      } catch (error) {
        for (const { reject } of waiting) reject(error);
        this.options.failed(error);
      }
      if (changes.length === 0) return;
    }
  }

  private get hasWork(): boolean {
    return this.wants.hasChanges || this.unconfirmed.length > 0;
  }

  private away(): SwitchError {
    return new SwitchError('not-connected', `Switch ${this.id} is not connected.`);
  }
}

interface Waiting {
  resolve(): void;
  reject(error: unknown): void;
}

/** A datapath id as 16 hex digits, as Open vSwitch prints it. */
export function datapathIdText(datapathId: bigint): string {
  return datapathId.toString(16).padStart(16, '0');
}

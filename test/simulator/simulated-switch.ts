import {
  type Action,
  type DecodedFlowMod,
  type DecodedFlowStats,
  type DecodedGroupMod,
  type DecodedMessage,
  type DecodedMeterMod,
  type DecodedOnfBundleControl,
  type DecodedPortDescription,
  decode,
  type ErrorMessage,
  Experimenter,
  encodeToBytes,
  helloFor,
  type Message,
  messageLength,
  NO_BUFFER,
  Port,
} from '../../controller/openflow/index.js';
import { FlowTables } from './flow-table.js';
import { type FrameFields, frameFields } from './frame-fields.js';

export type Refusal = Pick<ErrorMessage, 'errorType' | 'errorCode'>;

export interface SimulatedSwitchOptions {
  datapathId: bigint;
  /** Port numbers. */
  ports: readonly number[];
  tables?: number;
  /** Whether it knows ONF's bundles; by default it does. */
  bundles?: boolean;
}

type Modification = DecodedFlowMod | DecodedGroupMod | DecodedMeterMod;

/**
 * An OpenFlow 1.3 switch in memory: enough of the protocol for a controller, flow tables on Ethernet fields, and a
 * record of what it was told. Bytes go in through `receive` and come out through `send`.
 */
export class SimulatedSwitch {
  readonly datapathId: bigint;
  readonly ports = new Map<number, DecodedPortDescription>();
  readonly tables: FlowTables;
  readonly groups = new Map<number, DecodedGroupMod>();
  readonly meters = new Map<number, DecodedMeterMod>();
  /** Every message from the controller since the last `forget`. */
  readonly received: DecodedMessage[] = [];
  /** Takes bytes to the controller; undefined while there is no connection. */
  send: ((bytes: Uint8Array) => void) | undefined;
  /** Takes a frame that leaves by a port. */
  output: (port: number, frame: Uint8Array) => void = () => undefined;
  /** Decides which flow-mods, group-mods and meter-mods are refused. */
  refuse: (message: Modification) => Refusal | undefined = () => undefined;
  /** Does not answer anything after the handshake. */
  isMute = false;
  private readonly tableCount: number;
  private readonly knowsBundles: boolean;
  private readonly bundles = new Map<number, Modification[]>();

  constructor({ datapathId, ports, tables = 254, bundles = true }: SimulatedSwitchOptions) {
    this.knowsBundles = bundles;
    this.datapathId = datapathId;
    this.tableCount = tables;
    for (const portNo of ports) this.ports.set(portNo, describePort(portNo));
    this.tables = new FlowTables(flow => this.tellRemoved(flow));
  }

  get flows(): DecodedFlowStats[] {
    return this.tables.list();
  }

  /** Messages that change the switch, in bundles or not, since the last `forget`. */
  get changes(): Modification[] {
    return this.received
      .map(message => (message.type === 'onf-bundle-add-message' ? message.message : message))
      .filter((message): message is Modification =>
        ['flow-mod', 'group-mod', 'meter-mod'].includes(message.type),
      );
  }

  forget(): void {
    this.received.length = 0;
  }

  /** Takes whole messages. */
  receive(bytes: Uint8Array): void {
    for (let offset = 0; offset < bytes.length; offset += messageLength(bytes, offset)) {
      const message = decode(bytes, offset);
      this.received.push(message);
      this.handle(message, bytes.subarray(offset, offset + messageLength(bytes, offset)));
    }
  }

  tell(message: Message, xid = 0): void {
    this.send?.(encodeToBytes(message, xid));
  }

  /** A frame comes in at a port and goes through the tables. */
  inject(inPort: number, frame: Uint8Array): void {
    const state = this.ports.get(inPort)?.state ?? ['link-down'];
    if (state.includes('link-down')) return;
    this.process(frameFields(frame, inPort), frame);
  }

  setPort(portNo: number, isUp: boolean): void {
    const reason = this.ports.has(portNo) ? 'modify' : 'add';
    const desc = { ...describePort(portNo), state: isUp ? [] : ['link-down' as const] };
    this.ports.set(portNo, desc);
    this.tell({ type: 'port-status', reason, desc });
  }

  removePort(portNo: number): void {
    const desc = this.ports.get(portNo)!;
    this.ports.delete(portNo);
    this.tell({ type: 'port-status', reason: 'delete', desc });
  }

  private handle(message: DecodedMessage, bytes: Uint8Array): void {
    const { xid } = message;
    if (this.isMute && !['hello', 'features-request'].includes(message.type)) return;
    switch (message.type) {
      case 'hello':
        this.tell(helloFor([4]), xid);
        break;
      case 'features-request': {
        const { datapathId, tableCount: nTables } = this;
        this.tell({ type: 'features-reply', datapathId, nTables }, xid);
        break;
      }
      case 'echo-request':
        this.tell({ type: 'echo-reply', data: message.data }, xid);
        break;
      case 'barrier-request':
        this.tell({ type: 'barrier-reply' }, xid);
        break;
      case 'multipart-request':
        this.answer(message.body.type, message, xid);
        break;
      case 'onf-bundle-control':
        this.controlBundle(message, xid);
        break;
      case 'onf-bundle-add-message':
        this.bundles.get(message.bundleId)!.push(message.message as Modification);
        break;
      case 'flow-mod':
      case 'group-mod':
      case 'meter-mod': {
        const refusal = this.refuse(message);
        if (refusal === undefined) this.change(message);
        else this.tell({ type: 'error', ...refusal, data: bytes.subarray(0, 64) } as ErrorMessage, xid);
        break;
      }
      case 'packet-out': {
        const frame = message.data as Uint8Array;
        if (message.bufferId !== NO_BUFFER) this.refuseRequest('buffer-unknown', bytes, xid);
        else if (frame.length < 14) this.refuseRequest('bad-packet', bytes, xid);
        else this.act(message.actions, frameFields(frame, message.inPort), frame);
        break;
      }
      default:
        break;
    }
  }

  /** Commits carry out everything, or nothing when one message is refused. */
  private controlBundle(message: DecodedOnfBundleControl, xid: number): void {
    const { bundleId, controlType } = message;
    if (!this.knowsBundles) {
      this.tell({ type: 'error', errorType: 'bad-request', errorCode: 'bad-experimenter' }, xid);
      return;
    }
    if (controlType === 'open-request') this.bundles.set(bundleId, []);
    if (controlType === 'commit-request') {
      const messages = this.bundles.get(bundleId)!;
      this.bundles.delete(bundleId);
      for (const inner of messages) {
        const refusal = this.refuse(inner);
        if (refusal === undefined) continue;
        this.tell({ type: 'error', ...refusal } as ErrorMessage, inner.xid);
        const onf = { errorType: 'experimenter', experimenter: Experimenter.ONF } as const;
        this.tell({ type: 'error', ...onf, errorCode: 'bundle-msg-failed' }, xid);
        return;
      }
      for (const inner of messages) this.change(inner);
    }
    const reply = controlType === 'open-request' ? 'open-reply' : 'commit-reply';
    this.tell({ type: 'onf-bundle-control', bundleId, controlType: reply, flags: message.flags }, xid);
  }

  private refuseRequest(errorCode: 'buffer-unknown' | 'bad-packet', bytes: Uint8Array, xid: number): void {
    this.tell({ type: 'error', errorType: 'bad-request', errorCode, data: bytes.subarray(0, 64) }, xid);
  }

  private change(message: Modification): void {
    if (message.type === 'flow-mod') this.tables.apply(message);
    else if (message.type === 'group-mod') {
      if (message.command === 'delete') this.groups.delete(message.groupId);
      else this.groups.set(message.groupId, message);
    } else if (message.command === 'delete') this.meters.delete(message.meterId);
    else this.meters.set(message.meterId, message);
  }

  private answer(type: string, request: DecodedMessage & { type: 'multipart-request' }, xid: number): void {
    const reply = (body: Message & { type: 'multipart-reply' } extends { body: infer Body } ? Body : never) =>
      this.tell({ type: 'multipart-reply', body }, xid);
    switch (type) {
      case 'desc':
        reply({ type: 'desc', mfrDesc: 'cloakflow', hwDesc: 'simulated switch' });
        break;
      case 'port-desc':
        reply({ type: 'port-desc', ports: [...this.ports.values()] });
        break;
      case 'aggregate': {
        const { cookie, cookieMask } = request.body as { cookie: bigint; cookieMask: bigint };
        const flows = this.flows.filter(flow => (flow.cookie & cookieMask) === (cookie & cookieMask));
        reply({ type: 'aggregate', flowCount: flows.length });
        break;
      }
      case 'flow': {
        const { cookie, cookieMask } = request.body as { cookie: bigint; cookieMask: bigint };
        const flows = this.flows.filter(flow => (flow.cookie & cookieMask) === (cookie & cookieMask));
        reply({ type: 'flow', flows });
        break;
      }
      case 'group-desc':
        reply({
          type: 'group-desc',
          groups: [...this.groups.values()].map(({ groupType, groupId, buckets }) => ({
            groupType,
            groupId,
            buckets,
          })),
        });
        break;
      case 'meter-config':
        reply({
          type: 'meter-config',
          meters: [...this.meters.values()].map(({ flags, meterId, bands }) => ({ flags, meterId, bands })),
        });
        break;
      default:
        this.tell({ type: 'error', errorType: 'bad-request', errorCode: 'bad-multipart' }, xid);
    }
  }

  private process(fields: FrameFields, frame: Uint8Array, tableId = 0): void {
    const flow = this.tables.lookUp(tableId, fields);
    if (flow === undefined) return;
    for (const instruction of flow.instructions) {
      if (instruction.type === 'apply-actions') this.act(instruction.actions, fields, frame, flow);
    }
    for (const instruction of flow.instructions) {
      if (instruction.type === 'goto-table') this.process(fields, frame, instruction.tableId);
    }
  }

  private act(
    actions: readonly Action[],
    fields: FrameFields,
    frame: Uint8Array,
    flow?: DecodedFlowStats,
  ): void {
    for (const action of actions) {
      if (action.type !== 'output') continue;
      const { port } = action;
      if (port === Port.CONTROLLER) this.punt(fields, frame, flow);
      else if (port === Port.TABLE) this.process(fields, frame);
      else if (port === Port.IN_PORT) this.output(fields.inPort, frame);
      else if (port !== fields.inPort && this.ports.get(port)?.state.length === 0) this.output(port, frame);
    }
  }

  private punt(fields: FrameFields, frame: Uint8Array, flow?: DecodedFlowStats): void {
    this.tell({
      type: 'packet-in',
      bufferId: NO_BUFFER,
      totalLen: frame.length,
      reason: flow?.priority === 0 ? 'no-match' : 'action',
      tableId: flow?.tableId ?? 0,
      cookie: flow?.cookie ?? 0xffff_ffff_ffff_ffffn,
      match: { inPort: fields.inPort },
      data: frame,
    });
  }

  private tellRemoved(flow: DecodedFlowStats): void {
    const { cookie, priority, tableId, idleTimeout, hardTimeout, match } = flow;
    this.tell({
      type: 'flow-removed',
      reason: 'delete',
      cookie,
      priority,
      tableId,
      idleTimeout,
      hardTimeout,
      match,
    });
  }
}

function describePort(portNo: number): DecodedPortDescription {
  return {
    portNo,
    hwAddr: `02:ff:00:00:${hex(portNo >>> 8)}:${hex(portNo)}`,
    name: `port${portNo}`,
    config: [],
    state: [],
    curr: [],
    advertised: [],
    supported: [],
    peer: [],
    currSpeed: 0,
    maxSpeed: 0,
  };
}

function hex(number: number): string {
  return (number & 0xff).toString(16).padStart(2, '0');
}

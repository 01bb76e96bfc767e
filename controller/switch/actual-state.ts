import { isShortLived, MARKER_BITS, MARKER_MASK, ownerOfCookie, SHORT_LIVED } from './cookie.js';
import type { FlowForm } from './flow-form.js';
import { type ReadFlowsOptions, readFlows, readShortLivedFlows } from './read-flows.js';
import { FIRST_METER, LAST_METER, type SwitchWants } from './switch-wants.js';
import type { ActualFlow, RequestChannel } from './types.js';

/** What a switch has, as far as it concerns cloakflow. */
export interface ActualState {
  /** Flows that are to be compared, by identity. */
  readonly flows: Map<string, { form: FlowForm; flow: ActualFlow; owner: number | undefined }>;
  /** Short-lived flows by owner, without those that were taken. */
  readonly shortLived: Map<number, ActualFlow[]>;
  /** Comparable forms by group id and meter id. */
  readonly groups: Map<number, string>;
  readonly meters: Map<number, string>;
}

export interface ReadOptions {
  /** Milliseconds. */
  readonly timeout?: number;
  /** Takes a short-lived flow, so that it is not kept; else returns false. Given where there may be very many. */
  readonly take?: (owner: number, flow: ActualFlow) => boolean;
}

/**
 * Asks a switch for its flows, groups and meters. `foreign`: also for flows without the marker. Rejects like
 * `Session.request`; a switch that knows no groups or meters has none.
 */
export async function readActualState(
  channel: RequestChannel,
  wants: SwitchWants,
  options: ReadOptions & { foreign: boolean },
): Promise<ActualState> {
  const actual: ActualState = {
    flows: new Map(),
    shortLived: new Map(),
    groups: new Map(),
    meters: new Map(),
  };
  const limits = options.timeout === undefined ? {} : { timeout: options.timeout };
  // Not behind the flows: a switch answers in order, and time limits would run out while a million of them come.
  const [groupReply, meterReply] = await Promise.all([
    optional(channel.request({ type: 'multipart-request', body: { type: 'group-desc' } }, limits)),
    optional(channel.request({ type: 'multipart-request', body: { type: 'meter-config' } }, limits)),
  ]);
  const visit = (flow: ActualFlow) => addFlow(actual, wants, flow, options.take);
  await readAll(channel, options, { ...limits, visit });
  for (const { groupId, groupType, buckets } of groupReply?.body.groups ?? []) {
    actual.groups.set(groupId, wants.bodyFormer.group(groupType, buckets));
  }
  for (const { meterId, flags, bands } of meterReply?.body.meters ?? []) {
    if (meterId >= FIRST_METER && meterId <= LAST_METER) {
      actual.meters.set(meterId, wants.bodyFormer.meter(flags, bands));
    }
  }
  return actual;
}

async function readAll(
  channel: RequestChannel,
  { foreign, take }: ReadOptions & { foreign: boolean },
  reading: ReadFlowsOptions,
): Promise<void> {
  if (foreign) return readFlows(channel, 0n, 0n, reading);
  if (take === undefined) return readFlows(channel, MARKER_BITS, MARKER_MASK, reading);
  await readFlows(channel, MARKER_BITS, MARKER_MASK | BigInt(SHORT_LIVED), reading);
  await readShortLivedFlows(channel, MARKER_BITS, MARKER_MASK, reading);
}

function addFlow(actual: ActualState, wants: SwitchWants, flow: ActualFlow, take: ReadOptions['take']): void {
  const owner = ownerOfCookie(flow.cookie);
  if (owner !== undefined && isShortLived(flow.cookie)) {
    if (take?.(owner, flow)) return;
    const own = actual.shortLived.get(owner);
    if (own === undefined) actual.shortLived.set(owner, [flow]);
    else own.push(flow);
    return;
  }
  const form = wants.former.form(flow);
  actual.flows.set(form.identity, { form, flow, owner });
}

/** A switch without groups or meters answers with an error, which is as good as none. */
async function optional<T>(reply: Promise<T>): Promise<T | undefined> {
  try {
    return await reply;
  } catch (error) {
    if ((error as { code?: string }).code === 'openflow-refused') return undefined;
    throw error;
  }
}

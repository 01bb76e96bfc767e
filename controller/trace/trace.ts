import { OvsdbError } from '../ovsdb/errors.js';
import type { CallOptions } from '../ovsdb/json-rpc.js';
import { runControlCommand } from '../ovsdb/unixctl.js';
import { NO_NAMES, nameSteps, type TraceNames } from './names.js';
import { parseTrace } from './parse-trace.js';
import type { TraceReport } from './report.js';
import { judge } from './verdict.js';

export interface TraceRequest {
  bridge: string;
  /** The packet as a flow in the words of ovs-fields(7): `in_port=1,tcp,nw_dst=10.0.0.2`. */
  flow: string;
  /** A whole frame, in place of what the flow says about headers. */
  packet?: Uint8Array | undefined;
  /** What conntrack will say at each recirculation, such as `trk,est`; new connections when absent. */
  conntrackStates?: readonly string[] | undefined;
}

/**
 * Follows an imagined packet through a bridge by `ofproto/trace` of the ovs-vswitchd behind `socket`, without side
 * effects. Rejects with OvsdbError `command-failed` (no such bridge, a flow that makes no sense), `connect-failed`.
 */
export async function tracePacket(
  socket: string,
  request: TraceRequest,
  names: TraceNames = NO_NAMES,
  options: CallOptions = {},
): Promise<TraceReport> {
  const { bridge, flow, packet, conntrackStates = [] } = request;
  for (const word of [bridge, flow, ...conntrackStates]) {
    if (word.startsWith('-')) throw new OvsdbError('bad-value', `'${word}' cannot begin with a dash`);
  }
  const text = await runControlCommand(
    socket,
    'ofproto/trace',
    [
      ...conntrackStates.flatMap(states => ['--ct-next', states]),
      bridge,
      flow,
      ...(packet === undefined ? [] : [Buffer.from(packet).toString('hex')]),
    ],
    options,
  );
  return readTrace(text, bridge, flow, names);
}

/** A report from the text of `ofproto/trace`. */
export function readTrace(text: string, bridge: string, request: string, names = NO_NAMES): TraceReport {
  const passes = parseTrace(text);
  if (passes.length === 0 || passes.every(pass => pass.steps.length === 0)) {
    throw new OvsdbError('malformed', `ofproto/trace gave nothing that can be read: ${text.slice(0, 200)}`);
  }
  nameSteps(passes, bridge, names);
  return { bridge, request, passes, verdict: judge(passes, names) };
}

/**
 * The parts of OpenFlow messages that apps handle. What comes from a switch is decoded: nothing in it is
 * optional.
 */
import type { DecodedFlowStats } from '../openflow/index.js';
import type { Session } from '../session/index.js';

export type {
  Action,
  Bucket,
  DecodedDescReplyBody as SwitchDescription,
  DecodedFeaturesReply as Features,
  DecodedFlowRemoved as FlowRemoved,
  DecodedMeterFeaturesReplyBody as MeterFeatures,
  DecodedPortDescription as Port,
  DecodedPortStatus as PortStatus,
  FlowMod,
  FlowModFlags as FlowModFlag,
  GroupMod,
  Instruction,
  Match,
  MeterMod,
} from '../openflow/index.js';

/** A flow that a switch has. */
export type ActualFlow = DecodedFlowStats;

/** What of a session asks a switch something. */
export type RequestChannel = Pick<Session, 'request' | 'sendAll'>;

/** A switch as apps see it: ports, messages, wanted flows, and how the switch is brought to them. */
export type { ActualState } from './actual-state.js';
export type { ChangeCounts } from './apply-changes.js';
export type { ForeignFlows } from './compare.js';
export * from './cookie.js';
export { isPortUp, isRealPort, type PortChange } from './ports.js';
export { type ReadFlowsOptions, readShortLivedFlows } from './read-flows.js';
export {
  datapathIdText,
  Switch,
  type SwitchGreeting,
  type SwitchOptions,
  type SwitchRole,
} from './switch.js';
export { SwitchError, type SwitchErrorCode } from './switch-error.js';
export type * from './types.js';
export type { Owner, Refusal, WantedFlow, WantedGroup, WantedMeter } from './wanted-flow.js';
export { WantedState } from './wanted-state.js';

/** Loads apps, gives each its tables and cookies, delivers packet-ins, and owns configuration and clock. */
export { type AppContext, type AppDefinition, type AppInstance, defineApp } from './app.js';
export type { AppSummary } from './apps.js';
export { scheduleAsBatch } from './batch-scheduling.js';
export { type Clock, systemClock, type Timer } from './clock.js';
export type { AppSetup } from './config/app-setup.js';
export {
  ConfigError,
  type ConfigErrorCode,
  type ConfigProblem,
  describeProblem,
} from './config/config-error.js';
export { endpointOf } from './config/connection-schema.js';
export { type Config, loadConfig, parseConfig } from './config/load.js';
export {
  Controller,
  ControllerError,
  type ControllerErrorCode,
  type ControllerOptions,
} from './controller.js';
export type { PortRole, Topology, TopologyChange } from './discovery/topology.js';
export { HOST_MESSAGES } from './messages/catalogue.js';
export type { LogMessage, MessageCatalogue, MessageFields, MessageLog } from './messages/message.js';
export { messageReference } from './messages/reference.js';
export type { OwnerMetrics } from './metrics.js';
export { isEmpty, type ReloadReport } from './reload-report.js';
export type { TableDefinition } from './table-plan.js';

export { bestDatapath, type DatapathType } from './datapath.js';
export { EmulationError, type EmulationErrorCode } from './errors.js';
export { Namespace } from './namespace.js';
export { type BridgeOptions, OvsSandbox, type OvsSandboxOptions } from './ovs-sandbox.js';
export { type CommandResult, type RunOptions, runCommand } from './run-command.js';
export { type Exit, RunningCommand, type SpawnOptions } from './running-command.js';
export { type HostOptions, SandboxHost } from './sandbox-host.js';
export { type UntilOptions, until } from './until.js';

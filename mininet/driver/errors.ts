import { CodedError } from '../../controller/coded-error.js';

export type EmulationErrorCode =
  | 'not-root'
  | 'tool-missing'
  | 'ovs-missing'
  | 'ovs-too-old'
  | 'ovs-not-running'
  | 'mininet-missing'
  | 'namespaces-refused'
  | 'runner-missing'
  | 'runner-died'
  | 'delay-line-missing'
  | 'unknown-topology'
  | 'bad-topology'
  | 'bad-controller'
  | 'bad-link-value'
  | 'link-not-shaped'
  | 'unknown-host'
  | 'unknown-switch'
  | 'unknown-node'
  | 'unknown-link'
  | 'command-failed'
  | 'command-missing'
  | 'daemon-failed'
  | 'capture-failed'
  | 'build-failed'
  | 'timed-out'
  | 'stopped';

/** Every failure of the emulation, of a sandbox or of a command that runs in one. */
export class EmulationError extends CodedError<EmulationErrorCode> {}

import { constants } from 'node:os';

const ENDING: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/**
 * Resolves `ended` at the first signal that asks the process to end. `again` is called at the second one and
 * then the process ends at once with 128 + the signal's number. With `hangup`, SIGHUP calls that and ends nothing.
 */
export function untilSignal(
  again: () => void = () => {},
  hangup?: () => void,
): {
  ended: Promise<NodeJS.Signals>;
  dispose(): void;
} {
  let first = true;
  let resolve: (signal: NodeJS.Signals) => void;
  const ended = new Promise<NodeJS.Signals>(done => {
    resolve = done;
  });
  const heard = (signal: NodeJS.Signals) => {
    if (signal === 'SIGHUP' && hangup !== undefined) {
      hangup();
      return;
    }
    if (first) {
      first = false;
      resolve(signal);
      return;
    }
    again();
    process.exit(signalExitCode(signal));
  };
  for (const signal of ENDING) process.on(signal, heard);
  return {
    ended,
    dispose() {
      for (const signal of ENDING) process.off(signal, heard);
    },
  };
}

/** What a shell says of a process that a signal ended. */
export function signalExitCode(signal: NodeJS.Signals): number {
  return 128 + constants.signals[signal];
}

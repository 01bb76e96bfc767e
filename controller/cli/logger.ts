import { destination, type Logger, pino } from 'pino';
import type { Invocation } from './invocation.js';
import { logTextStream } from './log-text.js';
import { paletteFor } from './palette.js';

const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

const STANDARD_ERROR = 2;
/** What a reader of the log that does not read may cost; further lines are dropped. */
const MAX_WAITING_BYTES = 1 << 20;

/** The log of a controller: JSON lines on standard error, text on a terminal. `flush` writes what waits. */
export function controllerLogger(level: LogLevel, invocation: Invocation): { logger: Logger; flush(): void } {
  const { stderr, env } = invocation;
  if (stderr.isTTY === true) {
    return {
      logger: pino({ level, base: null }, logTextStream(stderr, paletteFor(stderr, env))),
      flush() {},
    };
  }
  const output = destination({ dest: STANDARD_ERROR, sync: false, maxLength: MAX_WAITING_BYTES });
  // Nobody reads the log any more: the controller goes on.
  output.on('error', () => {});
  return {
    logger: pino({ level, base: null }, output),
    flush() {
      try {
        output.flushSync();
      } catch {
        // As above, or nothing waits.
      }
    },
  };
}

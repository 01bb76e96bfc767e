import type { Invocation } from './invocation.js';
import { paletteFor } from './palette.js';

const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const FRAME_MILLISECONDS = 100;
/** Work shorter than this shows nothing. */
const PATIENCE_MILLISECONDS = 300;

/**
 * Runs `work` with a status line on standard error while it takes long. Nothing is written where standard
 * error is no terminal. `work` gets a function that changes the text.
 */
export async function withProgress<T>(
  invocation: Invocation,
  label: string,
  work: (report: (label: string) => void) => Promise<T>,
): Promise<T> {
  const { stderr } = invocation;
  if (stderr.isTTY !== true) return work(() => {});
  const palette = paletteFor(stderr, invocation.env);
  let text = label;
  let frame = 0;
  const started = performance.now();
  const timer = setInterval(() => {
    if (performance.now() - started < PATIENCE_MILLISECONDS) return;
    stderr.write(`\r\x1b[K${palette('cyan', FRAMES[frame++ % FRAMES.length]!)} ${text}`);
  }, FRAME_MILLISECONDS);
  try {
    return await work(changed => {
      text = changed;
    });
  } finally {
    clearInterval(timer);
    if (frame > 0) stderr.write('\r\x1b[K');
  }
}
